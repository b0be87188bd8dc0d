"""Cut and draw the excerpts of the chosen sessions of one source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.raw_sound import open_excerpts
from drumcorpus.stages.listening.cut import cut_sessions, read_sessions, write_excerpts
from drumcorpus.stages.listening.settings import ListeningSettings

inputs = snakemake.input
settings = read_settings(ListeningSettings, snakemake.params.listening)
chosen = read_json(inputs.chosen)["sessions"]
tables = read_sessions(chosen, inputs.sessions, inputs.events, inputs.assignments)
place = (snakemake.wildcards.source_set, snakemake.params.local["roots"], tables.sessions)
shown = cut_sessions(
    *(chosen, tables, open_excerpts(*place, settings.sample_rate_hz)),
    read_yaml(inputs.card),
    load_taxonomy(*inputs.taxonomy).labels,
    settings,
    Progress(job.title, len(chosen), "sessions").advance,
)
job.finish(write_excerpts(snakemake.output.excerpts, shown))
