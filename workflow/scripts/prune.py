"""List what no rule makes any more, or take it away."""

from drumcorpus.ground.run.job import open_job
from drumcorpus.ground.run.must_stand import Plan
from drumcorpus.ground.run.prune import find_prunable, in_words, take_away
from drumcorpus.stages.export.verify import files_of

job = open_job(snakemake)
mode = snakemake.params.mode
prunable = find_prunable(Plan(**snakemake.params.local["plan"]), files_of)
job.say(in_words(prunable, mode))
if mode == "delete":
    take_away(prunable)
