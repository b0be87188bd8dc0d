"""Cut the clips of one shard."""

from drumcorpus.ground.run.job import open_job

job = open_job(snakemake)

from drumcorpus.ground.files.split_table import read_split_table
from drumcorpus.ground.files.tables import count_by, read_table, write_table
from drumcorpus.ground.run.kept import standing
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.raw_sound import open_recordings
from drumcorpus.stages.export.clips import cut_clips
from drumcorpus.stages.export.half_made import half_made_clips
from drumcorpus.stages.export.verify import clips_are_whole

folder = f"results/export/{snakemake.wildcards.manifest}"
shard = {"source_set": snakemake.wildcards.source_set, "shard": snakemake.wildcards.shard}
job.take_away(half_made_clips(folder, **shard))
job.leave_if_fresh(also=lambda: clips_are_whole(standing(snakemake.output.index), folder))

source_set, roots = shard["source_set"], snakemake.params.local["roots"]
sessions = read_table(snakemake.input.sessions)
events = read_split_table(snakemake.input.splits).apply(read_table(snakemake.input.events))
open_audio = Progress(job.title, sessions.num_rows, "recordings").counting(
    open_recordings(source_set, roots, sessions)
)
index = cut_clips(events, open_audio, folder, **shard, **snakemake.params.export)
write_table(snakemake.output.index, index)
job.finish(count_by(snakemake.output.index, "outcome"))
