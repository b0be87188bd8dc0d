"""Put the assignments of one source set together, and list the sessions in doubt."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.jsonl import read_rows, write_rows
from drumcorpus.ground.files.merging import merge_small
from drumcorpus.schemas import CYMBAL_ASSIGNMENTS

inputs, outputs = snakemake.input, snakemake.output
n_hits = merge_small(inputs.assignments, CYMBAL_ASSIGNMENTS, outputs.assignments)
review = [row for path in inputs.review for row in read_rows(path)]
n_sessions = write_rows(
    outputs.review, sorted(review, key=lambda row: (row["session_id"], row["family"]))
)
job.finish({"cymbal_hits": n_hits, "sessions_in_review": n_sessions})
