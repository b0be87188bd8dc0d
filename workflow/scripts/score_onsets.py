"""Score the onset detector on the annotations of one source set."""

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.files import write_json, write_text
from drumcorpus.inventory import file_digests
from drumcorpus.onset_scores import render_scores_markdown, score_takes
from drumcorpus.progress import Progress
from drumcorpus.raw_files import RawReader
from drumcorpus.recordings import recording_reader
from drumcorpus.tables import read_table

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
