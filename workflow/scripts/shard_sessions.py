"""Take the sessions of one shard, and their sound files, out of the lists."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.sessions import sessions_of_shard
from drumcorpus.stages.inventory.sound_files import sound_files
from drumcorpus.ground.files.tables import read_table, write_table

sessions = sessions_of_shard(
    read_table(snakemake.input.sessions), int(snakemake.wildcards.shard), snakemake.params.n_shards
)
files = sound_files(read_table(snakemake.input.inventory), sessions)
write_table(snakemake.output.sessions, sessions)
write_table(snakemake.output.sound_files, files)
sizes = files["bytes"].to_pylist()
job.finish({"sessions": sessions.num_rows, "sound_files": len(sizes), "sound_bytes": sum(sizes)})
