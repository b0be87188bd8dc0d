"""Copy the documents of the release into its folder, and write its index."""

from pathlib import Path

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import read_json, write_json
from drumcorpus.stages.releases.releases import file_document, index_release, render_release_page

outputs, params = snakemake.output, snakemake.params
for source, target in zip(snakemake.input.documents, outputs.documents, strict=True):
    file_document(source, target)
folder = Path(outputs.index).parent
reports, reports_of_sets = (
    {name: read_json(folder / f"health/{below}{name}.json") for name in names}
    for below, names in (("", params.manifests), ("source_sets/", params.gated_sets))
)
index = index_release(params.release, folder, outputs.documents, reports, reports_of_sets)
write_json(outputs.index, index)
write_text(outputs.page, render_release_page(index))
job.finish({"documents": len(index["documents"])})
