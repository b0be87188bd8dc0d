"""Add what told the cymbals apart to the provenance of every session of one source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.jsonl import read_rows, write_rows
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.stages.audit.annotations import annotate_provenance

inputs = snakemake.input
taxonomy = load_taxonomy(*inputs.taxonomy)
rows = annotate_provenance(read_rows(inputs.provenance), inputs.assignments, taxonomy)
job.finish({"sessions": write_rows(snakemake.output.provenance, rows)})
