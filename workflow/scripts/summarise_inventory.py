"""Put the inventories of all source sets on one page."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.pages.source_set_summary import describe_each
from drumcorpus.stages.inventory.inventory_page import (
    describe_inventory,
    inventory_csv,
    render_inventory_page,
    summarise_inventory,
)

inputs, outputs = snakemake.input, snakemake.output
names = ("cards", "files", "roots", "sessions", "quarantine", "not_of_the_set")
paths = {name: inputs[name] for name in names}
source_sets = describe_each(describe_inventory, snakemake.params.source_sets, **paths)
report = summarise_inventory(source_sets)
write_json(outputs.report, report)
write_text(outputs.page, render_inventory_page(report))
write_text(outputs.table, inventory_csv(report))
job.finish({"source_sets": report["totals"]["source_sets"]})
