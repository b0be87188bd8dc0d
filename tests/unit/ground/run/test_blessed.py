"""The day of a blessing comes from the run log, and only where it is of the figures that stand."""

import json
from datetime import UTC, datetime

import pytest

from drumcorpus.ground.files.blessings import blessing
from drumcorpus.ground.run.blessed import blessed_in_words, describe_blessing
from drumcorpus.ground.run.end_of_run import end_in_words

FIGURES = "a" * 64
NOW = datetime(2026, 3, 12, 9, tzinfo=UTC).timestamp()


def line(figures=FIGURES, at="2026-03-02T10:00:00Z", name="m"):
    return json.dumps({"blessed": {name: figures}, "blessed_utc": at}) + "\n"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "resources/baselines/m.blessing.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(blessing("2026.1", FIGURES, "b" * 64)))
    (tmp_path / "logs").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (None, ""),
        (line("c" * 64), ""),
        (line(name="other"), ""),
        (line(), ", on 2026-03-02 (9 days ago)"),
        (line(at="2026-03-11T08:00:00Z"), ", on 2026-03-11 (1 day ago)"),
        (line(at="2026-03-12T08:00:00Z"), ", on 2026-03-12 (today)"),
        (line(at="2027-03-12T08:00:00Z"), ", on 2027-03-12 (today)"),
        (line() + line(at="2026-03-12T08:00:00Z") + line("c" * 64), ", on 2026-03-12 (today)"),
        (line() + '{"blessed_utc": "2026-0', ", on 2026-03-02 (9 days ago)"),
        (line() + '{"blessed": [], "blessed_utc": 3}\n', ", on 2026-03-02 (9 days ago)"),
    ],
    ids=[
        *("no_log", "other_figures", "other_manifest", "days", "a_day", "today", "clock_was_ahead"),
        *("last", "cut_off", "by_hand"),
    ],
)
def test_the_day_is_that_of_the_figures_that_stand(folder, log, words):
    if log is not None:
        (folder / "logs/run_log.jsonl").write_text(log)
    assert blessed_in_words(folder, "m", NOW) == f"blessed at release 2026.1{words}"


def test_without_a_note_nothing_is_said(folder):
    assert blessed_in_words(folder, "other", NOW) is None


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
    health.parent.mkdir(parents=True)
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
