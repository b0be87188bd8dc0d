"""Cut the clips of one shard."""

import io
from pathlib import Path

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.audio import read_mono
from drumcorpus.export import cut_clips
from drumcorpus.inventory import file_digests
from drumcorpus.progress import Progress
from drumcorpus.raw_files import RawReader
from drumcorpus.tables import read_table, write_table

events = read_table(snakemake.input.events)
sessions = read_table(snakemake.input.sessions)
reader = RawReader(snakemake.params.local["roots"], file_digests(sessions))
progress = Progress(job.title, sessions.num_rows, "recordings")


index = cut_clips(
    events,
    progress.counting(lambda path: read_mono(io.BytesIO(reader.read(path)))),
    Path("results/export", snakemake.wildcards.manifest),
    source_set=snakemake.wildcards.source_set,
    shard=snakemake.wildcards.shard,
    **snakemake.params.export,
)
write_table(snakemake.output.index, index)
outcomes = index["outcome"].value_counts().to_pylist()
job.finish({row["values"]: row["counts"] for row in outcomes})
