"""Crash cymbals as people see and settle them, through the real snakemake."""

import json
from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
import yaml
from sounds import write_sound

from drumcorpus.stages.crash.review_file import COLUMNS

pytestmark = [pytest.mark.workflow, pytest.mark.long]  # builds a corpus of its own
SET = "groove_mididataset"
TWO_CRASHES = "drummer1/session1/1"
# The sound alone decides, and never that two groups are two cymbals: every session is in doubt.
ALL_IN_DOUBT = {
    "use_metadata": False,
    "clustering": {"method": "linkage", "split_similarity": 0.0, "one_similarity": 1.0},
}


def assignments(project):
    rows = pq.read_table(project.path(f"results/crash/assignments/{SET}.parquet")).to_pylist()
    sessions = {}
    for row in rows:
        sessions.setdefault(row["session_id"], []).append(row)
    return sessions


def review(project):
    lines = project.path(f"results/crash/review/{SET}.jsonl").read_text().splitlines()
    return {row["session_id"]: row for row in map(json.loads, lines)}


def crashes_of_manifest(project, session_id):
    """(component, its event's history) of every crash of a session in the manifest."""
    rows = pq.read_table(project.path("results/manifests/prod_combined.parquet")).to_pylist()
    return [
        (hit, row["annotation_history"])
        for row in rows
        if row["session_id"] == session_id
        for hit in row["components"]
        if hit["label"].startswith("crash")
    ]


def test_a_session_wholly_in_doubt_is_guessed_and_as_clustered_is_obeyed_by_the_next_run(project):
    project.configure(crash=ALL_IN_DOUBT)
    project.snakemake("crash")
    row = review(project)[TWO_CRASHES]
    assert (row["reason"], row["n_accepted"]) == ("doubtful", 0)
    guesses = {guess["event_id"]: guess["cymbal"] for guess in row["guesses"]}
    assert set(guesses.values()) == {1, 2}
    shown = json.loads(project.path(f"results/crash/doubts/{SET}.json").read_text())
    (session,) = [each for each in shown if each["session_id"] == TWO_CRASHES]
    (line,) = [each["line"] for each in session["lines"] if each["decision"] == "as_clustered"]
    page = project.path("reports/crash/review.html").read_text()
    assert line in page

    signed = line.replace("REVIEWER", "mara").replace("YYYY-MM-DD", "2026-03-01")
    decisions = project.path(f"resources/source_sets/{SET}_review.csv")
    decisions.write_text("\n".join([",".join(COLUMNS), signed, ""]))
    project.snakemake("crash")
    decided = {row["event_id"]: row for row in assignments(project)[TWO_CRASHES]}
    assert {name: row["cymbal"] for name, row in decided.items() if row["accepted"]} == guesses
    assert {row["method"] for row in decided.values()} == {"review"}
    labels = {1: "crash", 2: "crash2"}
    assert all(decided[name]["label"] == labels[number] for name, number in guesses.items())
    assert TWO_CRASHES not in review(project)
    assert "as_clustered" not in str(review(project))  # no note of a decision that does not hold


def test_a_cymbal_map_on_the_command_line_overrides_number_label_and_history(project):
    before = Counter(hit["cymbal"] for hit, _ in crashes_of_manifest(project, TWO_CRASHES))
    assert before.keys() == {1, 2}
    swapped = {"cymbals": {49: 2, 55: 2, 57: 1, 52: 1}, "sources": ["ear"]}
    document = {
        **{"name": "swapped", "verified": "2026-11-20", "sources": {"ear": "somebody listened"}},
        "source_sets": {SET: {"sessions": {TWO_CRASHES: swapped}}},
    }
    project.path("swapped.yaml").write_text(yaml.safe_dump(document))
    project.snakemake("manifest", "--config", "cymbal_map=swapped.yaml")
    after = crashes_of_manifest(project, TWO_CRASHES)
    assert Counter(hit["cymbal"] for hit, _ in after) == {1: before[2], 2: before[1]}
    for hit, history in after:
        assert hit["label"] == {1: "crash", 2: "crash2"}[hit["cymbal"]]
        notes = [note for note in history if note["annotation_stage"] == "crash_cymbal"]
        change = f"cymbal {3 - hit['cymbal']} -> {hit['cymbal']}"
        assert ("cymbal_map", change) in [(note["method"], note["notes"]) for note in notes]
    said = project.snakemake("-n", "crash", "--config", "cymbal_map=gone.yaml", check=False).said
    assert "config: crash.cymbal_map: " in said and "gone.yaml is not there" in said


def test_bad_recordings_are_named_and_counted_and_the_other_sessions_are_told_apart(project):
    whole, cut, not_finite = sorted(assignments(project))
    recordings = {name: wav_of(project, name) for name in (cut, not_finite)}
    data = recordings[cut].read_bytes()
    recordings[cut].write_bytes(data[: len(data) // 2])
    samples, rate = soundfile.read(recordings[not_finite], dtype="float32")
    write_sound(recordings[not_finite], samples * np.nan, rate, subtype="FLOAT")
    project.configure(crash={"use_metadata": False})
    project.snakemake("crash")

    told = assignments(project)
    assert Counter(row["label"] for row in told[whole]).keys() == {"crash", "crash2"}
    reasons = {cut: "no_audio", not_finite: "not_finite"}
    for name, reason in reasons.items():
        assert {row["label"] for row in told[name]} == {"crash"}
        assert review(project)[name]["undescribed"] == {reason: len(told[name])}
    page = project.path("reports/crash/review.html").read_text()
    for name, reason in reasons.items():
        assert f"{reason.replace('_', ' ')} × {len(told[name])}" in page  # noqa: RUF001
    refused = pq.read_table(project.path(f"results/quarantine/{SET}/inventory.parquet"))
    assert recordings[cut].name in {path.rpartition("/")[2] for path in refused["path"].to_pylist()}


def wav_of(project, session_id):
    folder, _, number = session_id.rpartition("/")
    (path,) = project.path("raw").glob(f"{folder}/{number}_*.wav")
    return path
