"""Stop where a figure that an evaluation requires does not hold."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import read_json, write_json
from drumcorpus.stages.evaluation.requirements import enforce_requirements

report = read_json(snakemake.input.report)
enforce_requirements(report, snakemake.input.after)
write_json(snakemake.output.verdict, {"required": report["required"]})
job.finish({"required": len(report["required"])})
