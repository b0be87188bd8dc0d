"""Learn what strokes on one cymbal look like, or take the model that is shipped."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.tables import read_table, read_tables
from drumcorpus.ground.files.taxonomy_files import load_cymbal_families
from drumcorpus.schemas import SESSIONS
from drumcorpus.stages.crash.cymbal_maps import read_cymbal_maps
from drumcorpus.stages.crash.known_cymbals import choose_model, known_kits

inputs, params = snakemake.input, snakemake.params
families = load_cymbal_families(inputs.components, params.families)
kits = known_kits(
    map(read_table, inputs.embeddings),
    read_tables(inputs.sessions, SESSIONS),
    families,
    read_cymbal_maps(inputs.cymbal_maps, families),
)
model, counters = choose_model(kits, inputs.shipped, params.model)
write_json(snakemake.output.model, model)
job.finish(counters)
