"""Say what became of the events of one export, and hold that against its gates."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.export.figures import measure_export
from drumcorpus.stages.gates.gates import check_export_gates

inputs, params = snakemake.input, snakemake.params
settings = {"unit": params.unit, "threads": snakemake.threads, **params.local}
report = measure_export(inputs.index, **settings)
verdicts = check_export_gates(report, read_yaml(inputs.gates), expired=params.expired_waivers)
write_json(snakemake.output.report, report | {"gates": verdicts})
failed = [verdict["gate"] for verdict in verdicts if verdict["status"] == "FAIL"]
counts = {name: report[name] for name in ("events", "exported", "samples")}
job.finish(counts | {"gates_failed": failed})
