"""Describe the sound around the onset of every clip that the training check takes."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from pathlib import Path

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.load.exports import open_export
from drumcorpus.stages.train_check.describe import describe_export
from drumcorpus.stages.train_check.features import FeatureSettings

params = snakemake.params
folder = Path("results/export", snakemake.wildcards.manifest, snakemake.wildcards.export)
table = describe_export(
    open_export(folder),
    labels=load_taxonomy(*snakemake.input.taxonomy).labels,
    class_map=params.class_map,
    max_events=params.max_events,
    features=read_settings(FeatureSettings, params.features),
)
write_table(snakemake.output.events, table)
job.finish({"events": len(table)})
