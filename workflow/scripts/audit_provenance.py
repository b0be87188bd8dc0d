"""Hold one manifest against the provenance of every source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.stages.audit.baseline import audit_figures
from drumcorpus.stages.audit.files import audit_files
from drumcorpus.ground.files.json_files import write_json

inputs, params = snakemake.input, snakemake.params
audit = audit_files(
    inputs.manifest,
    **{name: inputs[name] for name in ("provenance", "inventory", "missing", "cards")},
    merged_sets=params.merged_sets,
    tiers=params.tiers,
    splits_parquet=inputs.get("splits"),
    threads=snakemake.threads,
    **params.local,
)
write_json(snakemake.output.audit, audit)
write_json(snakemake.output.candidate, audit_figures(audit, without_digest=params.without_digest))
job.finish({"events": audit["n_events"], "findings": len(audit["findings"])})
