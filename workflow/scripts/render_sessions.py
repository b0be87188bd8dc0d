"""Put the excerpts of one source set on its pages."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.listening.page import render_sessions
from drumcorpus.stages.listening.settings import ListeningSettings

inputs, outputs = snakemake.input, snakemake.output
shown = (
    snakemake.wildcards.source_set,
    read_yaml(inputs.card),
    read_json(inputs.excerpts),
    read_json(inputs.chosen)["not_shown"],
    read_settings(ListeningSettings, snakemake.params.listening),
)
page = render_sessions(*shown)
write_text(outputs.page, page)
write_text(outputs.passed_on, render_sessions(*shown, to_be_passed_on=True))
job.finish({"bytes": len(page.encode())})
