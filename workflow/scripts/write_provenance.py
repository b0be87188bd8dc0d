"""Write the provenance of every session of one source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.files.jsonl import write_rows
from drumcorpus.stages.ingest.provenance import provenance_rows
from drumcorpus.ground.files.tables import read_table

rows = provenance_rows(
    read_table(snakemake.input.sessions),
    snakemake.input.events,
    read_table(snakemake.input.tallies),
    read_table(snakemake.input.quarantine),
    read_table(snakemake.input.flags),
    read_table(snakemake.input.roots),
    read_yaml(snakemake.input.card),
    license_ref=snakemake.params.license_ref,
    ingestion=snakemake.params.ingestion,
)
n_rows = write_rows(snakemake.output.provenance, rows)
job.finish({"sessions": n_rows})
