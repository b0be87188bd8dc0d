"""List the sessions of one source set that may hold two cymbals of a family, with the reason."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files import taxonomy_files
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.stages.crash.candidates import count_reasons, find_candidates, total_reasons
from drumcorpus.stages.crash.cymbal_maps import read_cymbal_maps, warn_of_unused_entries
from drumcorpus.stages.crash.kit_notes import open_names

inputs, params = snakemake.input, snakemake.params
sessions, taxonomy = read_table(inputs.sessions), taxonomy_files.load_taxonomy(*inputs.taxonomy)
families = taxonomy_files.load_cymbal_families(inputs.taxonomy[0], params.families)
maps = taxonomy_files.load_label_maps(params.label_maps, inputs.label_maps, taxonomy)
cymbal_maps = read_cymbal_maps(inputs.cymbal_maps, families)
candidates = find_candidates(
    *(inputs.events, sessions, maps, families),
    use_metadata=params.use_metadata,
    cymbal_maps=cymbal_maps,
    name_cymbals=open_names(inputs.cymbal_words, inputs.kit_notes, sessions, params.families),
    **params.candidates,
)
unused = warn_of_unused_entries(sessions, snakemake.wildcards.source_set, cymbal_maps)
write_table(snakemake.output.candidates, candidates)
counts = total_reasons(count_reasons(candidates, sessions, families))
job.finish({"sessions": sessions.num_rows, **counts, "cymbal_map_entries_unused": unused})
