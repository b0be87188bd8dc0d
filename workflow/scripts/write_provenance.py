"""Write the provenance of every session of one source set, and which of them lack a file."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.files.jsonl import write_rows
from drumcorpus.ground.files.missing_files import missing_files
from drumcorpus.stages.ingest.provenance import provenance_rows
from drumcorpus.ground.files.tables import read_table

inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
names = ("sessions", "tallies", "quarantine", "flags", "roots")
tables = {name: read_table(inputs[name]) for name in names}
missing = missing_files(tables["sessions"], tables["quarantine"])
rows = provenance_rows(
    **tables,
    events=inputs.events,
    missing=missing,
    card=read_yaml(inputs.card),
    license_ref=params.license_ref,
    ingestion=params.ingestion,
    staged=next(map(read_json, inputs.predicted), None),
)
counts = {"sessions": write_rows(outputs.provenance, rows)}
job.finish(counts | {"missing": write_rows(outputs.missing, missing)})
