"""Write the provenance of every session of one source set."""

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.files import read_yaml
from drumcorpus.jsonl import write_rows
from drumcorpus.provenance import provenance_rows
from drumcorpus.tables import read_table

rows = provenance_rows(
    read_table(snakemake.input.sessions),
    snakemake.input.events,
    read_table(snakemake.input.tallies),
    read_table(snakemake.input.quarantine),
    read_yaml(snakemake.input.card),
    license_ref=snakemake.params.license_ref,
    ingestion=snakemake.params.ingestion,
)
n_rows = write_rows(snakemake.output.provenance, rows)
job.finish({"sessions": n_rows})
