"""Write the labels and checksums of one export around its clips."""

from pathlib import Path

from drumcorpus.ground.run.job import open_job
from drumcorpus.stages.export.half_made import spill_folder

job = open_job(snakemake)
job.take_away([spill_folder(Path(snakemake.output.metadata).parent)])
job.leave_if_fresh()

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
