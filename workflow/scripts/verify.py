"""Name every file that is missing, extra or changed."""

from pathlib import Path

from drumcorpus.stages.export.verify import verify_export
from drumcorpus.ground.run.job import open_job
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.verify import (
    check_files,
    expected_products,
    expected_raw_files,
    export_problem,
    extra_files,
    extra_raw_files,
    orphans,
    report_problems,
    write_checksums,
)

job = open_job(snakemake)
params = snakemake.params
folders = ["results", "reports"]
settings = {"n_sample": params.n_sample, "workers": snakemake.threads}
products, problems = expected_products(folders, params.local["lasting"])
progress = Progress(job.title, len(products), "products")
damaged = check_files(products, params.level, on_file=progress.advance, **settings)
known = {file.shown for file in products} | {"results/SHA256SUMS", "reports/README.md"}
problems += damaged + extra_files(folders, known, "results/export/")
problems += orphans(products, params.local["planned"], params.local["lasting"])
for export in sorted(Path("results/export").glob("*")):
    found = verify_export(export, params.level)
    problems += [export_problem(export, row["path"], row["problem"]) for row in found]

# An inventory that is itself damaged says nothing of the raw files.
unsound = {problem.path for problem in problems}
raw = []
for name, roots in params.local["roots"].items():
    inventory = f"results/inventory/{name}.parquet"
    if inventory not in unsound and inventory in known:
        raw += expected_raw_files(inventory, roots)
        problems += extra_raw_files(inventory, roots)
progress = Progress(job.title, len(raw), "raw files")
problems += check_files(raw, params.level, on_file=progress.advance, **settings)

report_problems(problems, n_files=len(products) + len(raw), level=params.level)
write_checksums("results/SHA256SUMS", products)
job.say(
    f"{len(products)} products, {len(raw)} raw files and every export are as recorded "
    f"(level {params.level})."
)
