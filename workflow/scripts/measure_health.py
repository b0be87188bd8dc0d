"""Measure one manifest and hold it against its gates."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.gates.gates import check_gates
from drumcorpus.stages.health.measure import REPORTS, files_beside, measure_health, names_of

inputs, params = snakemake.input, snakemake.params
tables = ("tallies", "quarantine", "sessions", "inventory", "audio_checks", "splits")
beside = {name: inputs[name] for name in (*tables, *REPORTS)}
report = measure_health(
    [inputs.manifest],
    files_beside(
        beside, params.audio_checks, dict(zip(params.source_sets, inputs.cards, strict=True))
    ),
    **names_of(load_taxonomy(*inputs.taxonomy)),
    cymbal_families=params.cymbal_families,
    threads=snakemake.threads,
    **params.local,
)
verdicts = check_gates(report, read_yaml(inputs.gates), expired=params.expired_waivers)
write_json(snakemake.output.report, report | {"gates": verdicts})
failed = [verdict["gate"] for verdict in verdicts if verdict["status"] == "FAIL"]
job.finish({"gates": len(verdicts), "gates_failed": failed})
