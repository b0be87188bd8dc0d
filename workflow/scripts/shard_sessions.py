"""Take the sessions of one shard out of the list."""

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.inventory import sessions_of_shard
from drumcorpus.tables import read_table, write_table

sessions = sessions_of_shard(
    read_table(snakemake.input.sessions), int(snakemake.wildcards.shard), snakemake.params.n_shards
)
write_table(snakemake.output.sessions, sessions)
job.finish({"sessions": sessions.num_rows})
