"""Cut the clips of one shard."""

from pathlib import Path

from drumcorpus.job import open_job

job = open_job(snakemake)

from drumcorpus.export import clips_are_whole, cut_clips

export_root = Path("results/export", snakemake.wildcards.manifest)
job.leave_if_fresh(also=lambda: clips_are_whole(job.kept[snakemake.output.index], export_root))

from drumcorpus.inventory import file_digests
from drumcorpus.progress import Progress
from drumcorpus.raw_files import RawReader
from drumcorpus.recordings import recording_reader
from drumcorpus.split_table import read_split_table
from drumcorpus.tables import read_table, write_table

events = read_split_table(snakemake.input.splits).apply(read_table(snakemake.input.events))
sessions = read_table(snakemake.input.sessions)
reader = RawReader(snakemake.params.local["roots"], file_digests(sessions))
progress = Progress(job.title, sessions.num_rows, "recordings")

index = cut_clips(
    events,
    progress.counting(recording_reader(sessions, reader.read)),
    export_root,
    source_set=snakemake.wildcards.source_set,
    shard=snakemake.wildcards.shard,
    **snakemake.params.export,
)
write_table(snakemake.output.index, index)
outcomes = index["outcome"].value_counts().to_pylist()
job.finish({row["values"]: row["counts"] for row in outcomes})
