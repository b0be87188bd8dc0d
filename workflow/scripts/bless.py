"""Take the present figures as those to be held to, and say what that changes."""

from drumcorpus.stages.baselines.bless import bless
from drumcorpus.ground.run.job import open_job

job = open_job(snakemake)
plan = snakemake.params.local
changes = bless(plan)
if changes:
    job.say("\n  ".join(["blessed:", *changes]))
else:
    job.say(f"nothing to bless: all is as measured ({', '.join(plan)}).")
