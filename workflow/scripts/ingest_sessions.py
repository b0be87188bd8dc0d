"""Turn the sessions of one shard into events."""

from importlib import import_module

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.raw_data import open_raw_data
from drumcorpus.stages.ingest.declarations import read_declarations
from drumcorpus.stages.ingest.ingest import ingest_sessions, write_ingested
from drumcorpus.stages.ingest.predicted import labels_of_model

inputs, params, source_set = snakemake.input, snakemake.params, snakemake.wildcards.source_set
files = (inputs.card, inputs.label_maps, inputs.taxonomy, inputs.references)
sessions, declared = read_table(inputs.sessions), read_declarations(*files, params.settings)
reader = import_module(f"drumcorpus.source_sets.{read_yaml(inputs.card)['name']}").read_hits
terms = params.local["terms"] | params.terms
for hits in inputs.predicted:
    declared, reader = labels_of_model(declared, hits, sessions, terms, **params.model)
raw = open_raw_data(source_set, params.local["roots"], sessions)
progress = Progress(job.title, sessions.num_rows, "sessions")
work = {"on_session": lambda session: progress.advance(), **declared, **params.ingest}
ingested = ingest_sessions(sessions, reader, raw, **work)
counts = write_ingested(ingested, source_set, **dict(snakemake.output.items()))
job.finish({"sessions": sessions.num_rows, **counts})
