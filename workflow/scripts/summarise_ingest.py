"""Put what became of every source label of all source sets on one page."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.ingest.ingest_page import (
    describe_ingest,
    render_ingest_page,
    summarise_ingest,
)

inputs, outputs = snakemake.input, snakemake.output
tables = zip(inputs.cards, inputs.tallies, inputs.quarantine, inputs.sessions, strict=True)
report = summarise_ingest(
    describe_ingest(
        name, read_yaml(card), tier, tallies=tallies, quarantine=quarantine, sessions=sessions
    )
    for (name, tier), (card, tallies, quarantine, sessions) in zip(
        snakemake.params.tiers.items(), tables, strict=True
    )
)
write_json(outputs.report, report)
write_text(outputs.page, render_ingest_page(report))
job.finish({"source_sets": len(inputs.cards), "hits": report["totals"]["hits"]["total"]})
