"""What a run says last follows from the health reports, and never fails a run."""

import json

import pytest

from drumcorpus.ground.run.end_of_run import corpus_in_words, end_in_words
from drumcorpus.stages.health.around import drops


def report(**changed):
    none = {"by_reason": {}, "refused_by_reason": {}, "unexplained_hits": 0}
    return {
        "totals": {"events": 3509, "sessions": 50, "source_sets": 6},
        "sessions": {"audio_duration": 9000.0},
        "drops": none | changed.pop("drops", {}),
        "quarantine": {"files": 0},
        "gates": [],
        **changed,
    }


def verdicts(*statuses):
    return [{"gate": f"gate_{n}", "status": status} for n, status in enumerate(statuses)]


def test_events_sessions_and_hours():
    assert corpus_in_words("prod", report()) == [
        "prod: 3,509 events in 50 sessions of 6 source sets, 2.50 h of sound",
        "  hits dropped: none",
        "  gates: none",
    ]


def test_what_was_dropped_stands_by_reason_with_the_most_first():
    source = {"source_set": "groove", "source_label": "49"}
    by_label = [
        source | {"outcome": outcome, "n": n}
        for outcome, n in (("double_trigger", 12), ("choke", 1200), ("in_event", 30), ("", 1))
    ]
    a, b = ({"source_set": "groove", "session_id": name} for name in "ab")
    in_event = [a | {"n": 12}, b | {"n": 18}]
    per_session = {("groove", "b"): {"n_components": 18}}
    held = drops(by_label, in_event, per_session, [a | {"reason": "silent"}])
    lines = corpus_in_words("prod", report(drops=held, quarantine={"files": 4}))
    assert lines[1:3] == [
        "  hits dropped: choke 1,200, double_trigger 12, silent 12, no outcome 1",
        "  files not used: 4",
    ]


def test_one_is_one():
    ones = dict.fromkeys(("events", "sessions", "source_sets"), 1)
    (line, *_) = corpus_in_words("prod", report(totals=ones))
    assert line == "prod: 1 event in 1 session of 1 source set, 2.50 h of sound"


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        (["PASS", "PASS"], "2 passed, 0 failed"),
        (["PASS", "FAIL"], "1 passed, 1 failed (gate_1)"),
        (["WAIVED", "PASS", "FAIL"], "1 passed, 1 failed (gate_2), 1 waived (gate_0)"),
    ],
    ids=["all_pass", "one_fails", "one_is_waived"],
)
def test_gates(statuses, words):
    assert corpus_in_words("prod", report(gates=verdicts(*statuses)))[-1] == f"  gates: {words}"


def test_a_run_without_a_report_says_how_long_it_took(tmp_path):
    assert end_in_words(tmp_path, 1234.4) == "It took 1,234 s.\n"


def test_every_manifest_and_the_page_to_open_first(tmp_path):
    health = tmp_path / "reports/health"
    health.mkdir(parents=True)
    (health / "b2.json").write_text(json.dumps(report()))
    (health / "b10.json").write_text(json.dumps(report()))
    (health / "b2.json.manifest.json").write_text("{}")
    (health / "torn.json").write_text('{"totals": ')
    (health / "other.json").write_text("[]")
    (health / "b2.html").write_text("")
    said = end_in_words(tmp_path, 5).splitlines()
    assert [line.split(":")[0] for line in said if not line.startswith(" ")] == [
        "b2",
        "b10",
        "It took 5 s.",
        "Open first",
    ]
    assert said[-1] == f"Open first: {(health / 'b2.html').as_uri()}"
