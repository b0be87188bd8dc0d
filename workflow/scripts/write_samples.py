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
from drumcorpus.ground.run.raw_sound import export_sound
from drumcorpus.stages.export.shard_inputs import read_sample_cutter, read_shard, require_events

inputs, export = snakemake.input, snakemake.params.export
require_events(inputs.after[0], names[1])
part = read_shard(inputs.events, inputs.sessions, inputs.splits, *inputs.limits)
sound = export_sound(source_set, snakemake.params.local["roots"], part.sessions, export)
vocabulary = (inputs.taxonomy, inputs.class_maps, inputs.general_midi)
cutter = read_sample_cutter(folder, export, source_set, shard, *vocabulary)
with job.progress(part.expected_samples(export), f"{export['unit']}s") as advance:
    write_tables(snakemake.output, cutter.write(*part, **sound, on_samples=advance))
job.finish(count_by(snakemake.output.index, "outcome"))
