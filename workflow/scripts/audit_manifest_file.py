"""Audit any manifest, once every line of it is known to be one of a manifest."""

from pathlib import Path

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.stages.audit.baseline import audit_figures
from drumcorpus.stages.audit.manifest import audit_manifest
from drumcorpus.stages.audit.page import render_audit_markdown, render_audit_page
from drumcorpus.ground.files.figures import compare_with_baseline
from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.yaml_files import read_yaml

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
