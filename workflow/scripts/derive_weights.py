"""Derive the sampling weights of one manifest, or of one source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.stages.sampling.settings import SamplingSettings
from drumcorpus.stages.sampling.weights import weigh_events, write_event_weights

inputs, params, outputs = snakemake.input, snakemake.params, snakemake.output
settings = read_settings(SamplingSettings, params.sampling)
weights, events = weigh_events(inputs.tables, settings, profile=params.profile)
write_json(outputs.weights, weights)
n_events = write_event_weights(outputs.events, inputs.tables, weights, events)
job.finish({"events": n_events})
