"""Take what a limit chooses of one shard out of that of its export: others do not touch it then."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.split_table import splits_of_sessions
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.stages.export.limits import read_limits

sessions = read_table(snakemake.input.sessions, ["source_set", "session_id"])
limits = splits_of_sessions(read_limits(snakemake.input.limits), sessions)
write_table(snakemake.output.limits, limits)
job.finish({"sessions": limits.num_rows})
