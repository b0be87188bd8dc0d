"""Measure the class shares and spreads of one source set."""

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.baselines import write_baseline
from drumcorpus.distribution import measure_distribution

distribution = measure_distribution(
    snakemake.wildcards.source_set,
    snakemake.input.events,
    snakemake.input.sessions,
    memory_limit=snakemake.params.local["memory_limit"],
    threads=snakemake.threads,
)
write_baseline(snakemake.output.candidate, distribution)
job.finish({"hits": distribution["hits"], "classes": len(distribution["classes"])})
