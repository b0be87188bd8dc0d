"""Measure one manifest and hold it against its gates."""

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.files import read_json, read_yaml, write_json, write_text
from drumcorpus.gates import check_gates
from drumcorpus.health import measure_health
from drumcorpus.health_page import render_health_page
from drumcorpus.taxonomy import load_taxonomy

inputs, params = snakemake.input, snakemake.params
taxonomy = load_taxonomy(*inputs.taxonomy)
report = measure_health(
    inputs.manifest,
    tallies=inputs.tallies,
    quarantine=inputs.quarantine,
    sessions=inputs.sessions,
    taxonomy_labels=taxonomy.families,
    crash_family=params.crash_family,
    dynamic_buckets=[name for name, _ in taxonomy.buckets],
    threads=snakemake.threads,
    memory_limit=params.local["memory_limit"],
)
report["audit"] = {"n_findings": len(read_json(inputs.audit)["findings"])}
verdicts = check_gates(report, read_yaml(inputs.gates))
write_json(snakemake.output.report, report | {"gates": verdicts})
write_text(
    snakemake.output.page, render_health_page(report, verdicts, snakemake.wildcards.manifest)
)
failed = [verdict["gate"] for verdict in verdicts if not verdict["passed"]]
job.finish({"gates": len(verdicts), "gates_failed": failed})
