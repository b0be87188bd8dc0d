"""Write labels, figures, card and checksums of one export around its samples."""

from pathlib import Path

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.exports_made import indexes_made, logs_made
from drumcorpus.stages.export.assemble import assemble_export, write_run
from drumcorpus.stages.export.class_map_files import read_class_maps

inputs, params, names = snakemake.input, snakemake.params, dict(snakemake.wildcards.items())
folder = Path(snakemake.output.metadata).parent
maps = read_class_maps(inputs.taxonomy, inputs.class_maps)
tables = {name: inputs[name] for name in ("index", "written", "events", "sessions", "weights")}
tables["label_files"] = [Path(path).relative_to(folder).as_posix() for path in inputs.labels]
tables["limits"] = next(iter(inputs.limits), None)
cards = dict(zip(params.source_sets, map(read_yaml, inputs.cards), strict=True))
shared = {"class_maps": maps, "threads": snakemake.threads, **params.local}
about = {**names, "release": params.release, "settings": params.export, "cards": cards}
metadata = assemble_export(folder, **about, **tables, **shared)
made = (indexes_made(**names), logs_made(**names))
job.say(write_run(folder, *made, metadata, **shared))
job.finish({"samples": metadata["statistics"]["records"]})
