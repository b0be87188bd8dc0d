"""Measure the class shares and spreads of one source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.figures import write_baseline
from drumcorpus.stages.baselines.distribution import measure_distribution

distribution = measure_distribution(
    snakemake.wildcards.source_set,
    snakemake.input.events,
    snakemake.input.sessions,
    memory_limit=snakemake.params.local["memory_limit"],
    threads=snakemake.threads,
)
write_baseline(snakemake.output.candidate, distribution)
job.finish({"hits": distribution["hits"], "classes": len(distribution["classes"])})
