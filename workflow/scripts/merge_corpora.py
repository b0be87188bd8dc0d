"""Merge shards of JSON Lines into one corpus."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from tempfile import TemporaryDirectory

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.run.run_manifest import manifest_path
from drumcorpus.stages.corpora.merging import (
    conflicts_in_words,
    merge_rows,
    merge_section,
    merge_settings,
)

given = snakemake.params.merge
inputs, output = list(snakemake.input.shards), snakemake.output.corpus
settings = merge_settings(**{name: given[name] for name in given if name != "inputs"})
with TemporaryDirectory() as folder, replacing(output) as part:
    merged = merge_rows(inputs, part, folder, settings, workers=snakemake.threads)
if merged.conflicts:
    job.say(conflicts_in_words(merged))
section = merge_section(inputs, [output, manifest_path(output)], settings, merged, given)
job.finish(merged.counters, {"corpus": section})
