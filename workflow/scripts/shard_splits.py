"""Take the splits of one shard's sessions out of a manifest's: the others do not touch it then."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.split_table import splits_of_sessions
from drumcorpus.ground.files.tables import read_table, write_table

sessions = read_table(snakemake.input.sessions, ["source_set", "session_id"])
splits = splits_of_sessions(read_table(snakemake.input.splits), sessions)
write_table(snakemake.output.splits, splits)
job.finish({"sessions": splits.num_rows})
