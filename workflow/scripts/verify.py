"""Name every file that is missing, extra or changed."""

from functools import partial

from drumcorpus.ground.run import verify
from drumcorpus.ground.run.job import open_job
from drumcorpus.ground.run.must_stand import Plan
from drumcorpus.ground.run.progress import Progress
from drumcorpus.stages.export.verify import absent_files, verify_export

job = open_job(snakemake)
level, local = snakemake.params.level, snakemake.params.local
plan = Plan(**local["plan"])
verified = verify.verify_everything(
    verify_export,
    absent_files,
    partial(Progress, job.title),
    level,
    n_sample=snakemake.params.n_sample,
    workers=snakemake.threads,
    plan=plan,
    roots=local["roots"],
    not_of_the_set=local["not_of_the_set"],
)
verify.report_problems(verified, plan, level=level)
verify.write_checksums("results/SHA256SUMS", verified.products)
job.say(verify.in_words(verified, plan, level=level))
