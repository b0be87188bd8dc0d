"""Show the scores of the onset detector on one source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.stages.onsets.page import render_scores_markdown

report = read_json(snakemake.input.scores)
page = render_scores_markdown(report, snakemake.wildcards.source_set)
write_text(snakemake.output.page, page)
job.finish({"bytes": len(page.encode())})
