"""Put the crash sessions in doubt of all source sets on one page."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from pathlib import Path

from drumcorpus.stages.crash.candidates import count_reasons
from drumcorpus.stages.crash.review_file import decisions_without_session, read_decisions
from drumcorpus.stages.crash.review_page import (
    count_undescribed,
    describe_decisions,
    describe_review,
    render_review_page,
)
from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.jsonl import read_rows
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.files.taxonomy_files import family_labels

inputs, params = snakemake.input, snakemake.params
labels = family_labels(inputs.components, params.family)
reviewed = {Path(path).name: path for path in inputs.get("decisions", [])}
reviews, doubts, decisions, undescribed, candidates = {}, {}, {}, {}, {}
for name, review, made, assignments, of_sessions, of_candidates in zip(
    params.files,
    inputs.review,
    inputs.doubts,
    inputs.assignments,
    inputs.sessions,
    inputs.candidates,
    strict=True,
):
    reviews[name], doubts[name] = list(read_rows(review)), read_json(made)
    path = reviewed.get(Path(params.files[name]).name)
    rows = read_decisions(Path(path).read_bytes(), path, len(labels)) if path else []
    sessions = read_table(of_sessions, ["session_id", "label_map"])
    ids = sessions["session_id"].to_pylist()
    gone = decisions_without_session(rows, ids, path, may_be_gone=params.vanished == "accept")
    decisions[name] = describe_decisions(rows, gone, reviews[name], assignments)
    undescribed[name] = count_undescribed(assignments)
    candidates[name] = count_reasons(read_table(of_candidates, ["reason"]), sessions)
known = (reviews, doubts, decisions, undescribed)
page = describe_review(*known, max_sessions=params.max_sessions)
agreement = read_json(inputs.agreement)
write_text(snakemake.output.page, render_review_page(page, params.files, agreement, candidates))
job.finish(
    {
        "sessions_in_review": sum(len(rows) for rows in reviews.values()),
        "hits_undescribed": sum(sum(counts.values()) for counts in undescribed.values()),
        "decisions_obeyed": sum(row["obeyed"] for row in decisions.values()),
        "decisions_not_obeyed": sum(len(row["unused"]) for row in decisions.values()),
    }
)
