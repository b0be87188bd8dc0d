"""Say what became of the events of one export, and hold that against its gates."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.export.figures import measure_export
from drumcorpus.stages.gates.gates import check_export_gates

inputs, params = snakemake.input, snakemake.params
report = measure_export(inputs.index, threads=snakemake.threads, **params.local)
verdicts = check_export_gates(report, read_yaml(inputs.gates), expired=params.expired_waivers)
write_json(snakemake.output.report, report | {"gates": verdicts})
failed = [verdict["gate"] for verdict in verdicts if verdict["status"] == "FAIL"]
job.finish({"events": report["events"], "clips": report["clips"], "gates_failed": failed})
