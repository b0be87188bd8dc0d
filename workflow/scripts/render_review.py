"""Put the sessions in doubt of all source sets on one page."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.taxonomy_files import load_cymbal_families
from drumcorpus.stages.crash.review_page import describe_review, render_review_page
from drumcorpus.stages.crash.review_tables import read_review_tables

inputs, params = snakemake.input, snakemake.params
names = ("review", "doubts", "assignments", "sessions", "candidates")
tables = read_review_tables(
    params.files,
    inputs.get("decisions", []),
    families=load_cymbal_families(inputs.components, params.families),
    may_be_gone=params.vanished == "accept",
    **{name: inputs[name] for name in names},
)
described = (tables.reviews, tables.doubts, tables.decisions, tables.undescribed)
source_sets = describe_review(*described, max_sessions=params.max_sessions)
agreement = read_json(inputs.agreement)
page = render_review_page(source_sets, params.files, agreement, tables.candidates)
write_text(snakemake.output.page, page)
job.finish(tables.counters())
