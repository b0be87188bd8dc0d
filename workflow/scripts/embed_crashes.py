"""Describe the sound of every crash hit of one shard."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.stages.crash.hits import embed_crashes
from drumcorpus.sessions import file_digests
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.files.raw_files import RawReader
from drumcorpus.ground.sound.recordings import recording_reader
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.files.taxonomy_files import family_labels

sessions = read_table(snakemake.input.sessions)
reader = RawReader(snakemake.params.local["roots"], file_digests(sessions))
rate = snakemake.params.embedding["sample_rate_hz"]
open_audio = recording_reader(sessions, reader.read, rate)
progress = Progress(job.title, sessions.num_rows, "sessions")
embeddings = embed_crashes(
    read_table(snakemake.input.events),
    family_labels(snakemake.input.components, snakemake.params.family),
    lambda path, spans: open_audio(path, spans)[0],
    sample_rate_hz=rate,
    on_session=progress.advance,
)
write_table(snakemake.output.embeddings, embeddings)
job.finish(
    {
        "crash_hits": embeddings.num_rows,
        "undescribed": embeddings.num_rows - embeddings["reason"].null_count,
    }
)
