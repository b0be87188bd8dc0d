"""Take the sessions of one shard, and their sound files, out of the lists."""

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.inventory import sessions_of_shard
from drumcorpus.silent_files import sound_files
from drumcorpus.tables import read_table, write_table

sessions = sessions_of_shard(
    read_table(snakemake.input.sessions), int(snakemake.wildcards.shard), snakemake.params.n_shards
)
files = sound_files(read_table(snakemake.input.inventory), sessions)
write_table(snakemake.output.sessions, sessions)
write_table(snakemake.output.sound_files, files)
job.finish({"sessions": sessions.num_rows, "sound_files": files.num_rows})
