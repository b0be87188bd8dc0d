"""Every gate can fail and can pass, and none passes without its figure."""

from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml
from checkout import REPO

from drumcorpus.ground.files.schema_check import typed
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.state import day_of_planning
from drumcorpus.stages.gates.gates import (
    EXPORT_GATES,
    GATES,
    RELEASE_GATES,
    check_gates,
    enforce_gates,
)
from drumcorpus.stages.gates.waivers import check_waivers, expired_waivers

ROOT = REPO

REPORT = {
    "labels": {
        "kick": {"total": 500, "real": 300, "by_split": {"train": 200}},
        "crash2": {"total": 0, "real": 0, "by_split": {}},
    },
    "techniques": {"ghost_note": {"total": 3}},
    "unknown_labels": {"BOGUS_LABEL": 2},
    "duplicates": {"rate": 0.01},
    "quarantine": {"files": 3},
    "drops": {"unexplained_hits": 4},
    "group_leaks": {"groups": 5},
    "splits": {"train": 100},
    "licenses": {"events_without_license": 6, "by_license": {"MIT": 90, "CC0-1.0": 4}},
    "audio": {"share_without_audio": 0.25},
    "audit": {"n_findings": 7, "n_differences": 8, "baseline": "blessed"},
    "drift": {"n_drifted": 2, "drifted": ["egmd: snare is gone."] * 2, "baseline": "blessed"}
    | {"n_lost_classes": 1, "lost_classes": ["egmd: snare, 12 hits when blessed"]},
    "loudness_drift": {
        "baseline": "blessed",
        "largest_lu": 2.5,
        "by_source_set": {"egmd": -2.5, "slakh2100": 0.25},
    },
    "leaks": {"families": 9},
    "unreadable": {"sessions": 11, "examples": {"egmd": ["a", "b"]}},
    "sessions": {"channels_cancel": {"sessions": 11}},
    "completeness": {
        "source_sets": {
            "mdb": {"state": "complete", "says": "complete"},
            "egmd": {"state": "partial", "says": "partial: sessions 3 of 4"},
            "slakh": {"state": "larger", "says": "larger: sessions 5 of 4 published"},
            "cambridge": {"state": "unknown", "says": "unknown: sessions: no total"},
        }
    },
    "composition": {
        "synthetic_share": 0.4,
        "model_label_share": 0.35,
        "largest_source_set": "egmd",
        "largest_source_set_share": 0.6,
    },
    "audio_checks": {
        "loudness_span_lu": 12.5,
        "hit_span_db": 21.5,
        "hit_span_family": "snare",
        "outlier_share": 0.025,
        "clipped_share": 0.03,
        "silent_share": 0.01,
        "dc_share": 0.02,
        "unmeasured_share": 0.015,
        "timing": {"share_beyond": 0.05},
        "past_end": {"events_past_or_unknown": 10},
    },
}

# gate, limit that REPORT keeps, limit that it breaks, figure
LIMITS = [
    ("min_count", {"kick": 500}, {"kick": 501}, 500),
    ("required_labels", ["kick"], ["crash2"], None),
    ("required_techniques", ["ghost_note"], ["flam"], None),
    ("max_unknown_labels", 2, 1, 2),
    ("max_duplicate_rate", 0.01, 0.009, 0.01),
    ("max_lost_classes", 1, 0, 1),
    ("max_loudness_drift_lu", 2.5, 2.4, 2.5),
    ("max_hit_span_db", 21.5, 21, 21.5),
    ("max_outlier_share", 0.025, 0.02, 0.025),
    ("max_quarantined", 3, 2, 3),
    ("max_unexplained_hits", 4, 3, 4),
    ("max_leaked_groups", 5, 4, 5),
    ("min_events_per_split", {"train": 100}, {"train": 101}, 100),
    ("max_events_without_audio_share", 0.25, 0.2, 0.25),
    ("max_audit_findings", 7, 6, 7),
    ("min_real_count", {"kick": 300}, {"kick": 301}, 300),
    ("min_count_per_split", {"train": {"kick": 200}}, {"train": {"kick": 201}}, 200),
    ("max_leak_families", 9, 8, 9),
    ("max_synthetic_share", 0.4, 0.39, 0.4),
    ("max_model_label_share", 0.35, 0.34, 0.35),
    ("max_source_set_share", 0.6, 0.59, 0.6),
    ("max_loudness_span_lu", 12.5, 12.4, 12.5),
    ("max_clipped_share", 0.03, 0.02, 0.03),
    ("max_silent_share", 0.01, 0.009, 0.01),
    ("max_dc_share", 0.02, 0.01, 0.02),
    ("max_unmeasured_share", 0.015, 0.014, 0.015),
    ("max_unreadable_sessions", 11, 10, 11),
    ("max_timing_beyond_share", 0.05, 0.04, 0.05),
    ("max_past_end_events", 10, 9, 10),
    ("max_channels_cancel", 11, 10, 11),
    ("allowed_licenses", ["MIT", "CC0-1.0"], ["MIT"], 4),
    ("max_audit_differences", 8, 7, 8),
    ("max_drifted_classes", 2, 1, 2),
    ("require_complete", ["mdb"], ["mdb", "egmd", "slakh", "cambridge", "enst"], 4),
]
# Gates whose only limit is true: a report that keeps them, and one that breaks them.
BLESSED = {"audit": {"baseline": "blessed"}, "drift": {"baseline": "blessed"}}
SWITCHES = [
    (
        "require_license",
        {"licenses": {"events_without_license": 0}},
        {"licenses": {"events_without_license": 6}},
        6,
    ),
    ("require_baselines", BLESSED, BLESSED | {"drift": {"baseline": "partly"}}, 1),
]


# Gates on a section that says what there is, by name: empty is not absent.
COUNTED = {
    "required_labels": "labels",
    "required_techniques": "techniques",
    "max_unknown_labels": "unknown_labels",
    "min_events_per_split": "splits",
}


def only(report, name, limit):
    [verdict] = check_gates(report, {name: limit})
    return verdict


@pytest.mark.parametrize(("name", "kept", "broken", "figure"), LIMITS)
def test_a_gate_passes_at_its_limit_and_fails_beyond_it(name, kept, broken, figure):
    assert only(REPORT, name, kept)["passed"] is True
    assert only(REPORT, name, broken)["passed"] is False
    if figure is not None:
        assert only(REPORT, name, broken)["figure"] == figure


@pytest.mark.parametrize(("name", "keeping", "breaking", "figure"), SWITCHES)
def test_a_gate_that_is_there_or_not_passes_and_fails(name, keeping, breaking, figure):
    assert only(keeping, name, True)["passed"] is True
    assert only(breaking, name, True)["passed"] is False
    assert only(breaking, name, True)["figure"] == figure


def test_every_gate_is_tried_above():
    assert {name for name, *_ in [*LIMITS, *SWITCHES]} == set(GATES)


@pytest.mark.parametrize("report", [{}, dict.fromkeys(REPORT), {key: {} for key in REPORT}])
@pytest.mark.parametrize(
    ("name", "limit"),
    [*((name, kept) for name, kept, *_ in LIMITS), *((name, True) for name, *_ in SWITCHES)],
)
def test_a_gate_fails_where_the_report_does_not_have_its_figure(report, name, limit):
    verdict = only(report, name, limit)
    if name in COUNTED and report.get(COUNTED[name]) == {}:
        assert (verdict["figure"], verdict["passed"]) == (0, name == "max_unknown_labels")
        return
    assert verdict["passed"] is False
    assert (verdict["figure"], verdict["status"]) == (None, "FAIL")
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
        "The manifest has 0 hits of crash2; wanted: 200. "
        "Add a source set that has more of them, or look for them among the dropped hits."
    )


def test_missing_labels_and_unknown_labels_are_named():
    assert (
        "Missing: crash2, china."
        in only(REPORT, "required_labels", ["kick", "crash2", "china"])["sentence"]
    )
    assert "(BOGUS_LABEL)" in only(REPORT, "max_unknown_labels", 0)["sentence"]


def test_sessions_that_could_not_be_decoded_are_named_with_how_many_more():
    verdict = only(REPORT, "max_unreadable_sessions", 0)
    assert "(egmd/a, egmd/b, and 6 more): 11; at most 0" in verdict["sentence"]


@pytest.mark.parametrize(
    "wanted", [True, ["cambridge", "egmd", "mdb", "slakh"]], ids=["all", "named"]
)
def test_sets_that_are_not_whole_are_named_with_what_they_lack(wanted):
    verdict = only(REPORT, "require_complete", wanted)
    assert (verdict["figure"], verdict["passed"]) == (3, False)
    assert (
        "(cambridge unknown: sessions: no total; egmd partial: sessions 3 of 4; "
        "slakh larger: sessions 5 of 4 published): 3; none may be there." in verdict["sentence"]
    )


def test_a_set_that_must_be_whole_and_is_not_merged_fails():
    assert "(enst not merged): 1" in only(REPORT, "require_complete", ["enst"])["sentence"]


def test_where_all_sets_are_whole_the_gate_passes_for_all():
    whole = {"source_sets": {name: {"state": "complete"} for name in ("a", "b")}}
    assert only({"completeness": whole}, "require_complete", True)["passed"] is True


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
        ("require_complete", False),
        ("require_complete", []),
        ("require_complete", "egmd"),
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
    assert set(validator.schema["properties"]) == {*GATES, *EXPORT_GATES, *RELEASE_GATES, "waivers"}
    assert all(entry["description"] for entry in validator.schema["properties"].values())


@pytest.mark.parametrize("name", ["basic", "production"])
def test_the_gates_of_the_house_fit_the_schema_and_name_labels_of_the_taxonomy(name, validator):
    gates = yaml.safe_load((ROOT / f"resources/gates/{name}.yaml").read_text())
    validator.validate(gates)
    taxonomy = ROOT / "resources/taxonomy"
    labels = yaml.safe_load((taxonomy / "components.yaml").read_text())
    techniques = yaml.safe_load((taxonomy / "techniques.yaml").read_text())
    named = {
        *gates["min_count"],
        *gates.get("required_labels", ()),
        *gates.get("min_real_count", ()),
    }
    named |= {
        label for of_split in gates.get("min_count_per_split", {}).values() for label in of_split
    }
    assert named <= set(labels)
    assert set(gates.get("required_techniques", ())) <= set(techniques)
    assert set(gates) <= {*GATES, *EXPORT_GATES, *RELEASE_GATES, "waivers"}


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
    with pytest.raises(
        ValueError,
        match=r"1 of 2 gates fail for prod:\n  max_quarantined: Raw files in quarantine: 3",
    ):
        enforce_gates(verdicts, of="prod", figures="f.html", mode="enforce")
    assert enforce_gates(verdicts, of="prod", figures="f.html", mode="report")["failed"] == [
        "max_quarantined"
    ]


def test_where_every_gate_passes_none_is_named():
    verdicts = check_gates(REPORT, {"max_leaked_groups": 5})
    assert enforce_gates(verdicts, of="prod", figures="f.html", mode="enforce")["failed"] == []


# What may fail for a while.

WAIVER = {
    "gate": "max_quarantined",
    "reason": "  two files wait for a new upload ",
    "expires": "2027-01-31",
}


def waived(limit, expired=(), **more):
    gates = {"max_quarantined": limit, "waivers": [WAIVER | more]}
    [verdict] = check_gates(REPORT, gates, expired=expired)
    return verdict


def test_a_waived_gate_is_shown_as_waived_with_its_reason_and_never_as_passed():
    verdict = waived(2)
    assert (verdict["status"], verdict["passed"]) == ("WAIVED", False)
    assert verdict["waiver"] == {
        "reason": "two files wait for a new upload",
        "expires": "2027-01-31",
        "state": "in force",
    }
    assert verdict["sentence"].startswith("Raw files in quarantine: 3; at most 2 may be there.")
    assert "Waived until 2027-01-31: two files wait for a new upload" in verdict["sentence"]


def test_an_expired_waiver_fails_and_says_so():
    verdict = waived(2, expired=["max_quarantined"])
    assert (verdict["status"], verdict["passed"]) == ("FAIL", False)
    assert "Its waiver expired on 2027-01-31" in verdict["sentence"]
    with pytest.raises(ValueError, match="Its waiver expired on 2027-01-31"):
        enforce_gates([verdict], of="prod", figures="f.html", mode="enforce")


@pytest.mark.parametrize("expired", [[], ["max_quarantined"]])
def test_a_waiver_of_a_gate_that_passes_is_told_as_unneeded(expired):
    verdict = waived(3, expired=expired)
    assert (verdict["status"], verdict["waiver"]["state"]) == ("PASS", "unneeded")
    assert "not needed any more" in verdict["sentence"]


def test_a_waiver_lets_only_its_own_gate_through():
    gates = {"min_count": {"kick": 501, "crash2": 1}, "max_quarantined": 3}
    gates["waivers"] = [WAIVER | {"gate": "min_count.kick"}, WAIVER]
    verdicts = check_gates(REPORT, gates)
    assert [verdict["status"] for verdict in verdicts] == ["WAIVED", "FAIL", "PASS"]
    with pytest.raises(ValueError, match=r"^1 of 3 gates fail for prod:\n  min_count.crash2: "):
        enforce_gates(verdicts, of="prod", figures="f.html", mode="enforce")
    result = enforce_gates(verdicts, of="prod", figures="f.html", mode="report")
    assert result["failed"] == ["min_count.crash2"]
    assert result["waived"] == ["min_count.kick"]
    assert result["unneeded_waivers"] == ["max_quarantined"]


def test_a_figure_that_is_absent_can_be_waived_too():
    gates = {"max_quarantined": 2, "waivers": [WAIVER]}
    assert check_gates({}, gates)[0]["status"] == "WAIVED"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"gate": "max_duplicates"},
            r"a.yaml: waivers.0.gate: 'max_duplicates' is no gate of this",
        ),
        ({"gate": "max_duplicate_rate"}, r"its gates are max_quarantined, min_count.kick"),
        ({"gate": "min_count"}, r"it has one for each of min_count.kick: name one of them"),
        ({"reason": "because"}, r"a.yaml: waivers.0.reason: got 'because'; say in 10 characters"),
        ({"reason": "          "}, r"waivers.0.reason"),
        ({"expires": "2027-02-30"}, r"waivers.0.expires: got '2027-02-30'; wanted: a day"),
        ({"expires": "31.01.2027"}, r"waivers.0.expires"),
    ],
)
def test_a_waiver_that_cannot_hold_is_refused_by_file_and_key(change, message):
    gates = {"max_quarantined": 2, "min_count": {"kick": 1}, "waivers": [WAIVER | change]}
    with pytest.raises(ValueError, match=message):
        check_waivers(gates, "a.yaml")
    with pytest.raises(ValueError, match=r"waivers\.0"):
        check_gates(REPORT, gates)


def test_a_gate_is_waived_but_once():
    with pytest.raises(ValueError, match=r"waivers\.1\.gate: 'max_quarantined' is waived twice"):
        check_waivers({"max_quarantined": 2, "waivers": [WAIVER, WAIVER]}, "a.yaml")


def test_a_waiver_holds_through_its_last_day():
    gates = {"max_quarantined": 2, "waivers": [WAIVER]}
    assert expired_waivers(gates, "2027-01-31") == []
    assert expired_waivers(gates, "2027-02-01") == ["max_quarantined"]
    with pytest.raises(ValueError, match="gates_as_of: got 'tomorrow'"):
        expired_waivers(gates, "tomorrow")


@pytest.mark.parametrize("key", ["gate", "reason", "expires"])
def test_the_schema_wants_every_part_of_a_waiver(key, validator):
    gates = {"max_quarantined": 2, "waivers": [WAIVER]}
    assert validator.is_valid(gates)
    gates["waivers"][0] = {name: value for name, value in WAIVER.items() if name != key}
    assert not validator.is_valid(gates)


def test_waivers_alone_are_no_gates():
    with pytest.raises(ValueError, match="there is no gate to check"):
        check_gates(REPORT, {"waivers": []})


def test_sentences_name_what_was_found():
    licenses = only(REPORT, "allowed_licenses", ["MIT"])["sentence"]
    assert "Events with a licence that is not allowed (CC0-1.0): 4;" in licenses
    assert "egmd gives 60 % of the hits" in only(REPORT, "max_source_set_share", 0.5)["sentence"]
    assert "(egmd: snare is gone;" in only(REPORT, "max_drifted_classes", 0)["sentence"]


# What is blessed, and what is not yet.


UNBLESSED = {
    "max_audit_differences": ("audit", "n_differences"),
    "max_drifted_classes": ("drift", "n_drifted"),
}


def unblessed(name, limit, **more):
    """The verdict where nothing is blessed, hence nothing differs."""
    section, figure = UNBLESSED[name]
    return only({section: {figure: 0, "drifted": [], "baseline": "none"} | more}, name, limit)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "max_audit_differences",
            "Nothing is blessed yet, so the provenance audit was compared with nothing. Once an "
            "audit is blessed, at most 3 figures may differ from it.",
        ),
        (
            "max_drifted_classes",
            "Nothing is blessed yet, so no distribution was compared. Once they are blessed, at "
            "most 3 classes or spreads may drift from them.",
        ),
    ],
)
def test_where_nothing_is_blessed_a_gate_passes_and_says_that_nothing_was_compared(name, sentence):
    verdict = unblessed(name, 3)
    assert (verdict["passed"], verdict["figure"], verdict["limit"]) == (True, 0, 3)
    assert verdict["sentence"] == sentence


def test_where_nothing_is_blessed_the_gate_on_baselines_fails():
    bare = {"audit": {"baseline": "none"}, "drift": {"baseline": "none"}}
    assert only(bare, "require_baselines", True)["passed"] is False


def test_where_something_is_blessed_the_gates_say_what_was_found():
    assert only(REPORT, "max_audit_differences", 8)["sentence"] == (
        "Figures in which the provenance audit differs from the blessed one: 8; at most 8 may."
    )
    assert only(REPORT, "max_drifted_classes", 2)["sentence"] == (
        "2 classes or spreads have drifted from what is blessed (egmd: snare is gone; egmd: snare "
        "is gone); at most 2 may."
    )


def test_the_gates_on_the_audit_name_the_first_figures_and_count_the_others():
    audit = {
        "n_findings": 1,
        "findings": ["egmd: 3 sessions have no licence (a, b, c)."],
        "n_differences": 7,
        "differences": [f"sets.egmd.figure_{n}: {n} -> none" for n in range(5)],
        "baseline": "blessed",
    }
    assert only({"audit": audit}, "max_audit_findings", 0)["sentence"] == (
        "Findings of the provenance audit: 1 (egmd: 3 sessions have no licence (a, b, c)); at most "
        "0 may stand. Read them in reports/provenance/."
    )
    assert only({"audit": audit}, "max_audit_differences", 0)["sentence"] == (
        "Figures in which the provenance audit differs from the blessed one: 7 "
        "(sets.egmd.figure_0: 0 -> none; sets.egmd.figure_1: 1 -> none; "
        "sets.egmd.figure_2: 2 -> none; sets.egmd.figure_3: 3 -> none; "
        "sets.egmd.figure_4: 4 -> none; and 2 more); at most 0 may. Read them in "
        "reports/provenance/; if they are meant, `snakemake bless`."
    )


def test_source_sets_that_are_not_blessed_are_named_beside_those_that_are():
    found = unblessed(
        "max_drifted_classes", 0, baseline="partly", sets_without_baseline=["egmd", "musdb18_hq"]
    )
    assert found["passed"] is True
    assert found["sentence"] == (
        "0 classes or spreads have drifted from what is blessed; at most 0 may. Not compared, for "
        "nothing of them is blessed yet: egmd, musdb18_hq."
    )


# The day on which waivers are looked at.


def test_a_run_over_midnight_has_one_day(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    today = day_of_planning(is_main=True, works=True)
    assert date.fromisoformat(today) <= date.today()
    Path(".drumcorpus/planned.json").write_text('{"day": "2026-12-31"}')
    assert day_of_planning(is_main=False, works=False) == "2026-12-31"
    assert day_of_planning(is_main=True, works=True) != "2026-12-31"


def test_a_day_is_text_however_it_was_given(tmp_path):
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
    for given in (date(2027, 1, 31), "2027-01-31"):
        assert typed({"gates_as_of": given}, schema) == {"gates_as_of": "2027-01-31"}
    (tmp_path / "gates.yaml").write_text("a: 2027-01-31\nb: '2027-01-31'\n")
    assert read_yaml(tmp_path / "gates.yaml") == {"a": "2027-01-31", "b": "2027-01-31"}
    (tmp_path / "gates.yaml").write_text("a: 2027-01-31\nb: 2027-02-30\n")
    with pytest.raises(ValueError, match=r"gates\.yaml:2:\d+: not YAML: 2027-02-30 is no day"):
        read_yaml(tmp_path / "gates.yaml")


@pytest.mark.parametrize(
    ("gate", "named"),
    [
        ("max_lost_classes", "(egmd: snare, 12 hits when blessed)"),
        ("max_loudness_drift_lu", "(egmd -2.5 LU)"),
        ("max_hit_span_db", "(snare)"),
    ],
)
def test_what_has_moved_is_named(gate, named):
    [verdict] = check_gates(REPORT, {gate: 0.5})
    assert verdict["status"] == "FAIL"
    assert named in verdict["sentence"]


@pytest.mark.parametrize(
    ("gate", "section", "figure"),
    [
        ("max_lost_classes", "drift", {"n_lost_classes": 0, "lost_classes": []}),
        ("max_loudness_drift_lu", "loudness_drift", {"largest_lu": 0.0, "by_source_set": {}}),
    ],
)
def test_where_nothing_is_blessed_nothing_has_moved_and_the_sentence_says_so(gate, section, figure):
    [verdict] = check_gates(REPORT | {section: figure | {"baseline": "none"}}, {gate: 0})
    assert verdict["passed"]
    assert verdict["sentence"].startswith("Nothing is blessed yet")
