"""Put the shards of one source set together."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.merging import merge_sorted, merge_small
from drumcorpus.schemas import EVENTS, FLAGS, QUARANTINE, TALLIES

inputs, outputs = snakemake.input, snakemake.output
n_events = merge_sorted(inputs.events, EVENTS, outputs.events)
merge_small(inputs.tallies, TALLIES, outputs.tallies)
n_quarantined = merge_small(inputs.quarantine, QUARANTINE, outputs.quarantine)
merge_small(inputs.flags, FLAGS, outputs.flags)
job.finish({"events": n_events, "quarantined": n_quarantined})
