"""Put the inventories of all source sets on one page."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.stages.inventory.inventory_page import (
    describe_inventories,
    inventory_csv,
    render_inventory_page,
    summarise_inventory,
)

inputs, outputs = snakemake.input, snakemake.output
tables = {name: inputs[name] for name in ("cards", "files", "sessions", "quarantine")}
report = summarise_inventory(describe_inventories(snakemake.params.source_sets, **tables))
write_json(outputs.report, report)
write_text(outputs.page, render_inventory_page(report))
write_text(outputs.table, inventory_csv(report))
job.finish({"source_sets": report["totals"]["source_sets"]})
