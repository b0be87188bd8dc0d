"""Read the predictions of one source set, and hold them against its sessions and recordings."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.predictions.meanings import read_meanings
from drumcorpus.stages.predictions.staging import stage_predictions

inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
staged = stage_predictions(
    params.local["path"],
    read_table(inputs.sessions),
    read_table(inputs.inventory),
    read_meanings(**params.local["terms"], **params.terms),
    **params.model,
    place=params.system["name"],
)
write_table(outputs.hits, staged.hits)
write_json(outputs.staged, staged.document)
missing = staged.document["missing"]
if missing:
    job.say(f"no predictions, and so no labels, of {len(missing)} session(s), such as {missing[0]}")
job.finish({"predicted_sessions": len(staged.document["sessions"]), "missing": len(missing)})
