"""Show an evaluation as a page."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.stages.evaluation.page import render_evaluation_page

manifest = snakemake.params.manifest
page = render_evaluation_page(
    read_json(snakemake.input.report),
    home="../index.html",
    neighbours=[("Health", f"../health/{manifest}.html"), ("Splits", f"../splits/{manifest}.html")],
)
write_text(snakemake.output.page, page)
job.finish({"bytes": len(page.encode())})
