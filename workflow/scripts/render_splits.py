"""Show the families of one manifest, and what was done about them."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.stages.splits.page import render_splits_page

page = render_splits_page(read_json(snakemake.input.report), snakemake.wildcards.manifest)
write_text(snakemake.output.page, page)
job.finish({"bytes": len(page.encode())})
