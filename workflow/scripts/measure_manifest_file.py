"""Measure any manifest, once every line of it is known to be one of a manifest."""

from pathlib import Path

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.stages.health.manifest_file import measure_manifest_file
from drumcorpus.stages.health.measure import names_of
from drumcorpus.stages.health.page import render_health_page

manifest, params = snakemake.input.manifest, snakemake.params
report = measure_manifest_file(
    manifest,
    **names_of(load_taxonomy(*snakemake.input.taxonomy)),
    cymbal_families=params.cymbal_families,
    threads=snakemake.threads,
    **params.local,
)
page = render_health_page(report, Path(manifest).name, what="file")
write_json(snakemake.output.report, report)
write_text(snakemake.output.page, page)
job.finish({"events": report["totals"]["events"]})
