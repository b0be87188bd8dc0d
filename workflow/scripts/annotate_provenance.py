"""Add what told the crashes apart to the provenance of every session of one source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.jsonl import read_rows, write_rows
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.audit.annotations import annotate_provenance

inputs = snakemake.input
rows = annotate_provenance(
    read_rows(inputs.provenance), inputs.assignments, list(read_yaml(inputs.techniques))
)
job.finish({"sessions": write_rows(snakemake.output.provenance, rows)})
