"""Measure the sound of a sample of one shard's sessions."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.raw_data import open_raw_data
from drumcorpus.stages.checks.session_checks import EVENT_COLUMNS, check_sessions, count_checks

source_set, roots = snakemake.wildcards.source_set, snakemake.params.local["roots"]
sessions = read_table(snakemake.input.sessions)
checks = check_sessions(
    sessions,
    read_table(snakemake.input.events, EVENT_COLUMNS),
    open_raw_data(source_set, roots, sessions).verified,
    load_taxonomy(*snakemake.input.taxonomy).families,
    snakemake.params.measure,
    n_shards=snakemake.params.n_shards,
    on_session=Progress(job.title, sessions.num_rows, "sessions").advance,
)
write_table(snakemake.output.checks, checks)
job.finish(count_checks(checks))
