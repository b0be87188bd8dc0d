"""Score the onset detector on the annotations of one source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.sessions import file_digests
from drumcorpus.stages.onsets.scores import render_scores_markdown, score_takes
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.files.raw_files import RawReader
from drumcorpus.ground.sound.recordings import recording_reader
from drumcorpus.ground.files.tables import read_table

sessions = read_table(snakemake.input.sessions)
reader = RawReader(snakemake.params.local["roots"], file_digests(sessions))
progress = Progress(job.title, sessions.num_rows, "takes")
report = score_takes(
    read_table(snakemake.input.events, ["session_id", "audio_path", "label_method", "onset_time"]),
    sessions,
    recording_reader(sessions, reader.read),
    snakemake.params.onsets,
    on_take=progress.advance,
)
write_json(snakemake.output.scores, report)
write_text(snakemake.output.page, render_scores_markdown(report, snakemake.wildcards.source_set))
scored = len(report["takes"])
job.finish({"takes_scored": scored, "takes_not_scored": sum(report["not_scored"].values())})
