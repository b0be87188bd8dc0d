"""Put rated shards of JSON Lines on one axis."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from tempfile import TemporaryDirectory

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.run.run_manifest import manifest_path
from drumcorpus.stages.corpora.aggregate_settings import aggregate_settings, shard_labels
from drumcorpus.stages.corpora.aggregating import aggregate_rows, aggregate_section
from drumcorpus.stages.corpora.scales import read_scales

given = dict(snakemake.params.aggregate)
inputs, output = list(snakemake.input.shards), snakemake.output.corpus
own = {name: given[name] for name in given if name not in ("inputs", "corpus_source")}
settings, scales = aggregate_settings(**own), read_scales(snakemake.input.scales)
named, sources = given["inputs"], given.get("corpus_source", {})
labels = shard_labels(named, sources, scales)
labels = {path: labels[name] for path, name in zip(inputs, named, strict=True) if name in labels}
with TemporaryDirectory() as folder, replacing(output) as part:
    aggregated = aggregate_rows(inputs, part, folder, scales, labels, settings)
outputs = [output, manifest_path(output)]
section = aggregate_section(inputs, outputs, labels, settings, aggregated, given)
job.finish(aggregated.counters, {"corpus": section})
