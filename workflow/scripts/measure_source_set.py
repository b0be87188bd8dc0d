"""Measure the events of one source set."""

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.files import write_json, write_text
from drumcorpus.health import Around, measure_health
from drumcorpus.health_page import render_health_page
from drumcorpus.taxonomy import load_taxonomy

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
