"""Put the inventories of all source sets on one page."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.inventory.inventory_page import (
    describe_inventory,
    inventory_csv,
    render_inventory_page,
    summarise_inventory,
)

inputs, outputs = snakemake.input, snakemake.output
tables = zip(inputs.cards, inputs.files, inputs.sessions, inputs.quarantine, strict=True)
report = summarise_inventory(
    describe_inventory(
        name, read_yaml(card), settings, files=files, sessions=sessions, quarantine=quarantine
    )
    for (name, settings), (card, files, sessions, quarantine) in zip(
        snakemake.params.source_sets.items(), tables, strict=True
    )
)
write_json(outputs.report, report)
write_text(outputs.page, render_inventory_page(report))
write_text(outputs.table, inventory_csv(report))
job.finish({"source_sets": report["totals"]["source_sets"]})
