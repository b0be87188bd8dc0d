"""The day of a blessing comes from the run log, and only where it is of the figures that stand."""

import json
from datetime import UTC, datetime

import pytest

from drumcorpus.ground.files.blessings import blessing
from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.run.blessed import blessed_in_words, describe_blessing
from drumcorpus.ground.run.end_of_run import end_in_words
from drumcorpus.ground.run.run_manifest import SCHEMA, write_manifests

BLESSED = '{"totals": {"events": 1}}'
FIGURES = sha256_bytes(BLESSED.encode())
NOW = datetime(2026, 3, 12, 9, tzinfo=UTC).timestamp()


def line(figures=FIGURES, at="2026-03-02T10:00:00Z", name="m"):
    return json.dumps({"blessed": {name: figures}, "blessed_utc": at}) + "\n"


def bless(top, release="2026.1", figures=BLESSED):
    (top / "m.health.json").parent.mkdir(parents=True, exist_ok=True)
    (top / "m.health.json").write_text(figures)
    note = blessing(release, sha256_bytes(figures.encode()), "b" * 64)
    (top / "m.blessing.json").write_text(json.dumps(note))


def hold_against(folder, *blessed):
    """The record of a report that was held against blessed figures, or against none."""
    (folder / "reports/health").mkdir(parents=True, exist_ok=True)
    diff = folder / "reports/health/m.diff.json"
    diff.write_text("{}")
    inputs = [
        {"name": "blessed", "kind": "config", "path": "m", "sha256": sha256_bytes(each.encode())}
        for each in blessed
    ]
    plan = {"schema": SCHEMA, "rule": "r", "wildcards": {}, "inputs": inputs}
    write_manifests(plan, [("diff", str(diff))], {})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "drumcorpus.ground.run.blessed.project_folder", lambda: tmp_path / "checkout"
    )
    bless(tmp_path / "resources/baselines")
    hold_against(tmp_path, BLESSED)
    (tmp_path / "logs").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (None, ""),
        (line("c" * 64), ""),
        (line(name="other"), ""),
        (line(), ", on 2026-03-02 (10 days ago)"),
        (line(at="2026-03-11T08:00:00Z"), ", on 2026-03-11 (1 day ago)"),
        (line(at="2026-03-11T23:00:00Z"), ", on 2026-03-11 (1 day ago)"),
        (line(at="2026-03-12T08:00:00Z"), ", on 2026-03-12 (today)"),
        (line(at="2027-03-12T08:00:00Z"), ", on 2027-03-12 (today)"),
        (line() + line(at="2026-03-12T08:00:00Z") + line("c" * 64), ", on 2026-03-12 (today)"),
        (line() + '{"blessed_utc": "2026-0', ", on 2026-03-02 (10 days ago)"),
        (line() + '{"blessed": [], "blessed_utc": 3}\n', ", on 2026-03-02 (10 days ago)"),
    ],
    ids=[
        *("no_log", "other_figures", "other_manifest", "days", "a_day", "last_night"),
        *("today", "clock_was_ahead"),
        *("last", "cut_off", "by_hand"),
    ],
)
def test_the_day_is_that_of_the_figures_that_stand(folder, log, words):
    if log is not None:
        (folder / "logs/run_log.jsonl").write_text(log)
    assert blessed_in_words(folder, "m", NOW) == f"blessed at release 2026.1{words}"


def test_without_a_note_nothing_is_said(folder):
    assert blessed_in_words(folder, "other", NOW) is None
    (folder / "resources/baselines/m.blessing.json").unlink()
    assert blessed_in_words(folder, "m", NOW) is None


def test_only_the_figures_count_that_the_report_was_held_against(folder):
    demo = '{"totals": {"events": 2}}'
    bless(folder / "resources/demo/baselines", "demo", demo)
    assert blessed_in_words(folder, "m", NOW) == "blessed at release 2026.1"
    hold_against(folder, demo)
    assert blessed_in_words(folder, "m", NOW) == "blessed at release demo"
    hold_against(folder)
    assert blessed_in_words(folder, "m", NOW) is None
    hold_against(folder, BLESSED)
    (folder / "resources/baselines/m.health.json").unlink()
    assert blessed_in_words(folder, "m", NOW) is None


def test_what_is_blessed_beside_the_snakefile_counts_as_in_the_workflow(folder):
    (folder / "checkout").mkdir()
    (folder / "resources").rename(folder / "checkout/resources")
    assert blessed_in_words(folder, "m", NOW) == "blessed at release 2026.1"
    # Blessed again without a change: the note alone is written, below the working folder.
    note = folder / "resources/baselines/m.blessing.json"
    note.parent.mkdir(parents=True)
    note.write_text(json.dumps(blessing("2026.2", FIGURES, "b" * 64)))
    assert blessed_in_words(folder, "m", NOW) == "blessed at release 2026.2"


def test_what_is_written_is_what_is_read(folder):
    target = folder / "resources/baselines/m.blessing.json"
    row = describe_blessing({"m": {"target": target}})
    (folder / "logs/run_log.jsonl").write_text(json.dumps(row) + "\n")
    at = datetime.strptime(row["blessed_utc"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert row["blessed"] == {"m": FIGURES}
    said = blessed_in_words(folder, "m", at.timestamp() + 3 * 86_400)
    assert said.endswith(f"on {at:%Y-%m-%d} (3 days ago)")


def test_the_end_of_a_run_says_it_and_a_damaged_note_fails_no_run(folder):
    health = folder / "reports/health/m.json"
    report = {
        "totals": {"events": 1, "sessions": 1, "source_sets": 1},
        "sessions": {"audio_duration": 1.0},
        "drops": {"by_reason": {}, "refused_by_reason": {}, "unexplained_hits": 0},
        "quarantine": {"files": 0},
        "gates": [],
    }
    health.write_text(json.dumps(report))
    assert "\n  blessed at release 2026.1\n" in end_in_words(folder, 1)
    (folder / "resources/baselines/m.blessing.json").write_text("{}")
    said = end_in_words(folder, 1)
    assert "  gates: none\n" in said and "blessed" not in said
