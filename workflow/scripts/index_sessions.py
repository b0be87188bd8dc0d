"""Lead to the sessions of all source sets."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.stages.listening.page import render_index

chosen = map(read_json, snakemake.input.chosen)
page = render_index(dict(zip(snakemake.params.source_sets, chosen, strict=True)))
write_text(snakemake.output.page, page)
job.finish({"bytes": len(page.encode())})
