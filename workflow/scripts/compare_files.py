"""Compare two health reports, or two manifests."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.stages.baselines.compare_files import compare_files
from drumcorpus.stages.baselines.comparison_page import render_comparison_page
from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json

inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
comparison = compare_files(
    inputs.a,
    inputs.b,
    names=(params.names["a"], params.names["b"]),
    tolerances=params.tolerances,
    memory_limit=params.local["memory_limit"],
    threads=snakemake.threads,
)
write_json(outputs.report, comparison)
title = " and ".join(comparison["names"].values())
write_text(outputs.page, render_comparison_page(comparison, title))
job.say(f"{comparison['sentence']} See {outputs.page}")
job.finish({"n_differences": comparison["n_differences"]})
