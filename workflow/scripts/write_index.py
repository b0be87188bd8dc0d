"""Write the page that one opens first."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.stages.releases.ages import ages_of_blessings
from drumcorpus.stages.releases.front_page import front_page

inputs, params = snakemake.input, snakemake.params
reports, diffs, of_sets = ([*map(read_json, inputs[n])] for n in ("reports", "diffs", "of_sets"))
ages = ages_of_blessings(
    dict(zip(params.manifests, reports, strict=True)),
    dict(zip(params.manifests, inputs.tables, strict=True)),
    *(inputs.get(kind, []) for kind in ("blessed", "notes")),
    **params.releases,
)
page = front_page(
    params.releases["release"],
    params.pages,
    read_json(inputs.inventory),
    dict(zip(params.manifests, zip(reports, diffs, strict=True), strict=True)),
    dict(zip(params.source_sets, of_sets, strict=True)),
    ages,
)
write_text(snakemake.output.page, page)
job.finish({"pages": len(params.pages)})
