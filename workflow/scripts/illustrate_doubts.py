"""Draw and cut the hits of the crash sessions in doubt of one source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.stages.crash.pictures import RATE_HZ
from drumcorpus.stages.crash.review import choose_sessions, illustrate_session, read_hits
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.sessions import file_digests
from drumcorpus.ground.files.jsonl import read_rows
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.files.raw_files import RawReader
from drumcorpus.ground.sound.recordings import recording_reader
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.files.taxonomy_files import family_labels

inputs, limits = snakemake.input, dict(snakemake.params.review)
name = snakemake.wildcards.source_set
review = choose_sessions({name: read_rows(inputs.review)}, limits.pop("max_sessions"))[name]
hits = read_hits(
    [row["session_id"] for row in review],
    embeddings=inputs.embeddings,
    assignments=[inputs.assignments],
    events=[inputs.events],
)
sessions = read_table(inputs.sessions)
reader = RawReader(snakemake.params.local["roots"], file_digests(sessions))
open_audio = recording_reader(sessions, reader.read, RATE_HZ)
progress = Progress(job.title, len(review), "sessions")
doubts = []
for row in review:
    doubts.append(
        illustrate_session(
            row,
            hits[row["session_id"]],
            lambda path: open_audio(path)[0],
            family_labels(inputs.components, snakemake.params.family),
            **limits,
        )
    )
    progress.advance()
write_json(snakemake.output.doubts, doubts)
job.finish({"sessions": len(doubts), "hits": sum(len(row["hits"]) for row in doubts)})
