"""Draw and cut the hits of the sessions in doubt of one source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.files.taxonomy_files import load_cymbal_families
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.raw_sound import open_recordings
from drumcorpus.stages.crash.doubts import illustrate_doubts, read_doubts, write_doubts
from drumcorpus.stages.crash.pictures import RATE_HZ

inputs, limits = snakemake.input, dict(snakemake.params.review)
source_set, roots = snakemake.wildcards.source_set, snakemake.params.local["roots"]
tables = (inputs.review, inputs.embeddings, inputs.assignments, inputs.events)
doubts = read_doubts(*tables, max_sessions=limits.pop("max_sessions"))
sessions = read_table(inputs.sessions)
shown = illustrate_doubts(
    doubts,
    open_recordings(source_set, roots, sessions, RATE_HZ, allow_not_finite=True),
    load_cymbal_families(inputs.components, snakemake.params.families),
    on_session=Progress(job.title, len(doubts), "sessions").advance,
    **limits,
)
job.finish(write_doubts(snakemake.output.doubts, shown))
