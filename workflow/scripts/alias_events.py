"""Apply aliases and assignments of cymbals to the events of a shard, and say what that changed."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.stages.manifest.aliases import alias_events, read_for_aliasing, write_aliased
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.files.taxonomy_files import load_taxonomy

aliased = alias_events(
    read_for_aliasing(snakemake.input.events),
    read_table(snakemake.input.assignments),
    load_taxonomy(*snakemake.input.taxonomy),
    hide_cymbals=not snakemake.params.use_metadata,
)
write_aliased(snakemake.output.events, snakemake.input.events, aliased.events)
write_table(snakemake.output.changes, aliased.changes)
write_table(snakemake.output.sessions, aliased.sessions)
job.finish(aliased.counters)
