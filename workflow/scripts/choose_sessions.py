"""Choose the sessions of one source set that are shown."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import read_json, write_json
from drumcorpus.ground.files.jsonl import read_rows
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.tables import read_table
from drumcorpus.stages.listening.choose import SESSION_COLUMNS, SPLIT_COLUMNS, choose_sessions
from drumcorpus.stages.listening.settings import ListeningSettings

inputs, source_set = snakemake.input, snakemake.wildcards.source_set
names = [*snakemake.params.manifests, source_set]
chosen = choose_sessions(
    source_set,
    dict(zip(names, map(read_json, [*inputs.reports, inputs.of_set]), strict=True)),
    read_rows(inputs.review),
    read_table(inputs.sessions, SESSION_COLUMNS).to_pylist(),
    [row for path in inputs.splits for row in read_table(path, SPLIT_COLUMNS).to_pylist()],
    read_settings(ListeningSettings, snakemake.params.listening),
)
write_json(snakemake.output.chosen, chosen)
job.finish({"chosen": len(chosen["sessions"]), "not_shown": len(chosen["not_shown"])})
