"""Every gate can fail and can pass, and none passes without its figure."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from drumcorpus.gates import GATES, check_gates, enforce_gates

ROOT = Path(__file__).parents[2]

REPORT = {
    "labels": {"kick": {"total": 500}, "crash2": {"total": 0}},
    "techniques": {"ghost_note": {"total": 3}},
    "unknown_labels": {"BOGUS_LABEL": 2},
    "duplicates": {"rate": 0.01},
    "quarantine": {"files": 3},
    "drops": {"unexplained_hits": 4},
    "group_leaks": {"groups": 5},
    "splits": {"train": 100},
    "licenses": {"events_without_license": 6},
    "audio": {"share_without_audio": 0.25},
    "audit": {"n_findings": 7},
}

# gate, limit that REPORT keeps, limit that it breaks, figure
LIMITS = [
    ("min_count", {"kick": 500}, {"kick": 501}, 500),
    ("required_labels", ["kick"], ["crash2"], None),
    ("required_techniques", ["ghost_note"], ["flam"], None),
    ("max_unknown_labels", 2, 1, 2),
    ("max_duplicate_rate", 0.01, 0.009, 0.01),
    ("max_quarantined", 3, 2, 3),
    ("max_unexplained_hits", 4, 3, 4),
    ("max_leaked_groups", 5, 4, 5),
    ("min_events_per_split", {"train": 100}, {"train": 101}, 100),
    ("max_events_without_audio_share", 0.25, 0.2, 0.25),
    ("max_audit_findings", 7, 6, 7),
]


def only(report, name, limit):
    [verdict] = check_gates(report, {name: limit})
    return verdict


@pytest.mark.parametrize(("name", "kept", "broken", "figure"), LIMITS)
def test_a_gate_passes_at_its_limit_and_fails_beyond_it(name, kept, broken, figure):
    assert only(REPORT, name, kept)["passed"] is True
    assert only(REPORT, name, broken)["passed"] is False
    if figure is not None:
        assert only(REPORT, name, broken)["figure"] == figure


def test_the_licence_gate_passes_only_where_every_event_has_one():
    assert only(REPORT, "require_license", True)["passed"] is False
    whole = {"licenses": {"events_without_license": 0}}
    assert only(whole, "require_license", True)["passed"] is True


def test_every_gate_is_tried_above():
    assert {name for name, *_ in LIMITS} | {"require_license"} == set(GATES)


@pytest.mark.parametrize("report", [{}, dict.fromkeys(REPORT)])
@pytest.mark.parametrize(
    ("name", "limit"), [*((name, kept) for name, kept, *_ in LIMITS), ("require_license", True)]
)
def test_a_gate_fails_where_the_report_does_not_have_its_figure(report, name, limit):
    verdict = only(report, name, limit)
    assert (verdict["passed"], verdict["figure"]) == (False, None)
    assert "does not have this figure" in verdict["sentence"]


def test_a_gate_fails_on_a_figure_that_is_not_a_number():
    for figure in (float("nan"), "0", True, float("inf")):
        assert only({"duplicates": {"rate": figure}}, "max_duplicate_rate", 1)["passed"] is False


def test_a_label_that_the_report_does_not_know_fails():
    assert only(REPORT, "min_count", {"cowbell": 0})["passed"] is False


def test_a_split_without_events_has_the_figure_zero():
    verdict = only(REPORT, "min_events_per_split", {"test": 10})
    assert (verdict["passed"], verdict["figure"]) == (False, 0)


def test_each_label_has_its_own_verdict_and_the_sentence_says_what_to_do():
    kick, crash2 = check_gates(REPORT, {"min_count": {"kick": 10, "crash2": 200}})
    assert (kick["gate"], kick["passed"]) == ("min_count.kick", True)
    assert crash2["gate"] == "min_count.crash2"
    assert crash2["sentence"] == (
        "The manifest has 0 hits of crash2; 200 are wanted. "
        "Add a source set that has more of them, or look for them among the dropped hits."
    )


def test_missing_labels_and_unknown_labels_are_named():
    assert (
        "Missing: crash2, china."
        in only(REPORT, "required_labels", ["kick", "crash2", "china"])["sentence"]
    )
    assert "(BOGUS_LABEL)" in only(REPORT, "max_unknown_labels", 0)["sentence"]


def test_an_unknown_gate_is_refused_with_the_allowed_names():
    with pytest.raises(ValueError, match=r"unknown gate 'max_dups'; the gates are .*min_count"):
        check_gates(REPORT, {"max_dups": 0})


def test_no_gate_at_all_is_refused():
    with pytest.raises(ValueError, match="there is no gate to check"):
        check_gates(REPORT, {})


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("max_quarantined", "0"),
        ("max_quarantined", -1),
        ("max_quarantined", True),
        ("max_duplicate_rate", 5),
        ("max_duplicate_rate", float("nan")),
        ("min_count", 500),
        ("min_count", {}),
        ("min_count", {"kick": None}),
        ("required_labels", []),
        ("required_labels", "kick"),
        ("require_license", False),
    ],
)
def test_a_limit_of_the_wrong_kind_is_refused_by_the_name_of_its_gate(name, limit):
    with pytest.raises(ValueError, match=f"^{name}"):
        check_gates(REPORT, {name: limit})


@pytest.fixture(scope="module")
def validator():
    schema = yaml.safe_load((ROOT / "workflow/schemas/gates.schema.yaml").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_schema_and_library_have_the_same_gates_each_with_a_description(validator):
    assert set(validator.schema["properties"]) == set(GATES)
    assert all(entry["description"] for entry in validator.schema["properties"].values())


@pytest.mark.parametrize("name", ["basic", "production"])
def test_the_gates_of_the_house_fit_the_schema_and_name_labels_of_the_taxonomy(name, validator):
    gates = yaml.safe_load((ROOT / f"resources/gates/{name}.yaml").read_text())
    validator.validate(gates)
    taxonomy = ROOT / "resources/taxonomy"
    labels = yaml.safe_load((taxonomy / "components.yaml").read_text())
    techniques = yaml.safe_load((taxonomy / "techniques.yaml").read_text())
    assert {*gates["min_count"], *gates.get("required_labels", ())} <= set(labels)
    assert set(gates.get("required_techniques", ())) <= set(techniques)
    assert set(gates) <= set(GATES)


def test_production_asks_for_what_the_peer_asks_for():
    gates = yaml.safe_load((ROOT / "resources/gates/production.yaml").read_text())
    floor = {"kick": 500, "snare": 500, "hihat_closed": 500, "hihat_open": 300, "crash": 200}
    floor |= {"crash2": 200, "tom_low": 200}
    assert {label: gates["min_count"][label] for label in floor} == floor
    assert gates["max_duplicate_rate"] <= 0.005


@pytest.mark.parametrize("gates", [{"max_dups": 0}, {}, {"max_duplicate_rate": 2}])
def test_the_schema_refuses_what_the_library_refuses(gates, validator):
    assert not validator.is_valid(gates)


def test_a_failing_gate_stops_with_its_sentence_unless_it_is_only_reported():
    verdicts = check_gates(REPORT, {"max_quarantined": 2, "max_leaked_groups": 5})
    with pytest.raises(ValueError, match=r"1 of 2 gates fail for prod:\n  max_quarantined: 3 "):
        enforce_gates(verdicts, manifest="prod", mode="enforce")
    assert enforce_gates(verdicts, manifest="prod", mode="report")["failed"] == ["max_quarantined"]


def test_where_every_gate_passes_none_is_named():
    verdicts = check_gates(REPORT, {"max_leaked_groups": 5})
    assert enforce_gates(verdicts, manifest="prod", mode="enforce")["failed"] == []
