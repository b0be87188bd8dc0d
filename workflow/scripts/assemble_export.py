"""Write the labels and checksums of one export around its clips."""

from pathlib import Path

from drumcorpus.job import start_job

job = start_job(snakemake)

from drumcorpus.export import assemble_export
from drumcorpus.files import read_yaml

metadata = assemble_export(
    snakemake.input.manifest,
    snakemake.input.index,
    Path(snakemake.output.metadata).parent,
    components=list(read_yaml(snakemake.input.components)),
    release=snakemake.params.release,
    **snakemake.params.export,
)
job.finish({"clips": metadata["clip"]})
