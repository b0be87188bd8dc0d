"""Measure one manifest and hold it against its gates."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.gates.gates import check_gates
from drumcorpus.stages.health.measure import Around, measure_health
from drumcorpus.ground.files.taxonomy_files import load_taxonomy

inputs, params = snakemake.input, snakemake.params
taxonomy = load_taxonomy(*inputs.taxonomy)
tables = ("tallies", "quarantine", "sessions", "inventory", "audio_checks")
report = measure_health(
    [inputs.manifest],
    Around(
        **{name: list(getattr(inputs, name)) for name in tables},
        audio_settings=params.audio_checks,
        splits=[inputs.splits],
        **{name: inputs[name] for name in ("leaks", "audit", "audit_diff", "drift")},
    ),
    taxonomy_labels=taxonomy.families,
    crash_family=params.crash_family,
    dynamic_buckets=[name for name, _ in taxonomy.buckets],
    threads=snakemake.threads,
    memory_limit=params.local["memory_limit"],
)
verdicts = check_gates(report, read_yaml(inputs.gates), expired=params.expired_waivers)
write_json(snakemake.output.report, report | {"gates": verdicts})
failed = [verdict["gate"] for verdict in verdicts if verdict["status"] == "FAIL"]
job.finish({"gates": len(verdicts), "gates_failed": failed})
