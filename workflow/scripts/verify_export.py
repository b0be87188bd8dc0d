"""Say what every export will hold and lack; write it where that is asked for."""

from drumcorpus.ground.run.job import open_job

job = open_job(snakemake)

from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.stages.export.forecasts import (
    forecast_exports,
    forecasts_in_words,
    write_forecasts,
)
from drumcorpus.stages.export.class_map_files import read_class_maps

inputs, params = snakemake.input, snakemake.params
forecasts = forecast_exports(
    params.exports,
    params.local["tables"],
    families=load_taxonomy(*inputs.taxonomy).families,
    class_maps=read_class_maps(inputs.taxonomy, inputs.class_maps),
    threads=snakemake.threads,
    memory_limit=params.local["memory_limit"],
)
write_forecasts(forecasts, **params.files)
job.say(f"\n{forecasts_in_words(forecasts)}")
