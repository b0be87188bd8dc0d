"""Write labels, figures, card and checksums of one export around its samples."""

from drumcorpus.ground.run.job import open_job

job = open_job(snakemake)

from drumcorpus.stages.export.stale import remove_stale

inputs, params, names = snakemake.input, snakemake.params, dict(snakemake.wildcards.items())
folder = f"results/export/{names['manifest']}/{names['export']}"
label_files = [path.removeprefix(f"{folder}/") for path in inputs.labels]
remove_stale(folder, inputs.written, label_files)  # of what is fresh, too
job.leave_if_fresh()

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.exports_made import indexes_made, logs_made
from drumcorpus.stages.export.assemble import assemble_export, write_run
from drumcorpus.stages.export.class_map_files import read_class_maps

tables = {name: inputs[name] for name in ("index", "written", "events", "sessions", "weights")}
tables |= {"label_files": label_files, "limits": next(iter(inputs.limits), None)}
cards = dict(zip(params.source_sets, map(read_yaml, inputs.cards), strict=True))
maps = read_class_maps(inputs.taxonomy, inputs.class_maps)
shared = {"class_maps": maps, "threads": snakemake.threads, **params.local}
about = {**names, "release": params.release, "settings": params.export, "cards": cards}
about |= {"models": params.models}
metadata = assemble_export(folder, **about, **tables, **shared)
job.say(write_run(folder, indexes_made(**names), logs_made(**names), metadata, **shared))
job.finish({"samples": metadata["statistics"]["records"]})
