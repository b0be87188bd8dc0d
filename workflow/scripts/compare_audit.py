"""Compare one audit with the blessed one, and show both."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.stages.audit.page import render_audit_markdown, render_audit_page
from drumcorpus.ground.files.figures import compare_with_baseline
from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import read_json, write_json

inputs, outputs = snakemake.input, snakemake.output
audit = read_json(inputs.audit)
blessed = next(iter(inputs.blessed), None)
comparison = compare_with_baseline(read_json(inputs.candidate), blessed)
write_json(outputs.diff, comparison)
write_text(outputs.text, render_audit_markdown(audit, comparison))
write_text(outputs.page, render_audit_page(audit, comparison, snakemake.wildcards.manifest))
job.finish({"findings": len(audit["findings"]), "differences": comparison["n_differences"]})
