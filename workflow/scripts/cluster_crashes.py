"""Number the crash cymbals of every session of one shard."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

import pyarrow.compute as pc

from drumcorpus.stages.crash.agreement import compare_with_sound
from drumcorpus.stages.crash.assignments import assign_crashes
from drumcorpus.stages.crash.decisions import apply_decisions
from drumcorpus.stages.crash.review_file import decisions_of, read_decision_files
from drumcorpus.stages.crash.cymbal_maps import apply_cymbal_map, read_cymbal_map
from drumcorpus.ground.files.jsonl import write_rows
from drumcorpus.vocabulary import BY_METADATA
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.files.taxonomy_files import family_labels

inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
embeddings = read_table(inputs.embeddings)
crash_labels = family_labels(inputs.components, params.family)
for path in inputs.cymbal_maps:
    sessions = read_table(inputs.sessions[0])
    cymbal_map = read_cymbal_map(path, None, crash_labels)
    embeddings = apply_cymbal_map(embeddings, sessions, cymbal_map)
settings = {"crash_labels": crash_labels, "clustering": params.clustering}
assignments, review = assign_crashes(embeddings, use_metadata=params.use_metadata, **settings)
# What the source numbers is clustered too, for comparison.
told = pc.equal(assignments["method"], BY_METADATA)
by_sound, _ = assign_crashes(embeddings.filter(told), use_metadata=False, **settings)
agreement = compare_with_sound(
    assignments.filter(told), by_sound, method=BY_METADATA, **params.agreement
)
sessions_here = embeddings["session_id"].unique().to_pylist()
decisions = decisions_of(read_decision_files(inputs.decisions, len(crash_labels)), sessions_here)
assignments, review, unused = apply_decisions(
    assignments, review, decisions, crash_labels, hits=embeddings
)
write_table(outputs.assignments, assignments)
write_rows(outputs.review, review)
write_rows(outputs.agreement, agreement)
job.finish(
    {
        "crash_hits": assignments.num_rows,
        "sessions_in_review": len(review),
        "decisions_obeyed": len(decisions) - len(unused),
        "decisions_not_obeyed": len(unused),
        "sessions_numbered": len(agreement),
        "sessions_that_sound_otherwise": sum(row["agrees"] is False for row in agreement),
    }
)
