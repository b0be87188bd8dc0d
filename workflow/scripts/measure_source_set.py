"""Measure the events of one source set, and hold it against its gates if it has any."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.gates.gates import check_gates
from drumcorpus.stages.health.measure import files_beside, measure_health, names_of

inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
names = ("tallies", "quarantine", "sessions", "inventory", "audio_checks", "drift", "blessed")
card = {snakemake.wildcards.source_set: inputs.card}
report = measure_health(
    inputs.events,
    files_beside({name: inputs[name] for name in names}, params.audio_checks, card),
    **names_of(load_taxonomy(*inputs.taxonomy)),
    cymbal_families=params.cymbal_families,
    threads=snakemake.threads,
    **params.local,
)
for path in inputs.gates:
    report |= {"gates": check_gates(report, read_yaml(path), expired=params.expired_waivers)}
write_json(outputs.report, report)
job.finish({"events": report["totals"]["events"]})
