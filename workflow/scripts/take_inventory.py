"""List the raw files of one source set with their digests, and its sessions."""

from functools import partial
from importlib import import_module

from drumcorpus.ground.files.leftovers import read_leftovers
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.cards import read_options
from drumcorpus.ground.run.job import open_job
from drumcorpus.ground.run.raw_scan import read_raw_data
from drumcorpus.source_sets.shared.groups import work_splits
from drumcorpus.stages.inventory.inventory import say_unmatched, take_inventory, write_inventory
from drumcorpus.stages.splits.draw import split_sessions

job = open_job(snakemake)
inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
source_set, threads = snakemake.wildcards.source_set, snakemake.threads
leftovers = read_leftovers(inputs.not_of_the_set)
work = {"version": params.code, "workers": threads, "say": job.say, **params.local}
raw = read_raw_data(source_set, outputs.files, job.title, leftovers, **work)
job.leave_if_fresh([raw.describe()])

card, works = read_yaml(inputs.card), work_splits(read_yaml(inputs.works))
options = read_options(card, inputs.references, params.settings)
survey = import_module(f"drumcorpus.source_sets.{card['name']}").survey
work = {"split_sessions": partial(split_sessions, works=works, **params.splits), "workers": threads}
inventory = take_inventory(raw, card, options, survey, allow_empty=params.allow_empty, **work)
say_unmatched([] if params.is_demo else inventory.unmatched, job.say)
job.finish(write_inventory(inventory, **dict(outputs.items())))
