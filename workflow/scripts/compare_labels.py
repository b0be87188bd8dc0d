"""Compare the labels of every source set before and after aliasing."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.stages.manifest.label_changes import (
    LABEL_COUNTS,
    count_labels,
    describe_source_set,
    summarise_changes,
)
from drumcorpus.stages.manifest.label_changes_page import render_label_changes_page
from drumcorpus.stages.manifest.label_pairs import compare_shard
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.files.tables import write_batches
from drumcorpus.ground.files.taxonomy_files import family_labels

inputs, outputs = snakemake.input, snakemake.output
crash_labels = family_labels(inputs.components, snakemake.params.family)
shards = zip(inputs.events, inputs.aliased, inputs.assignments, strict=True)
progress = Progress(job.title, len(inputs.events), "shards")
described, counts = [], []
for source_set, n_shards in snakemake.params.shards.items():
    changes = []
    for _ in range(n_shards):
        changes.append(compare_shard(*next(shards), crash_labels))
        progress.advance()
    counts.append(count_labels(source_set, changes))
    described.append(describe_source_set(source_set, changes, counts[-1], crash_labels))
report = summarise_changes(described)
batches = (batch for table in counts for batch in table.to_batches())
write_batches(outputs.counts, LABEL_COUNTS, batches)
write_json(outputs.report, report)
write_text(outputs.page, render_label_changes_page(report, crash_labels))
totals = report["totals"]
job.finish(
    {
        "components": totals["components"]["total"],
        "changed": totals["components"]["changed"],
        "assignments_gone": totals["gone"],
        "unexplained": totals["unexplained"],
        "crashes_in_doubt": totals["in_doubt"],
        "crashes_without_assignment": totals["without_assignment"],
    }
)
