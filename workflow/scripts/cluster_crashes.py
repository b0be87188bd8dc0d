"""Number the crash cymbals of every session of one shard."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.jsonl import write_rows
from drumcorpus.ground.files.tables import read_table, read_tables, write_table
from drumcorpus.ground.files.taxonomy_files import family_labels
from drumcorpus.schemas import SESSIONS
from drumcorpus.stages.crash.cluster_shard import cluster_shard
from drumcorpus.stages.crash.cymbal_maps import read_cymbal_maps
from drumcorpus.stages.crash.review_file import read_decision_files

inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
labels = family_labels(inputs.components, params.family)
settings = {name: params[name] for name in ("use_metadata", "clustering", "agreement")}
shard = cluster_shard(
    read_table(inputs.embeddings),
    read_tables(inputs.sessions, SESSIONS),
    labels,
    cymbal_maps=read_cymbal_maps(inputs.cymbal_maps, labels),
    decisions=read_decision_files(inputs.decisions, len(labels)),
    **settings,
)
write_table(outputs.assignments, shard.assignments)
write_rows(outputs.review, shard.review)
write_rows(outputs.agreement, shard.agreement)
job.finish(shard.counters)
