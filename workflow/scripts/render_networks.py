"""Show what networks have learned from an export."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.stages.train_check.network_page import render_network_page

page = render_network_page(read_json(snakemake.input.report))
write_text(snakemake.output.page, page)
job.finish({"bytes": len(page.encode())})
