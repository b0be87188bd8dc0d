"""Compare two health reports, or two manifests."""

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.comparison import compare_files, render_comparison_page
from drumcorpus.files import write_json, write_text

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
