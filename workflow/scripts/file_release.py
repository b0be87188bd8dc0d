"""Copy what is small into the folder of the release, and list all that belongs to it."""

from pathlib import Path

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.run import released
from drumcorpus.ground.run.earlier_inventory import earlier_product
from drumcorpus.ground.run.job import open_job

job = open_job(snakemake)

outputs, params = snakemake.output, dict(snakemake.params.items())
folder = Path(outputs.contents).parent
job.take_away(released.half_copied(folder, snakemake.input.held))
place, _ = earlier_product(outputs.contents)
earlier = read_json(place) if place else None
job.leave_if_fresh(also=lambda: released.copies_stand(folder, earlier, outputs.documents))

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.releases.filing import file_release

products = {
    n: [row for row in job.plan["inputs"] if row["name"] == n] for n in ("documents", "held")
}
names = ("manifests", "gated_sets", "train_checked", "exports")
cards = dict(zip(params["merged_sets"], map(read_yaml, snakemake.input.cards), strict=True))
settings = {name: params[name] for name in names} | params["releases"] | {"cards": cards}
contents = file_release(folder, params["release"], **products, **settings, earlier=earlier)
job.finish({"files": len(contents["files"]), "copied": len(released.copied_files(contents))})
