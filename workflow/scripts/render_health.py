"""Show the figures of one manifest, the verdicts, and what differs from the baseline."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.stages.health.page import render_health_page
from drumcorpus.ground.pages.session_links import links_to_sessions

page = render_health_page(
    read_json(snakemake.input.report),
    snakemake.wildcards.manifest,
    what="manifest",
    diff=read_json(snakemake.input.diff),
    sessions=links_to_sessions(map(read_json, snakemake.input.chosen), "../sessions"),
)
write_text(snakemake.output.page, page)
job.finish({"bytes": len(page.encode())})
