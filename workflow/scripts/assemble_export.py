"""Write labels, figures, card and checksums of one export around its samples."""

from pathlib import Path

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.export.assemble import assemble_export
from drumcorpus.stages.export.shard_inputs import read_class_maps

inputs, params = snakemake.input, snakemake.params
folder = Path(snakemake.output.metadata).parent
metadata = assemble_export(
    *(inputs.index, inputs.written, folder),
    manifest=snakemake.wildcards.manifest,
    export=snakemake.wildcards.export,
    release=params.release,
    settings=params.export,
    class_maps=read_class_maps(inputs.taxonomy, inputs.class_maps),
    weights=inputs.weights,
    events_tables=inputs.events,
    sessions_tables=inputs.sessions,
    label_files=[Path(path).relative_to(folder).as_posix() for path in inputs.labels],
    cards=dict(zip(params.source_sets, map(read_yaml, inputs.cards), strict=True)),
    **{"threads": snakemake.threads, **params.local},
)
job.finish({"samples": metadata["statistics"]["records"]})
