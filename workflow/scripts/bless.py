"""Take the present figures as those to be held to, and say what that changes."""

from drumcorpus.stages.baselines.bless import bless
from drumcorpus.ground.run.blessed import describe_blessing
from drumcorpus.ground.run.job import open_job
from drumcorpus.ground.run.run_log import append_line

job = open_job(snakemake)
plan, notes = snakemake.params.local["plan"], snakemake.params.local["notes"]
changes = bless(plan, notes, snakemake.params.release)
append_line(describe_blessing(notes))
if changes:
    job.say("\n  ".join(["blessed:", *changes]))
else:
    job.say(f"nothing to bless: all is as measured ({', '.join(plan)}).")
