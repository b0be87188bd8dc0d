"""List the sessions of one source set that may hold two or more crash cymbals, with the reason."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.files.taxonomy_files import family_labels, load_label_maps, load_taxonomy
from drumcorpus.stages.crash.candidates import count_reasons, find_crash_candidates
from drumcorpus.stages.crash.cymbal_maps import read_cymbal_maps, warn_of_unused_entries
from drumcorpus.stages.crash.kit_notes import open_names

inputs, params = snakemake.input, snakemake.params
sessions, taxonomy = read_table(inputs.sessions), load_taxonomy(*inputs.taxonomy)
labels = family_labels(inputs.taxonomy[0], params.family)
maps = read_cymbal_maps(inputs.cymbal_maps, labels)
candidates = find_crash_candidates(
    *(inputs.events, sessions),
    load_label_maps(params.label_maps, inputs.label_maps, taxonomy, labels),
    labels,
    use_metadata=params.use_metadata,
    cymbal_maps=maps,
    name_cymbals=open_names(inputs.cymbal_words, inputs.kit_notes, sessions, params.family),
    **params.candidates,
)
unused = warn_of_unused_entries(sessions, snakemake.wildcards.source_set, maps)
write_table(snakemake.output.candidates, candidates)
counts = count_reasons(candidates, sessions) | {"cymbal_map_entries_unused": unused}
job.finish({"sessions": sessions.num_rows, **counts})
