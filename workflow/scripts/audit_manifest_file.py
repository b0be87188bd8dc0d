"""Audit any manifest, once every line of it is known to be one of a manifest."""

from pathlib import Path

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.figures import compare_with_baseline
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.stages.audit.baseline import audit_figures
from drumcorpus.stages.audit.files import audit_files
from drumcorpus.stages.audit.page import render_audit_markdown, render_audit_page

inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
audit = audit_files(
    inputs.manifest,
    **{name: inputs[name] for name in ("provenance", "inventory", "missing", "cards")},
    tiers=params.tiers,
    threads=snakemake.threads,
    **params.local,
)
comparison = compare_with_baseline(audit_figures(audit), None)
write_json(outputs.audit, audit)
write_text(outputs.text, render_audit_markdown(audit, comparison))
name = Path(inputs.manifest).name
write_text(outputs.page, render_audit_page(audit, comparison, name, what="file"))
job.finish({"events": audit["n_events"], "findings": len(audit["findings"])})
