"""Show how far predictions that become labels agree with the sound."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.stages.predictions.page import render_predictions_page

write_text(snakemake.output.page, render_predictions_page(read_json(snakemake.input.report)))
job.finish()
