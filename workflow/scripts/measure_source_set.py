"""Measure the events of one source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.stages.health.measure import Around, measure_health
from drumcorpus.stages.health.page import render_health_page
from drumcorpus.ground.files.taxonomy_files import load_taxonomy

inputs, params = snakemake.input, snakemake.params
taxonomy = load_taxonomy(*inputs.taxonomy)
report = measure_health(
    list(inputs.events),
    Around(
        **{n: [inputs[n]] for n in ("tallies", "quarantine", "sessions", "inventory")},
        audio_checks=list(inputs.audio_checks),
        audio_settings=params.audio_checks,
    ),
    taxonomy_labels=taxonomy.families,
    crash_family=params.crash_family,
    dynamic_buckets=[name for name, _ in taxonomy.buckets],
    threads=snakemake.threads,
    memory_limit=params.local["memory_limit"],
)
write_json(snakemake.output.report, report)
page = render_health_page(report, snakemake.wildcards.source_set, what="source set")
write_text(snakemake.output.page, page)
job.finish({"events": report["totals"]["events"]})
