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

inputs, params, source_set = snakemake.input, snakemake.params, snakemake.wildcards.source_set
files = (inputs.card, inputs.label_maps, inputs.taxonomy, inputs.references)
sessions, card = read_table(inputs.sessions), read_yaml(inputs.card)
progress = Progress(job.title, sessions.num_rows, "sessions")
ingested = ingest_sessions(
    sessions,
    import_module(f"drumcorpus.source_sets.{card['name']}").read_hits,
    open_raw_data(source_set, params.local["roots"], sessions),
    on_session=lambda session: progress.advance(),
    **read_declarations(*files, params.settings),
    **params.ingest,
)
counts = write_ingested(ingested, source_set, **dict(snakemake.output.items()))
job.finish({"sessions": sessions.num_rows, **counts})
