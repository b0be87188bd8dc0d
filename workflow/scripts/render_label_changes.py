"""Show what aliasing did to the labels of all source sets."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.taxonomy_files import load_cymbal_families
from drumcorpus.stages.manifest.label_changes_page import render_label_changes_page

report = read_json(snakemake.input.report)
families = load_cymbal_families(snakemake.input.components, snakemake.params.families)
page = render_label_changes_page(report, families)
write_text(snakemake.output.page, page)
job.finish({"bytes": len(page.encode())})
