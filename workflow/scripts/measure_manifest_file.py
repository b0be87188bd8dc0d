"""Measure any manifest, once every line of it is known to be one of a manifest."""

import tempfile
from pathlib import Path

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.stages.health.measure import Around, measure_health
from drumcorpus.stages.health.page import render_health_page
from drumcorpus.ground.files.manifest_files import as_parquet
from drumcorpus.ground.files.taxonomy_files import load_taxonomy

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
