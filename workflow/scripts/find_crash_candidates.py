"""List the sessions of one source set that may hold two or more crash cymbals, with the reason."""

import logging

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.stages.crash.candidates import count_reasons, find_crash_candidates
from drumcorpus.stages.crash.cymbal_maps import read_cymbal_map, unused_entries
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.files.taxonomy_files import family_labels, load_label_map, load_taxonomy

inputs, params = snakemake.input, snakemake.params
sessions, taxonomy = read_table(inputs.sessions), load_taxonomy(*inputs.taxonomy)
crash_labels = family_labels(inputs.taxonomy[0], params.family)
label_maps = dict(zip(params.label_maps, inputs.label_maps, strict=True))
cymbal_maps = [read_cymbal_map(path, None, crash_labels) for path in inputs.cymbal_maps]
candidates = find_crash_candidates(
    inputs.events,
    sessions,
    {name: load_label_map(path, taxonomy, crash_labels) for name, path in label_maps.items()},
    crash_labels,
    use_metadata=params.use_metadata,
    cymbal_maps=cymbal_maps,
    **params.candidates,
)
unused = [
    f"{cymbal_map.path}: {entry} holds for no session"
    for cymbal_map in cymbal_maps
    for entry in unused_entries(sessions, snakemake.wildcards.source_set, cymbal_map)
]
for sentence in unused:
    logging.warning(sentence)
write_table(snakemake.output.candidates, candidates)
counts = count_reasons(candidates, sessions)
job.finish({"sessions": sessions.num_rows, **counts, "cymbal_map_entries_unused": len(unused)})
