"""Hold the predictions of one source set against the onsets that are heard in its recordings."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import read_json, write_json
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.raw_sound import open_recordings
from drumcorpus.stages.predictions.agreement import hold_predictions

inputs, source_set = snakemake.input, snakemake.wildcards.source_set
sessions, staged = read_table(inputs.sessions), read_json(inputs.staged)
report = hold_predictions(
    read_table(inputs.hits),
    staged,
    open_recordings(source_set, snakemake.params.local["roots"], sessions),
    snakemake.params.onsets,
    on_session=Progress(job.title, len(staged["sessions"]), "sessions").advance,
)
write_json(snakemake.output.report, report)
job.finish({"sessions_held": len(report["sessions"]), **report["not_held"]})
