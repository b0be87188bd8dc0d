"""Name every file that is missing, extra or changed."""

from pathlib import Path

from drumcorpus.export import verify_export
from drumcorpus.job import open_job
from drumcorpus.progress import Progress
from drumcorpus.verify import (
    check_files,
    expected_products,
    expected_raw_files,
    export_problem,
    extra_files,
    report_problems,
    write_checksums,
)

job = open_job(snakemake)
params = snakemake.params
folders = ["results", "reports"]
products, problems = expected_products(folders)
known = {file.shown for file in products} | {"results/SHA256SUMS", "reports/README.md"}
problems += extra_files(folders, known, "results/export/")
for export in sorted(Path("results/export").glob("*")):
    problems += [
        export_problem(export, found["path"], found["problem"])
        for found in verify_export(export, params.level)
    ]
raw = [
    file
    for name, roots in params.local.items()
    if Path(f"results/inventory/{name}.parquet").is_file()
    for file in expected_raw_files(f"results/inventory/{name}.parquet", roots)
]
expected = products + raw
progress = Progress(job.title, len(expected), "files")
problems += check_files(
    expected,
    params.level,
    n_sample=params.n_sample,
    workers=snakemake.threads,
    on_file=progress.advance,
)
report_problems(problems, n_files=len(expected), level=params.level)
write_checksums("results/SHA256SUMS", products)
job.say(
    f"{len(products)} products, {len(raw)} raw files and every export are as recorded "
    f"(level {params.level})."
)
