"""Hold one manifest against the provenance of every source set."""

from pathlib import Path

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.stages.audit.baseline import audit_figures
from drumcorpus.stages.audit.manifest import audit_manifest
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.yaml_files import read_yaml

inputs, params = snakemake.input, snakemake.params
audit = audit_manifest(
    inputs.manifest,
    {Path(path).stem: path for path in inputs.provenance},
    {Path(path).stem: path for path in inputs.inventory},
    merged_sets=params.merged_sets,
    tiers=params.tiers,
    splits_parquet=inputs.get("splits"),
    cards={Path(path).stem: read_yaml(path) for path in inputs.cards},
    threads=snakemake.threads,
    memory_limit=params.local["memory_limit"],
)
write_json(snakemake.output.audit, audit)
write_json(snakemake.output.candidate, audit_figures(audit, without_digest=params.without_digest))
job.finish({"events": audit["n_events"], "findings": len(audit["findings"])})
