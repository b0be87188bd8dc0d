"""Measure the sound of a sample of one shard's sessions."""

from collections import Counter

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.stages.checks.session_checks import check_sessions
from drumcorpus.sessions import file_digests
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.files.raw_files import RawReader
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.files.taxonomy_files import load_taxonomy

sessions = read_table(snakemake.input.sessions)
progress = Progress(job.title, sessions.num_rows, "sessions")
checks = check_sessions(
    sessions,
    read_table(snakemake.input.events, ["session_id", "audio_path", "onset_time", "components"]),
    RawReader(snakemake.params.local["roots"], file_digests(sessions)).verified,
    load_taxonomy(*snakemake.input.taxonomy).families,
    snakemake.params.measure,
    n_shards=snakemake.params.n_shards,
    on_session=progress.advance,
)
write_table(snakemake.output.checks, checks)
reasons = Counter(reason for reason in checks["reason"].to_pylist() if reason)
sampled = sum(checks["sampled"].to_pylist())
job.finish({"eligible": checks.num_rows, "sampled": sampled, "not_measured": dict(reasons)})
