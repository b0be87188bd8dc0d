"""Name every file that is missing, extra or changed."""

from functools import partial

from drumcorpus.ground.run.job import open_job
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.verify import report_problems, verify_everything, write_checksums
from drumcorpus.stages.export.verify import verify_export

job = open_job(snakemake)
level = snakemake.params.level
verified = verify_everything(
    verify_export,
    partial(Progress, job.title),
    level,
    n_sample=snakemake.params.n_sample,
    workers=snakemake.threads,
    **snakemake.params.local,
)
products, raw_files = verified.products, verified.raw_files
report_problems(verified.problems, n_files=len(products) + len(raw_files), level=level)
write_checksums("results/SHA256SUMS", products)
job.say(
    f"{len(products)} products, {len(raw_files)} raw files and every export are as recorded "
    f"(level {level})."
)
