"""Write the labels and checksums of one export around its clips."""

from pathlib import Path

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.stages.export.assemble import assemble_export
from drumcorpus.ground.files.yaml_files import read_yaml

metadata = assemble_export(
    snakemake.input.manifest,
    snakemake.input.index,
    Path(snakemake.output.metadata).parent,
    components=list(read_yaml(snakemake.input.components)),
    release=snakemake.params.release,
    threads=snakemake.threads,
    memory_limit=snakemake.params.local["memory_limit"],
    **snakemake.params.export,
)
job.finish({"clips": metadata["clip"]})
