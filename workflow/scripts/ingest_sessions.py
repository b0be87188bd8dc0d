"""Turn the sessions of one shard into events."""

from importlib import import_module

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.run.cards import read_options
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.ingest.ingest import ingest_sessions, outcome_counts
from drumcorpus.sessions import file_digests, quarantine_table
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.files.raw_files import RawReader
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.files.taxonomy_files import load_label_map, load_taxonomy

source_set = snakemake.wildcards.source_set
sessions = read_table(snakemake.input.sessions)
card = read_yaml(snakemake.input.card)
taxonomy = load_taxonomy(*snakemake.input.taxonomy)
label_maps = zip(card["label_maps"], snakemake.input.label_maps, strict=True)
progress = Progress(job.title, sessions.num_rows, "sessions")
ingested = ingest_sessions(
    sessions,
    import_module(f"drumcorpus.source_sets.{source_set}").read_hits,
    RawReader(snakemake.params.local["roots"], file_digests(sessions)).read,
    {name: load_label_map(path, taxonomy) for name, path in label_maps},
    taxonomy,
    read_options(card, snakemake.input.references, snakemake.params.settings),
    label_method=card["label_method"],
    license=card["license"],
    redistributable=card["redistributable"],
    on_session=lambda session: progress.advance(),
    **snakemake.params.ingest,
)
write_table(snakemake.output.events, ingested.events)
write_table(snakemake.output.tallies, ingested.tallies)
quarantine = quarantine_table(source_set, "ingest", ingested.refusals)
write_table(snakemake.output.quarantine, quarantine)
job.finish(
    {
        "sessions": sessions.num_rows,
        "events": ingested.events.num_rows,
        "quarantined": quarantine.num_rows,
        "hits": outcome_counts(ingested.tallies),
    }
)
