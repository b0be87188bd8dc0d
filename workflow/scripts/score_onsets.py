"""Score the onset detector on the annotations of one source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.raw_sound import open_recordings
from drumcorpus.stages.onsets.scores import score_takes

source_set, roots = snakemake.wildcards.source_set, snakemake.params.local["roots"]
sessions = read_table(snakemake.input.sessions)
report = score_takes(
    read_table(snakemake.input.events, ["session_id", "audio_path", "label_method", "onset_time"]),
    sessions,
    open_recordings(source_set, roots, sessions),
    snakemake.params.onsets,
    on_take=Progress(job.title, sessions.num_rows, "takes").advance,
)
write_json(snakemake.output.scores, report)
scored = len(report["takes"])
job.finish({"takes_scored": scored, "takes_not_scored": sum(report["not_scored"].values())})
