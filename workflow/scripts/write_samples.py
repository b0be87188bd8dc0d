"""Write the sound of one shard's samples in all forms of an export."""

from drumcorpus.ground.run.job import open_job

job = open_job(snakemake)

from drumcorpus.ground.run.kept import standing
from drumcorpus.stages.export.verify import files_are_whole, half_made_samples

*names, source_set, shard = snakemake.wildcards
folder = "/".join(["results/export", *names])
job.take_away(half_made_samples(folder, source_set, shard))
job.leave_if_fresh(also=lambda: files_are_whole(standing(snakemake.output.written), folder))

from drumcorpus.ground.files.tables import count_by, write_tables
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.raw_data import open_raw_data
from drumcorpus.ground.run.raw_sound import open_recordings
from drumcorpus.stages.export.shard_inputs import read_sample_cutter, read_shard

inputs, params = snakemake.input, snakemake.params
events, sessions = read_shard(inputs.events, inputs.sessions, inputs.splits)
source = (source_set, params.local["roots"], sessions)
opened = open_recordings(*source, stereo=params.export["channels"] == "stereo")
sound = Progress(job.title, sessions.num_rows, "recordings").counting(opened)
vocabulary = (inputs.taxonomy, inputs.class_maps, inputs.general_midi)
cutter = read_sample_cutter(folder, params.export, source_set, shard, *vocabulary)
write_tables(snakemake.output, cutter.write(events, sessions, sound, open_raw_data(*source).read))
job.finish(count_by(snakemake.output.index, "outcome"))
