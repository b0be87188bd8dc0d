"""Rules of a weights profile beyond the classes: bounds, shares, groups and copies."""

import json
import math
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.sampling.kinds import clamp_of
from drumcorpus.stages.sampling.settings import SamplingSettings
from drumcorpus.stages.sampling.weights import derive_weights, write_event_weights

PLAIN = {
    "split": "train",
    "exponent": 0.0,
    "smoothing": 0.0,
    "floor": 0.0,
    "ceiling": 1e9,
    "class_bounds": {},
    "session_cap": None,
    "one_shot_cap": None,
    "group_field": "session",
    "technique_factors": {},
    "source_set_shares": {},
    "dedupe_fields": (),
}
LABELS = ["kick", "snare", "crash", "crash2"]


def events(*groups):
    """Events from (n, labels, changes): `n` events of these labels."""
    rows = []
    for n, labels, changes in groups:
        for _ in range(n):
            row = {"event_id": f"e{len(rows):06d}", "source_set": "egmd", "session_id": "s1"}
            row |= {"split": "train", "techniques": [], "onset_time": float(len(rows))}
            row["components"] = [{"label": label} for label in labels]
            rows.append(row | changes)
    return pa.Table.from_pylist(rows, EVENTS)


def weigh_in(folder, table, **rules):
    """What is derived, and the weight of every event, of rules that differ from `PLAIN`."""
    path, written = folder / "m.parquet", folder / "w.parquet"
    write_table(path, table)
    report = derive_weights([path], SamplingSettings(**(PLAIN | rules)), profile="mine")
    report = json.loads(canonical_json(report))
    write_event_weights(written, [path], report)
    rows = pq.read_table(written).to_pylist()
    return report, {row["event_id"]: row["weight"] for row in rows}


@pytest.fixture
def weigh(tmp_path):
    return lambda table, **rules: weigh_in(tmp_path, table, **rules)


def sums_by(table, weights, column):
    sums = defaultdict(float)
    for row in table.select(["event_id", column]).to_pylist():
        sums[row[column]] += weights.get(row["event_id"], 0.0)
    return dict(sums)


def test_a_class_weighs_at_least_its_least_and_the_mean_stays_1(weigh):
    table = events((90, ["kick"], {}), (10, ["kick", "crash2"], {}))
    report, weights = weigh(table, class_bounds={"crash2": {"min": 4.0}})
    assert weights["e000090"] == 4.0
    assert weights["e000000"] == pytest.approx(60 / 90)
    assert sum(weights.values()) == pytest.approx(100)
    effect = {"n_events": 10, "n_at_min": 10, "n_at_max": 0, "n_below_min": 0}
    assert report["class_bounds"] == {"crash2": effect}
    assert report["n_touched"]["class_bounds"] == 10
    assert report["classes"]["crash2"]["share_after"] == pytest.approx(40 / 140)


def test_a_class_weighs_at_most_its_largest(weigh):
    table = events((98, ["kick"], {}), (2, ["crash2"], {}))
    rare, _ = weigh(table, exponent=1.0)
    assert rare["classes"]["crash2"]["weight"] == 25
    report, weights = weigh(table, exponent=1.0, class_bounds={"crash2": {"min": 2.0, "max": 8.0}})
    assert weights["e000098"] == 8.0
    assert weights["e000000"] == pytest.approx(84 / 98)
    assert report["class_bounds"]["crash2"]["n_at_max"] == 2


def test_bounds_are_those_of_the_component_that_the_weight_comes_from(weigh):
    table = events((80, ["kick"], {}), (10, ["kick", "crash"], {}), (10, ["crash"], {}))
    _, weights = weigh(table, exponent=1.0, class_bounds={"kick": {"max": 0.5}})
    assert weights["e000080"] == weights["e000090"] > 1
    assert max(weights[f"e{n:06d}"] for n in range(80)) == 0.5


def test_a_technique_cannot_take_an_event_out_of_the_bounds(weigh):
    loud = {"techniques": ["flam"]}
    table = events((90, ["kick"], {}), (5, ["crash"], {}), (5, ["crash"], loud))
    bounds = {"crash": {"max": 3.0}}
    report, weights = weigh(table, class_bounds=bounds, technique_factors={"flam": 50.0})
    assert weights["e000095"] == 3.0
    assert weights["e000090"] < 1
    assert report["n_touched"]["technique_factors"] == 5


def test_bounds_that_the_mean_forbids_are_refused(weigh):
    table = events((10, ["kick"], {}), (90, ["crash"], {}))
    with pytest.raises(
        ValueError,
        match=r"^config: weights\.mine\.class_bounds: .*mean event would weigh 1\.8.*lower min",
    ):
        weigh(table, class_bounds={"crash": {"min": 2.0}})
    bounds = {"crash": {"max": 0.5}, "kick": {"max": 0.5}}
    with pytest.raises(ValueError, match=r"largest weights alone .* 0\.5.*raise max"):
        weigh(table, class_bounds=bounds)


def test_source_sets_have_the_shares_that_are_asked_for(weigh):
    sets = [(60, "egmd"), (30, "slakh2100"), (10, "groove_mididataset"), (20, "mdb_drums")]
    table = events(*((n, ["kick"], {"source_set": name}) for n, name in sets))
    shares = {"slakh2100": 0.4, "groove_mididataset": 0.2}
    report, weights = weigh(table, source_set_shares=shares)
    of_sets = report["source_sets"]
    after = {name: of_set["share_after"] for name, of_set in of_sets.items()}
    # What is left, 0.4, is shared as 60 to 20.
    wanted = {"egmd": 0.3, "mdb_drums": 0.1, "slakh2100": 0.4, "groove_mididataset": 0.2}
    assert after == pytest.approx(wanted)
    assert sum(weights.values()) == pytest.approx(120)
    assert of_sets["egmd"]["share_before"] == 0.5
    assert {name: of_set["share_wanted"] for name, of_set in of_sets.items()} == after
    assert of_sets["slakh2100"]["factor"] == pytest.approx(0.4 * 120 / 30)
    assert of_sets["slakh2100"]["effective_sample_size"] == 30
    assert report["n_touched"]["source_set_shares"] == 120


def test_a_share_that_the_caps_forbid_makes_the_epoch_shorter_and_not_the_share_smaller(weigh):
    table = events(
        (100, ["kick"], {}), *((10, ["kick"], {"source_set": "b", "session_id": s}) for s in "xy")
    )
    report, weights = weigh(table, source_set_shares={"b": 0.5}, session_cap=12.0)
    sums = sums_by(table, weights, "session_id")
    assert max(sums.values()) <= 12 * (1 + 1e-8)
    shares = sums_by(table, weights, "source_set")
    assert shares["b"] / sum(shares.values()) == pytest.approx(0.5, abs=1e-6)
    assert report["epoch_draws"] == pytest.approx(24)  # before shares: 12 + 10 + 10
    assert report["source_sets"]["b"]["share_after"] == pytest.approx(0.5)


def test_a_set_without_events_of_the_split_leaves_its_share_to_the_others(weigh):
    table = events((60, ["kick"], {}), (40, ["kick"], {"source_set": "b"}))
    report, _ = weigh(table, source_set_shares={"b": 0.2, "slakh2100": 0.3})
    assert report["shares_without_events"] == ["slakh2100"]
    assert report["source_sets"]["egmd"]["share_after"] == pytest.approx(0.8)
    alone, _ = weigh(table, source_set_shares={"b": 0.2, "egmd": 0.3})
    assert alone["source_sets"]["b"]["share_after"] == pytest.approx(0.4)


def test_shares_that_leave_nothing_for_a_set_are_refused(weigh):
    table = events((60, ["kick"], {}), (40, ["kick"], {"source_set": "b"}))
    with pytest.raises(ValueError, match=r"weights\.mine\.source_set_shares: b .*left for egmd"):
        weigh(table, source_set_shares={"b": 1.0})


def test_shares_that_the_least_weights_forbid_are_refused(weigh):
    crashes = {"source_set": "b", "session_id": "t"}
    table = events((70, ["kick"], {}), (30, ["crash"], crashes))
    rules = {"class_bounds": {"crash": {"min": 2.0}}, "source_set_shares": {"b": 0.1}}
    with pytest.raises(ValueError, match=r"b is to have 0\.1 of 100 draws, .* come to 60"):
        weigh(table, **rules)


@pytest.mark.parametrize(
    ("field", "column"),
    [("performance", "group_id"), ("kit", "kit_id"), ("drummer", "drummer_id")],
)
def test_the_cap_bounds_the_group_that_is_asked_for(weigh, field, column):
    takes = [{"session_id": f"take{i}", column: "one"} for i in range(5)]
    table = events(
        *((20, ["kick"], take) for take in takes), (30, ["kick"], {"session_id": "alone"})
    )
    report, weights = weigh(table, group_field=field, session_cap=25.0)
    sums = sums_by(table, weights, column)
    assert sums == pytest.approx({"one": 25, None: 25})
    assert report["group_factors"] == {"egmd": {"one": 0.25}}
    assert report["session_factors"] == {"egmd": {"alone": pytest.approx(25 / 30)}}
    assert report["n_sessions_capped"] == 6
    assert report["groups"]["field"] == field
    assert (report["groups"]["n"], report["groups"]["n_capped"]) == (2, 2)
    assert report["groups"]["largest_share_before"] == pytest.approx(100 / 130)
    assert report["groups"]["largest_share_after"] == 0.5
    by_session, _ = weigh(table, session_cap=25.0)
    assert by_session["n_sessions_capped"] == 1
    assert by_session["group_factors"] == {}


def test_groups_of_one_name_in_two_sets_are_two(weigh):
    both = [{"source_set": s, "session_id": s, "kit_id": "acoustic"} for s in "ab"]
    table = events(*((20, ["kick"], place) for place in both))
    report, _ = weigh(table, group_field="kit", session_cap=10.0)
    assert report["group_factors"] == {"a": {"acoustic": 0.5}, "b": {"acoustic": 0.5}}


def test_copies_share_the_weight_of_one_event(weigh):
    kits = [{"session_id": f"kit{i}", "group_id": "p", "kit_id": str(i)} for i in range(4)]
    rows = [
        (1, labels, kit | {"onset_time": onset})
        for kit in kits
        for onset, labels in ((0.5, ["kick"]), (1.0, ["kick", "snare"]))
    ]
    table = events(*rows, (2, ["crash"], {"group_id": "q"}))
    fields = ("group_id", "onset_time", "labels")
    report, weights = weigh(table, dedupe_fields=fields)
    assert [weights[f"e{n:06d}"] for n in range(8)] == [0.25] * 8
    assert weights["e000008"] == weights["e000009"] == 1.0
    assert report["epoch_draws"] == report["n_distinct_events"] == 4
    assert report["n_touched"]["dedupe_fields"] == 8
    assert report["classes"]["crash"]["share_before"] == pytest.approx(2 / 14)
    assert report["classes"]["crash"]["share_after"] == pytest.approx(2 / 5)
    total, squares = sum(weights.values()), sum(w * w for w in weights.values())
    assert report["effective_sample_size"] == pytest.approx(total**2 / squares)
    once, _ = weigh(table, dedupe_fields=fields, exponent=1.0)
    # Four copies count as one: kick 2 hits, snare 1, crash 2.
    of = {label: own["weight"] for label, own in once["classes"].items()}
    assert of["snare"] / of["kick"] == pytest.approx(2)
    assert of["crash"] == of["kick"]


@pytest.mark.parametrize("n_copies", [1, 300], ids=["alone", "copies"])
def test_copies_do_not_move_the_median_of_the_clamp(weigh, n_copies):
    # 100 kicks, 100 snares, and one crash2 that many kits repeat.
    played = (100, ["kick"], {}), (100, ["snare"], {})
    place = {"group_id": "p", "onset_time": 0.5}
    kits = [(1, ["crash2"], place | {"session_id": f"kit{i}"}) for i in range(n_copies)]
    rules = {"exponent": 1.0, "floor": 0.1, "ceiling": 2.0}
    fields = ("group_id", "onset_time", "labels")
    report, weights = weigh(events(*played, *kits), dedupe_fields=fields, **rules)
    # Classes weigh 67 / 100 and 67, of mean 1 over 201 hits; the median event is a kick or a snare.
    clamp = report["clamp"]
    assert [clamp[key] for key in ("median", "low", "high")] == [0.67, 0.067, 1.34]
    assert (clamp["n_at_floor"], clamp["n_at_ceiling"]) == (0, n_copies)
    of_crash = sum(weights[f"e{number:06d}"] for number in range(200, 200 + n_copies))
    assert of_crash / weights["e000000"] == pytest.approx(2.0)


@given(st.lists(st.tuples(st.floats(0.01, 100), st.integers(1, 1000)), min_size=1, max_size=12))
def test_without_copies_the_median_is_that_of_the_events(kinds):
    raw, n = (np.array(column) for column in zip(*kinds, strict=True))
    clamp = clamp_of(raw, n, n.astype(float), SamplingSettings(**PLAIN))
    assert clamp["median"] == float(f"{np.median(np.repeat(raw, n)):.9g}")


def test_sets_share_all_draws_where_the_other_has_no_event_of_the_split(weigh):
    shares = {"a": 0.6, "b": 0.4}
    groups = [(n, ["kick"], {"source_set": name}) for name, n in (("a", 5), ("b", 15))]
    held_out = (7, ["kick"], {"source_set": "c", "split": "test"})
    report, _ = weigh(events(*groups, held_out), source_set_shares=shares)
    after = {name: own["share_after"] for name, own in report["source_sets"].items()}
    assert after == pytest.approx(shares)
    with pytest.raises(ValueError, match=r"nothing is left for c\. Name these too, or ask for "):
        weigh(events(*groups, (1, ["kick"], {"source_set": "c"})), source_set_shares=shares)


@pytest.mark.parametrize(
    ("change", "is_copy"),
    [
        ({"onset_time": 1.0000004}, True),
        ({"onset_time": 1.001}, False),
        ({"components": [{"label": "snare"}, {"label": "kick"}]}, True),
        ({"components": [{"label": "snare"}]}, False),
        ({"group_id": None}, False),
        ({"group_id": "other"}, False),
        ({"kit_id": "other"}, True),
    ],
    ids=["last bits", "a millisecond", "order", "labels", "no group", "group", "kit"],
)
def test_copies_are_equal_in_all_fields(weigh, change, is_copy):
    same = {"group_id": "p", "onset_time": 1.0}
    table = events((1, ["kick", "snare"], same), (1, ["kick", "snare"], same | change))
    _, weights = weigh(table, dedupe_fields=("group_id", "onset_time", "labels"))
    assert list(weights.values()) == ([0.5, 0.5] if is_copy else [1.0, 1.0])


def test_copies_are_told_over_tables_whose_names_have_other_codes(tmp_path):
    paths = [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    place = {"group_id": "p", "onset_time": 1.0}
    write_table(paths[0], events((1, ["kick"], place), (1, ["snare"], {})))
    write_table(paths[1], events((1, ["snare"], {}), (1, ["kick"], place | {"session_id": "s2"})))
    rules = SamplingSettings(**(PLAIN | {"dedupe_fields": ("group_id", "onset_time", "labels")}))
    report = derive_weights(paths, rules, profile="mine")
    assert report["n_distinct_events"] == 3
    write_event_weights(tmp_path / "w.parquet", paths, report)
    assert pq.read_table(tmp_path / "w.parquet")["weight"].to_pylist() == [0.5, 1.0, 1.0, 0.5]


def test_several_splits_are_weighted_together(weigh):
    other = {"split": "validation", "session_id": "v"}
    table = events((6, ["kick"], {}), (2, ["crash"], other), (9, ["kick"], {"split": "test"}))
    report, weights = weigh(table, split=("train", "validation"), exponent=1.0)
    assert len(weights) == 8
    assert report["split"] == ["train", "validation"]
    assert report["splits"] == {
        "train": {"n_events": 6, "share_before": 0.75, "share_after": 0.5},
        "validation": {"n_events": 2, "share_before": 0.25, "share_after": 0.5},
    }


def test_the_product_names_its_profile_and_all_rules(weigh):
    report, _ = weigh(events((1, ["kick"], {})))
    assert report["profile"] == "mine"
    rules = {key: value for key, value in PLAIN.items() if key != "split"}
    assert report["settings"] == rules | {"dedupe_fields": []}


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"class_bounds": {"crash": {"min": 3.0, "max": 2.0}}}, "class_bounds: crash"),
        ({"source_set_shares": {"a": 0.7, "b": 0.4}}, "together at most 1"),
        ({"source_set_shares": {"a": 0.0}}, "each above 0"),
        ({"group_field": "band"}, "allowed: session, performance, kit, drummer"),
        ({"dedupe_fields": ("velocity",)}, "dedupe_fields: 'velocity'; allowed: source_set"),
    ],
    ids=["bounds", "more than all", "nothing", "group", "field"],
)
def test_a_rule_out_of_its_range_is_refused(weigh, rules, words):
    with pytest.raises(ValueError, match=words):
        weigh(events((1, ["kick"], {})), **rules)


@st.composite
def corpora(draw):
    """(table, rules): some sessions of three sets, and rules of every kind."""
    groups = []
    for number in range(draw(st.integers(1, 8))):
        place = {
            "source_set": draw(st.sampled_from(["a", "b", "c"])),
            "session_id": f"s{number}",
            "kit_id": draw(st.sampled_from([None, "k1", "k2"])),
        }
        for _ in range(draw(st.integers(1, 4))):
            labels = draw(st.lists(st.sampled_from(LABELS), max_size=3))
            style = draw(st.sampled_from([None, "one_shot"]))
            groups.append((draw(st.integers(1, 60)), labels, place | {"style": style}))
    caps = st.none() | st.floats(0.5, 100)
    least = draw(st.floats(0, 1))
    bounds = {"crash2": {"min": least, "max": draw(st.floats(max(least, 1), 9))}}
    return events(*groups), {
        "exponent": draw(st.floats(0, 1.5)),
        "smoothing": draw(st.floats(0, 50)),
        "floor": draw(st.floats(0.01, 1)),
        "ceiling": draw(st.floats(1, 20)),
        "session_cap": draw(caps),
        "one_shot_cap": draw(caps),
        "group_field": draw(st.sampled_from(["session", "kit"])),
        "class_bounds": draw(st.sampled_from([{}, bounds])),
        "source_set_shares": draw(st.sampled_from([{}, {"a": 0.5}, {"a": 0.1, "b": 0.6}])),
    }


@settings(max_examples=60, deadline=None)
@given(corpora())
def test_shares_bounds_caps_and_the_mean_hold_together(tmp_path_factory, corpus):
    table, rules = corpus
    try:
        report, weights = weigh_in(tmp_path_factory.mktemp("w"), table, **rules)
    except ValueError as error:  # only where the least weights of crash2 forbid its set's share
        assert "source_set_shares" in str(error) and rules["class_bounds"]
        return
    values = list(weights.values())
    assert len(values) == len(table) == report["n_events"]
    assert all(0 < value < math.inf for value in values)
    assert sum(values) == pytest.approx(report["epoch_draws"], rel=1e-7)
    assert sum(values) <= len(table) * (1 + 1e-7)
    free = rules["session_cap"] is None and rules["one_shot_cap"] is None
    if free and not rules["source_set_shares"]:
        assert sum(values) / len(values) == pytest.approx(1, rel=1e-7)
    sums = sums_by(table, weights, "source_set")
    for name, of_set in report["source_sets"].items():
        assert sums[name] / sum(values) == pytest.approx(of_set["share_after"], abs=1e-6)
        if of_set["share_wanted"] is not None:
            assert of_set["share_after"] == pytest.approx(of_set["share_wanted"], abs=1e-6)
    named = {n: s for n, s in rules["source_set_shares"].items() if n in sums}
    if named and set(sums) - set(named):
        after = {n: report["source_sets"][n]["share_after"] for n in named}
        assert after == pytest.approx(named, abs=1e-6)
    of_groups, n_below = defaultdict(float), 0
    weight_of = {label: own["weight"] for label, own in report["classes"].items()}
    for row in table.to_pylist():
        weight = weights[row["event_id"]]
        kit = row["kit_id"] if rules["group_field"] == "kit" else None
        group = (row["source_set"], kit or row["session_id"])
        of_groups[group] += weight
        labels = [component["label"] for component in row["components"]]
        largest = max((weight_of[label] for label in labels), default=None)
        heaviest = {label for label in labels if weight_of[label] == largest}
        if rules["class_bounds"] and heaviest == {"crash2"}:
            bounds = rules["class_bounds"]["crash2"]
            assert weight <= bounds["max"] * (1 + 1e-8)
            n_below += weight < bounds["min"] * (1 - 1e-8)
    if rules["session_cap"] is not None:
        assert max(of_groups.values()) <= rules["session_cap"] * (1 + 1e-7)
    if rules["class_bounds"]:
        assert report["class_bounds"]["crash2"]["n_below_min"] >= n_below
        assert free is False or n_below == 0
