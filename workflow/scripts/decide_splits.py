"""Find the sessions of one manifest that belong together, and decide in which split they stand."""

import tempfile

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.stages.splits.decide import decide_splits
from drumcorpus.stages.splits.page import render_splits_page
from drumcorpus.stages.splits.report import describe_splits, split_table
from drumcorpus.stages.splits.search import count_audio_reasons, find_edges, read_sessions
from drumcorpus.ground.files.tables import write_table

inputs, params, outputs = snakemake.input, snakemake.params, snakemake.output
sessions = read_sessions(inputs.sessions)
with tempfile.TemporaryDirectory() as spill:
    edges = find_edges(
        sessions,
        inputs.inventory,
        inputs.fingerprints,
        isolate=params.isolate,
        search=params.search,
        threads=snakemake.threads,
        memory_limit=params.local["memory_limit"],
        spill_dir=spill,
    )
families, decisions = decide_splits(sessions, edges, policy=params.leaks, **params.draw)
report = describe_splits(
    sessions,
    edges,
    families,
    decisions,
    count_audio_reasons(inputs.fingerprints),
    policy=params.leaks,
    isolate=params.isolate,
)
write_table(outputs.splits, split_table(sessions, families, decisions))
write_json(outputs.report, report)
write_text(outputs.page, render_splits_page(report, snakemake.wildcards.manifest))
counts = ("found_families", "families", "moved_sessions", "refused_sessions")
job.finish({"sessions": len(sessions), **{name: report["leaks"][name] for name in counts}})
