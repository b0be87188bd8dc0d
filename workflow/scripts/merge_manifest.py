"""Merge the events of all source sets of one manifest."""

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.merge import merge_sorted
from drumcorpus.schemas import EVENTS

n_events = merge_sorted(snakemake.input.events, EVENTS, snakemake.output.manifest)
job.finish({"events": n_events})
