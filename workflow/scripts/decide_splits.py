"""Find the sessions of one manifest that belong together, and decide in which split they stand."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.tables import write_table
from drumcorpus.stages.splits.selection import read_selection
from drumcorpus.stages.splits.split_manifest import split_manifest

inputs, params, outputs = snakemake.input, snakemake.params, snakemake.output
table, report = split_manifest(
    inputs.sessions,
    inputs.inventory,
    inputs.fingerprints,
    params.splits,
    read_selection(params.select, inputs.lists),
    manifest=snakemake.wildcards.manifest,
    threads=snakemake.threads,
    model_labels=params.model_labels,
    **params.local,
)
write_table(outputs.splits, table)
write_json(outputs.report, report)
counts = ("found_families", "families", "moved_sessions", "refused_sessions")
job.finish({"sessions": report["sessions"], **{name: report["leaks"][name] for name in counts}})
