"""Write the sound of one shard's samples in all forms of an export."""

from drumcorpus.ground.run.job import open_job

job = open_job(snakemake)

from drumcorpus.ground.run.kept import standing
from drumcorpus.stages.export.half_made import half_made_samples
from drumcorpus.stages.export.verify import files_are_whole

names, inputs, params = snakemake.wildcards, snakemake.input, snakemake.params
folder = f"results/export/{names.manifest}/{names.export}"
job.take_away(half_made_samples(folder, names.source_set, names.shard))
job.leave_if_fresh(also=lambda: files_are_whole(standing(snakemake.output.written), folder))

from drumcorpus.ground.files.tables import count_by, write_table
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.raw_data import open_raw_data
from drumcorpus.ground.run.raw_sound import open_recordings
from drumcorpus.stages.export.shard_inputs import read_sample_cutter, read_shard

events, sessions = read_shard(inputs.events, inputs.sessions, inputs.splits)
source = (names.source_set, params.local["roots"], sessions)
opened = open_recordings(*source, stereo=params.export["channels"] == "stereo")
open_audio = Progress(job.title, sessions.num_rows, "recordings").counting(opened)
vocabulary = (inputs.taxonomy, inputs.class_maps, inputs.general_midi)
cutter = read_sample_cutter(folder, params.export, names.source_set, names.shard, *vocabulary)
made = cutter.write(events, sessions, open_audio, open_raw_data(*source).read)
write_table(snakemake.output.index, made[0])
write_table(snakemake.output.written, made[1])
job.finish(count_by(snakemake.output.index, "outcome"))
