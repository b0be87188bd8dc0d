"""Write the metrics of one source set."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.stages.baselines.metrics import snapshot_metrics

snapshot = snapshot_metrics(
    snakemake.wildcards.source_set,
    snakemake.input.events,
    snakemake.input.sessions,
    memory_limit=snakemake.params.local["memory_limit"],
    threads=snakemake.threads,
)
write_json(snakemake.output.snapshot, snapshot)
job.finish({"sessions": snapshot["sessions"], "hits": snapshot["hits"]})
