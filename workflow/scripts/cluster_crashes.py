"""Number the cymbals of every session of one shard."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.jsonl import write_rows
from drumcorpus.ground.files.tables import read_table, read_tables, write_table
from drumcorpus.ground.files.taxonomy_files import load_cymbal_families
from drumcorpus.schemas import SESSIONS
from drumcorpus.stages.crash.cluster_shard import cluster_shard
from drumcorpus.stages.crash.cymbal_maps import read_cymbal_maps
from drumcorpus.stages.crash.cymbal_model import read_cymbal_model
from drumcorpus.stages.crash.review_file import read_decision_files

inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
families = load_cymbal_families(inputs.components, params.families)
shard = cluster_shard(
    *(read_table(inputs.embeddings), read_tables(inputs.sessions, SESSIONS), families),
    cymbal_maps=read_cymbal_maps(inputs.cymbal_maps, families),
    decisions=read_decision_files(inputs.decisions, families),
    model=next(map(read_cymbal_model, inputs.model), None),
    **{name: next(map(read_table, inputs[name]), None) for name in ("kits", "kit_sessions")},
    **{name: params[name] for name in ("use_metadata", "clustering", "agreement")},
)
write_table(outputs.assignments, shard.assignments)
write_rows(outputs.review, shard.review)
write_rows(outputs.agreement, shard.agreement)
job.finish(shard.counters)
