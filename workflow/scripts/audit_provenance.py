"""Hold one manifest against the provenance of every source set."""

from pathlib import Path

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.audit import audit_manifest, render_audit_markdown
from drumcorpus.files import write_json, write_text

audit = audit_manifest(
    snakemake.input.manifest,
    {Path(path).stem: path for path in snakemake.input.provenance},
    {Path(path).stem: path for path in snakemake.input.inventory},
    merged_sets=snakemake.params.merged_sets,
    tiers=snakemake.params.tiers,
)
write_json(snakemake.output.audit, audit)
write_text(snakemake.output.page, render_audit_markdown(audit))
job.finish({"events": audit["n_events"], "findings": len(audit["findings"])})
