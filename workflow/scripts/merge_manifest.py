"""Merge the events of all source sets of one manifest."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.stages.manifest.merge import merge_by_splits
from drumcorpus.schemas import EVENTS
from drumcorpus.ground.files.split_table import read_split_table

inputs, splits = snakemake.input, read_split_table(snakemake.input.splits)
n_events, n_refused = merge_by_splits(inputs.events, EVENTS, snakemake.output.manifest, splits)
job.finish({"events": n_events, "refused_events": n_refused})
