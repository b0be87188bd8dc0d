"""Derive the sampling weights of one manifest, or of one source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.stages.sampling.weights import derive_weights, write_event_weights

weights = derive_weights(snakemake.input.tables, **snakemake.params.sampling)
write_json(snakemake.output.weights, weights)
n_events = write_event_weights(snakemake.output.events, snakemake.input.tables, weights)
job.finish({"events": n_events})
