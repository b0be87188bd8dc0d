"""Number the crash cymbals of every session of one shard."""

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.crash_assignments import assign_crashes
from drumcorpus.jsonl import write_rows
from drumcorpus.tables import read_table, write_table
from drumcorpus.taxonomy import family_labels

assignments, review = assign_crashes(
    read_table(snakemake.input.embeddings),
    family_labels(snakemake.input.components, snakemake.params.family),
    use_metadata=snakemake.params.use_metadata,
    clustering=snakemake.params.clustering,
)
write_table(snakemake.output.assignments, assignments)
write_rows(snakemake.output.review, review)
job.finish({"crash_hits": assignments.num_rows, "sessions_in_review": len(review)})
