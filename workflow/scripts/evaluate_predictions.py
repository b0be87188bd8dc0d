"""Score what systems say of a split, with intervals over groups of sessions."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.evaluation.question import Question, Systems, answer, read_terms

inputs, params, local = snakemake.input, snakemake.params, snakemake.params.local
systems = Systems(**local["systems"])
question = Question(**params.question | {"folds": local["folds"]})
terms = read_terms(
    question, local["resources"], taxonomy_folder=local["taxonomy"], fits=systems.fits
)
answered = answer(
    terms,
    inputs.manifest,
    systems,
    trained_on=local["trained_on"],
    boundary_pack=next(iter(inputs.boundary_pack), None),
    pack_schema=next(map(read_yaml, inputs.pack_schema), None),
)
report = answered.evaluation.document
write_json(snakemake.output.report, report)
job.finish({"sessions": report["corpus"]["sessions"], "hits": report["corpus"]["hits"]})
