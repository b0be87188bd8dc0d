"""Describe the sound of every hit of one shard whose cymbal is to be told."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.files.taxonomy_files import load_cymbal_families, load_labels_of_family
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.raw_sound import open_recordings
from drumcorpus.stages.crash.hits import count_embeddings, embed_cymbals

source_set, roots = snakemake.wildcards.source_set, snakemake.params.local["roots"]
sessions = read_table(snakemake.input.sessions)
settings, components = snakemake.params.embedding, snakemake.input.components
rate = settings["sample_rate_hz"]
# A hit whose sound is no number has a reason of its own, and the others of its recording stay.
open_audio = open_recordings(source_set, roots, sessions, rate, allow_not_finite=True)
embeddings = embed_cymbals(
    read_table(snakemake.input.events),
    load_cymbal_families(components, snakemake.params.families),
    lambda path, spans: open_audio(path, spans)[0],
    sample_rate_hz=rate,
    companion=load_labels_of_family(components, settings["companion"]),
    on_session=Progress(job.title, sessions.num_rows, "sessions").advance,
)
write_table(snakemake.output.embeddings, embeddings)
job.finish(count_embeddings(embeddings))
