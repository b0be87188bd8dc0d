"""Measure any manifest, once every line of it is known to be one of a manifest."""

import tempfile
from pathlib import Path

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.files import write_json, write_text
from drumcorpus.health import Around, measure_health
from drumcorpus.health_page import render_health_page
from drumcorpus.manifest_files import as_parquet
from drumcorpus.taxonomy import load_taxonomy

inputs, params = snakemake.input, snakemake.params
taxonomy = load_taxonomy(*inputs.taxonomy)
with tempfile.TemporaryDirectory() as folder:
    report = measure_health(
        [as_parquet(inputs.manifest, folder)],
        Around(),
        taxonomy_labels=taxonomy.families,
        crash_family=params.crash_family,
        dynamic_buckets=[name for name, _ in taxonomy.buckets],
        threads=snakemake.threads,
        memory_limit=params.local["memory_limit"],
    )
page = render_health_page(report, Path(inputs.manifest).name, what="file")
write_json(snakemake.output.report, report)
write_text(snakemake.output.page, page)
job.finish({"events": report["totals"]["events"]})
