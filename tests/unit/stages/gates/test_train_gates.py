"""The gate on the training check: what stops a release, what cannot be compared, what is waived."""

import copy
import re

import pytest

from drumcorpus.stages.gates.gates import check_gates, check_release_gates
from drumcorpus.stages.gates.train_gates import state_of

GATE = {"report": "blessed.json", "min_effect": 0.02, "max_regression": 0.3}
GATES = {"train_check": GATE}


def a_class(f, limit=0.03, state="scored", half=0.05):
    ends = {"low": f - half, "high": f + half} if limit is not None else {"low": None, "high": None}
    return {"state": state, "f": f, "detection_limit": limit, **ends}


def a_report(crash=0.8, crash2=0.7, limit=0.03, area=0.9, test="0", **changes):
    return {
        "tier": "P",
        "feature_set": "onset_bands/1",
        "settings": {"seeds": [0, 1]},
        "classes": ["kick", "crash", "crash2"],
        "crashes": ["crash", "crash2"],
        "test": test,
        "by_class": {"crash": a_class(crash, limit), "crash2": a_class(crash2, limit)},
        "told_apart": {"area": area, "low": 0.85, "high": 0.95},
    } | changes


def judged(present, gates=None, blessed=None, **options):
    reports = {"present": present, "blessed": blessed or a_report()}
    return check_release_gates(reports, gates or GATES, **options)


def test_what_is_as_it_was_passes():
    [verdict] = judged(a_report())
    assert (verdict["gate"], verdict["status"]) == ("train_check.max_regression", "PASS")
    assert (verdict["figure"], verdict["limit"]) == (0.0, 0.3)
    assert state_of([verdict]) == "passed"


@pytest.mark.parametrize(
    ("present", "status", "words"),
    [
        (a_report(crash2=0.671), "PASS", "0 of 3 figures"),
        (a_report(crash2=0.669), "FAIL", r"crash2 -0\.031, limit 0\.030"),
        (a_report(crash=0.95), "PASS", "0 of 3 figures"),
        (a_report(area=0.8), "FAIL", "telling crashes apart -0.100"),
        (a_report(area=None), "FAIL", "telling crashes apart: not scored any more"),
        (a_report(crash2=0.45, limit=None), "PASS", "Too few groups .* crash, crash2"),
        (a_report(crash2=0.39, limit=None), "FAIL", "crash2 -0.310, limit 0.300"),
        (a_report(crash2=0.63, test="1"), "PASS", "0 of 3 figures"),
        (a_report(crash2=0.61, test="1"), "FAIL", r"crash2 -0\.090, limit 0\.077"),
    ],
    ids=[
        *("within the limit", "beyond it", "better", "apart", "apart no more"),
        *("not resolvable", "not resolvable and much", "another test", "another test and more"),
    ],
)
def test_a_loss_counts_from_what_the_check_can_see(present, status, words):
    [verdict] = judged(present)
    assert verdict["status"] == status
    assert re.search(words, verdict["sentence"])


def test_the_smallest_effect_that_counts_is_a_setting():
    loose = {"train_check": GATE | {"min_effect": 0.08}}
    assert judged(a_report(crash2=0.63), loose)[0]["status"] == "PASS"
    assert judged(a_report(crash2=0.61), loose)[0]["status"] == "FAIL"


def test_a_class_that_is_gone_stops_the_release():
    present = a_report()
    present["by_class"]["crash2"] = a_class(0.0, state="absent in test")
    [verdict] = judged(present)
    assert verdict["status"] == "FAIL"
    assert "crash2: not scored any more" in verdict["sentence"]


@pytest.mark.parametrize("key", ["tier", "feature_set", "settings", "classes", "crashes"])
def test_what_cannot_be_compared_never_passes(key):
    [verdict] = judged(a_report(**{key: "other"}))
    assert verdict["status"] == "FAIL"
    assert f"blessed.json, which has another {key}" in verdict["sentence"]


def test_a_blessed_report_without_crashes_holds_nothing_and_does_not_pass():
    blessed = copy.deepcopy(a_report(area=None))
    for row in blessed["by_class"].values():
        row["state"] = "not learned"
    [verdict] = judged(a_report(), blessed=blessed)
    assert verdict["status"] == "FAIL"
    assert "no crash class that was scored" in verdict["sentence"]


def test_the_area_of_two_other_crashes_is_not_held_against_it():
    present = a_report()
    present["told_apart"] |= {"of": ["crash", "crash3"]}
    blessed = a_report()
    blessed["told_apart"] |= {"of": ["crash", "crash2"]}
    [verdict] = judged(present, blessed=blessed)
    assert verdict["status"] == "FAIL"
    assert "telling crashes apart: not scored any more" in verdict["sentence"]
    assert judged(blessed, blessed=blessed)[0]["status"] == "PASS"


@pytest.mark.parametrize("blessed", [[], {}, "x", {"by_class": []}], ids=str)
def test_a_file_that_is_no_report_never_passes(blessed):
    [verdict] = check_release_gates({"present": a_report(), "blessed": blessed}, GATES)
    assert verdict["status"] == "FAIL"
    assert "cannot be held against blessed.json" in verdict["sentence"]


def test_a_waiver_lets_it_through_and_never_as_passed():
    waiver = {"gate": "train_check.max_regression", "reason": "crashes relabelled, see notes"}
    gates = GATES | {"waivers": [waiver | {"expires": "2027-01-31"}]}
    verdicts = judged(a_report(crash2=0.1), gates)
    assert verdicts[0]["status"] == "WAIVED"
    assert state_of(verdicts) == "waived"
    expired = judged(a_report(crash2=0.1), gates, expired=["train_check.max_regression"])
    assert state_of(expired) == "failed"


def test_without_the_gate_nothing_was_run():
    verdicts = judged(a_report(), {"max_quarantined": 0})
    assert verdicts == []
    assert state_of(verdicts) == "not run"


def test_the_gates_on_a_manifest_pass_it_over():
    report = {"quarantine": {"files": 0}}
    verdicts = check_gates(report, GATES | {"max_quarantined": 0})
    assert [verdict["gate"] for verdict in verdicts] == ["max_quarantined"]


def test_a_limit_that_is_no_share_is_refused():
    with pytest.raises(ValueError, match=r"train_check\.min_effect: 2 should be a number"):
        judged(a_report(), {"train_check": GATE | {"min_effect": 2}})
