"""Stop where a gate fails, unless the config says to report only."""

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.files import read_json, write_json
from drumcorpus.gates import enforce_gates

verdict = enforce_gates(
    read_json(snakemake.input.report)["gates"],
    manifest=snakemake.wildcards.manifest,
    mode=snakemake.params.mode,
)
write_json(snakemake.output.verdict, verdict)
job.finish({"failed": len(verdict["failed"])})
