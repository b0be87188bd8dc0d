"""Take the sessions of one shard, and their sound files, out of the lists."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.sessions import sessions_of_shard
from drumcorpus.stages.inventory.labelled import labelled_by_model
from drumcorpus.stages.inventory.sound_files import sound_files
from drumcorpus.ground.files.tables import read_table, write_table

inputs = snakemake.input
sessions = sessions_of_shard(
    read_table(inputs.sessions), int(snakemake.wildcards.shard), snakemake.params.n_shards
)
for staged in map(read_json, inputs.predicted):
    sessions = labelled_by_model(sessions, staged)
files = sound_files(read_table(inputs.inventory), sessions)
write_table(snakemake.output.sessions, sessions)
write_table(snakemake.output.sound_files, files)
sizes = files["bytes"].to_pylist()
job.finish({"sessions": sessions.num_rows, "sound_files": len(sizes), "sound_bytes": sum(sizes)})
