"""Take the predictions of one shard's sessions out of the table, so that others do not touch it."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.stages.predictions.staging import hits_of_shard

shard, n_shards = int(snakemake.wildcards.shard), snakemake.params.n_shards
hits = hits_of_shard(read_table(snakemake.input.hits), shard, n_shards)
write_table(snakemake.output.hits, hits)
job.finish({"hits": hits.num_rows})
