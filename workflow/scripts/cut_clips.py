"""Cut the clips of one shard."""

from pathlib import Path

from drumcorpus.ground.run.job import open_job
from drumcorpus.ground.run.kept import standing

job = open_job(snakemake)

from drumcorpus.stages.export.clips import cut_clips
from drumcorpus.stages.export.verify import clips_are_whole

export_root = Path("results/export", snakemake.wildcards.manifest)
job.leave_if_fresh(also=lambda: clips_are_whole(standing(snakemake.output.index), export_root))

from drumcorpus.sessions import file_digests
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.files.raw_files import RawReader
from drumcorpus.ground.sound.recordings import recording_reader
from drumcorpus.ground.files.split_table import read_split_table
from drumcorpus.ground.files.tables import read_table, write_table

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
