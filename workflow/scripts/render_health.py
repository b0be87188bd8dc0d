"""Show the figures of one manifest, the verdicts, and what differs from the baseline."""

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.files import read_json, write_text
from drumcorpus.health_page import render_health_page

report = read_json(snakemake.input.report)
page = render_health_page(
    report, snakemake.wildcards.manifest, what="manifest", diff=read_json(snakemake.input.diff)
)
write_text(snakemake.output.page, page)
job.finish({"bytes": len(page.encode())})
