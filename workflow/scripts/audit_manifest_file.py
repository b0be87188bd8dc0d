"""Audit any manifest, once every line of it is known to be one of a manifest."""

from pathlib import Path

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.audit import (
    audit_figures,
    audit_manifest,
    render_audit_markdown,
    render_audit_page,
)
from drumcorpus.baselines import compare_with_baseline
from drumcorpus.files import read_yaml, write_json, write_text

inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
audit = audit_manifest(
    inputs.manifest,
    {Path(path).stem: path for path in inputs.provenance},
    {Path(path).stem: path for path in inputs.inventory},
    tiers=params.tiers,
    cards={Path(path).stem: read_yaml(path) for path in inputs.cards},
    threads=snakemake.threads,
    memory_limit=params.local["memory_limit"],
)
comparison = compare_with_baseline(audit_figures(audit), None)
page = render_audit_page(audit, comparison, Path(inputs.manifest).name)
write_json(outputs.audit, audit)
write_text(outputs.text, render_audit_markdown(audit, comparison))
write_text(outputs.page, page)
job.finish({"events": audit["n_events"], "findings": len(audit["findings"])})
