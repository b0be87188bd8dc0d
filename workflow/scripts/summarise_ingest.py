"""Put what became of every source label of all source sets on one page."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.pages.source_set_summary import describe_each
from drumcorpus.stages.ingest.ingest_page import (
    describe_ingest,
    render_ingest_page,
    summarise_ingest,
)

inputs, outputs = snakemake.input, snakemake.output
paths = {name: inputs[name] for name in ("cards", "tallies", "quarantine", "sessions", "flags")}
source_sets = describe_each(describe_ingest, snakemake.params.tiers, **paths)
report = summarise_ingest(source_sets)
write_json(outputs.report, report)
write_text(outputs.page, render_ingest_page(report))
job.finish({"source_sets": len(inputs.cards), "hits": report["totals"]["hits"]["total"]})
