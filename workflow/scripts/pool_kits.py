"""Tell the cymbals of each kit of one source set apart, from all its sessions."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.tables import read_table, read_tables, write_table
from drumcorpus.ground.files.taxonomy_files import load_cymbal_families
from drumcorpus.schemas import CYMBAL_EMBEDDINGS
from drumcorpus.stages.crash import kit_pools
from drumcorpus.stages.crash.cymbal_maps import read_cymbal_maps
from drumcorpus.stages.crash.cymbal_model import read_cymbal_model

inputs, params = snakemake.input, snakemake.params
families = load_cymbal_families(inputs.components, params.families)
sessions = read_table(inputs.sessions)
kits, shared = kit_pools.pool_kits(
    read_tables(inputs.embeddings, CYMBAL_EMBEDDINGS),
    sessions,
    families,
    read_cymbal_model(inputs.model),
    cymbal_maps=read_cymbal_maps(inputs.cymbal_maps, families),
    clustering=params.clustering,
    use_metadata=params.use_metadata,
)
kit_pools.warn_of_shared_ids(shared)
write_table(snakemake.output.kits, kits)
write_table(snakemake.output.kit_sessions, kit_pools.kit_sessions(sessions))
job.finish(kit_pools.count_kits(kits))
