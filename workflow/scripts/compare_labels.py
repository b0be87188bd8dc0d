"""Compare the labels of every source set before and after aliasing."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.stages.manifest.label_changes import (
    compare_labels,
    read_source_sets,
    report_counters,
)
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.files.taxonomy_files import load_cymbal_families

inputs, outputs, shards = snakemake.input, snakemake.output, snakemake.params.shards
families = load_cymbal_families(inputs.components, snakemake.params.families)
progress = Progress(job.title, len(shards), "source sets")
tables = read_source_sets(shards, inputs.changes, inputs.sessions)
report, counts = compare_labels(tables, families, progress.advance)
write_table(outputs.counts, counts)
write_json(outputs.report, report)
job.finish(report_counters(report))
