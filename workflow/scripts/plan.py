"""Say what a run would do, why, how long, and what it takes."""

from pathlib import Path

from drumcorpus.ground.run.commands import options_of_run
from drumcorpus.ground.run.job import open_job
from drumcorpus.ground.run.plan_in_words import plan_in_words
from drumcorpus.ground.run.plan_of_run import plan_of_run

job = open_job(snakemake)
checkout = Path(snakemake.scriptdir).resolve().parents[1]
targets, cores = snakemake.params.targets, snakemake.params.local["cores"]
report = plan_of_run(checkout, options_of_run(), targets, cores=cores)
job.say(f"what a run would do\n\n{plan_in_words(report)}")
