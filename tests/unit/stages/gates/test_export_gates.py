"""Gates on an export: too much in no sample, splits without any, recordings nobody can decode."""

import pytest

from drumcorpus.stages.gates.gates import (
    check_export_gates,
    check_gates,
    enforce_gates,
    failing_export_gates,
    may_stand,
)

REPORT = {
    "events": 1000,
    "exported": 750,
    "not_exported": {"no_audio": 200, "onset_past_end": 20, "unreadable_audio": 30},
    "dropped_share": 0.25,
    "empty_splits": [],
    "unreadable": {"events": 30, "sessions": 7, "examples": {"egmd": ["a", "b", "c"], "s": ["x"]}},
}
NOTHING = REPORT | {
    "exported": 0,
    "not_exported": {"no_audio": 1000},
    "dropped_share": 1.0,
    "empty_splits": ["test", "train"],
}
NO_EVENT = {
    "events": 0,
    "exported": 0,
    "not_exported": {},
    "dropped_share": None,
    "empty_splits": [],
    "unreadable": {"events": 0, "sessions": 0, "examples": {}},
}


def verdicts(report, **gates):
    return {verdict["gate"]: verdict for verdict in check_export_gates(report, gates)}


@pytest.mark.parametrize(
    ("name", "kept", "broken", "figure"),
    [
        ("max_dropped_share", 0.25, 0.249, 0.25),
        ("max_unreadable_events", 30, 29, 30),
        ("max_empty_splits", 0, None, 0),
    ],
)
def test_a_gate_on_the_export_passes_at_its_limit_and_fails_beyond_it(name, kept, broken, figure):
    assert verdicts(REPORT, **{name: kept})[name]["passed"] is True
    if broken is not None:
        verdict = verdicts(REPORT, **{name: broken})[name]
        assert (verdict["passed"], verdict["figure"]) == (False, figure)
    assert verdicts({}, **{name: kept})[name]["status"] == "FAIL"  # what is not measured


def test_the_sentence_names_the_reasons_the_most_frequent_first():
    sentence = verdicts(REPORT, max_dropped_share=0.1)["max_dropped_share"]["sentence"]
    assert "25 % of the events stand in no sample" in sentence
    assert "(no_audio 200, unreadable_audio 30, onset_past_end 20)" in sentence


def test_the_sentence_names_sessions_that_could_not_be_decoded_and_how_many_more():
    sentence = verdicts(REPORT, max_unreadable_events=0)["max_unreadable_events"]["sentence"]
    assert "(egmd/a, egmd/b, egmd/c, s/x, and 2 more): 30" in sentence


def test_an_export_of_nothing_fails_whatever_the_file_of_gates_names():
    for report, figure in ((NOTHING, 2), (NO_EVENT, 1)):
        [verdict] = check_export_gates(report, {"max_quarantined": 0})
        assert (verdict["gate"], verdict["status"]) == ("max_empty_splits", "FAIL")
        assert verdict["figure"] == figure
    assert "(test, train): 2" in check_export_gates(NOTHING, {})[0]["sentence"]
    assert (
        "0 of 1,000 events stand in a sample (no_audio 1,000)"
        in (check_export_gates(NOTHING, {})[0]["sentence"])
    )


def test_a_split_that_lost_all_its_samples_fails_and_is_named():
    report = REPORT | {"empty_splits": ["validation"]}
    verdict = verdicts(report)["max_empty_splits"]
    assert (verdict["status"], verdict["figure"]) == ("FAIL", 1)
    assert "(validation)" in verdict["sentence"]
    assert verdicts(report, max_empty_splits=1)["max_empty_splits"]["passed"] is True


def test_a_gate_on_the_export_is_waived_as_any_other():
    waiver = {"gate": "max_dropped_share", "reason": "audio is to come", "expires": "2027-01-31"}
    gates = {"max_dropped_share": 0.1, "waivers": [waiver]}
    by_name = {verdict["gate"]: verdict["status"] for verdict in check_export_gates(REPORT, gates)}
    assert by_name == {"max_empty_splits": "PASS", "max_dropped_share": "WAIVED"}


def test_each_report_is_held_against_its_own_gates_of_one_file():
    gates = {"max_quarantined": 0, "max_dropped_share": 0.3}
    assert set(verdicts(REPORT, **gates)) == {"max_dropped_share", "max_empty_splits"}
    [verdict] = check_gates({"quarantine": {"files": 0}}, gates)
    assert verdict["gate"] == "max_quarantined"
    with pytest.raises(ValueError, match="there is no gate to check; name at least one of"):
        check_gates({}, {"max_dropped_share": 0.3})
    with pytest.raises(ValueError, match=r"unknown gate 'max_drops'; the gates are .*max_dropped"):
        check_export_gates(REPORT, {"max_drops": 1})


def test_a_verdict_does_not_say_in_which_mode_it_was_made():
    failing = check_export_gates(NOTHING, {})
    reported = enforce_gates(failing, of="m", mode="report", figures="f.json")
    assert reported["failed"] == ["max_empty_splits"]
    passing = check_export_gates(REPORT, {})
    modes = ("enforce", "report")
    one, other = (enforce_gates(passing, of="m", mode=m, figures="f.json") for m in modes)
    assert one == other
    assert may_stand(reported, "report") and may_stand(one, "enforce")
    assert not may_stand(reported, "enforce")
    with pytest.raises(ValueError, match=r"(?s)1 of 1 gates fail for m:\n  max_empty.*f\.json"):
        enforce_gates(failing, of="m", mode="enforce", figures="f.json")


def test_a_smoke_run_is_stopped_by_the_gates_that_would_stop_the_export(tmp_path):
    path = tmp_path / "gates.yaml"
    path.write_text("max_quarantined: 0\n")
    expected = [row["gate"] for row in check_export_gates(NOTHING, {}) if row["status"] == "FAIL"]
    failing = failing_export_gates(NOTHING, path, expired=(), mode="enforce")
    assert expected and [row["gate"] for row in failing] == expected
    assert failing_export_gates(NOTHING, path, expired=(), mode="report") == []
