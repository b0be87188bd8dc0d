import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.sampling.settings import SamplingSettings
from drumcorpus.stages.sampling.weights import (
    derive_weights,
    weigh_events,
    write_event_weights,
)

NEUTRAL = {
    "exponent": 0.0,
    "smoothing": 0.0,
    "floor": 0.0,
    "ceiling": 1e9,
    "session_cap": None,
    "one_shot_cap": None,
    "technique_factors": {},
    "class_bounds": {},
    "group_field": "session",
    "source_set_shares": {},
    "dedupe_fields": (),
}


def events(*groups):
    """Events from (n, labels, changes): `n` events of these labels."""
    rows = []
    for n, labels, changes in groups:
        for _ in range(n):
            row = {"event_id": f"e{len(rows):06d}", "source_set": "egmd", "session_id": "s1"}
            row |= {"split": "train", "techniques": []}
            row["components"] = [{"label": label} for label in labels]
            rows.append(row | changes)
    return pa.Table.from_pylist(rows, EVENTS)


@pytest.fixture
def weigh(tmp_path):
    """Weights (report, weight by event) of a table of events."""

    def weigh(table, **settings):
        write_table(tmp_path / "m.parquet", table)
        settings = SamplingSettings(**({"split": "train"} | NEUTRAL | settings))
        report, read = weigh_events([tmp_path / "m.parquet"], settings, profile="default")
        write_event_weights(tmp_path / "w.parquet", [tmp_path / "m.parquet"], report, read)
        rows = pq.read_table(tmp_path / "w.parquet").to_pylist()
        return report, {row["event_id"]: row["weight"] for row in rows}

    return weigh


def test_exponent_0_draws_every_event_equally_often(weigh):
    report, weights = weigh(events((9, ["kick"], {}), (1, ["crash"], {})))
    assert set(weights.values()) == {1.0}
    assert report["classes"]["kick"]["share_after"] == 0.9


def test_exponent_1_draws_the_classes_equally_often(weigh):
    report, weights = weigh(events((9, ["kick"], {}), (1, ["crash"], {})), exponent=1.0)
    assert weights["e000000"] == pytest.approx(10 / 18)
    assert weights["e000009"] == pytest.approx(5.0)
    assert report["classes"] == {
        "kick": {"n_hits": 9, "share_before": 0.9, "share_after": 0.5}
        | {"effective_count": 5.0, "weight": 0.555555556},
        "crash": {"n_hits": 1, "share_before": 0.1, "share_after": 0.5}
        | {"effective_count": 5.0, "weight": 5.0},
    }


def test_class_weights_have_mean_1_over_the_hits(weigh):
    table = events((70, ["kick"], {}), (25, ["snare", "kick"], {}), (5, ["crash"], {}))
    classes = weigh(table, exponent=0.5, smoothing=10.0)[0]["classes"].values()
    n_hits = sum(one["n_hits"] for one in classes)
    assert n_hits == 125
    assert sum(one["n_hits"] * one["weight"] for one in classes) / n_hits == pytest.approx(1)


def test_smoothing_tempers_the_rarest_class(weigh):
    table = events((99, ["kick"], {}), (1, ["crash"], {}))
    classes = weigh(table, exponent=1.0, smoothing=1.0)[0]["classes"]
    assert classes["crash"]["weight"] / classes["kick"]["weight"] == pytest.approx(100 / 2)


def test_an_event_has_the_weight_of_its_rarest_component(weigh):
    table = events((8, ["kick"], {}), (1, ["kick", "crash"], {}), (1, ["crash", "kick"], {}))
    _, weights = weigh(table, exponent=1.0)
    assert weights["e000008"] == weights["e000009"]
    assert weights["e000008"] / weights["e000000"] == pytest.approx(10 / 2)


def test_technique_factors_multiply(weigh):
    table = events(
        (4, ["kick"], {}),
        (1, ["kick"], {"techniques": ["flam"]}),
        (1, ["kick"], {"techniques": ["flam", "choke", "other"]}),
    )
    _, weights = weigh(table, technique_factors={"flam": 2.0, "choke": 3.0})
    assert weights["e000004"] / weights["e000000"] == pytest.approx(2)
    assert weights["e000005"] / weights["e000000"] == pytest.approx(6)


def test_an_event_without_components_weighs_as_much_as_the_mean_hit(weigh):
    table = events((9, ["kick"], {}), (1, [], {"negative_example": True}))
    _, weights = weigh(table, exponent=0.5)
    assert weights["e000009"] == weights["e000000"] == 1.0


def test_the_clamp_holds_and_says_how_many_events_it_touched(weigh):
    table = events((90, ["kick"], {}), (9, ["snare"], {}), (1, ["crash"], {}))
    report, weights = weigh(table, exponent=1.0, ceiling=20.0)
    clamp = report["clamp"]
    assert (clamp["n_at_floor"], clamp["n_at_ceiling"], clamp["share"]) == (0, 1, 0.01)
    assert weights["e000099"] / weights["e000000"] == pytest.approx(20)
    assert weights["e000090"] / weights["e000000"] == pytest.approx(10)


def test_a_clamp_that_makes_the_exponent_inert_is_seen(weigh):
    table = events((40, ["kick"], {}), (60, ["snare"], {}))
    report, weights = weigh(table, exponent=2.0, floor=1.0, ceiling=1.0)
    assert set(weights.values()) == {1.0}
    assert (report["clamp"]["n_at_ceiling"], report["clamp"]["share"]) == (40, 0.4)


def test_no_session_has_more_expected_draws_than_the_cap(weigh):
    table = events((80, ["kick"], {}), *[(10, ["kick"], {"session_id": f"t{i}"}) for i in (1, 2)])
    report, weights = weigh(table, session_cap=20.0)
    drawn = {"s1": 0.0, "t1": 0.0, "t2": 0.0}
    for row in table.select(["event_id", "session_id"]).to_pylist():
        drawn[row["session_id"]] += weights[row["event_id"]]
    assert drawn == pytest.approx({"s1": 20, "t1": 10, "t2": 10})
    assert report["session_factors"] == {"egmd": {"s1": 0.25}}
    assert report["n_sessions_capped"] == 1
    assert report["epoch_draws"] == 40
    assert report["largest_session_share_before"] == 0.8
    assert report["largest_session_share_after"] == 0.5


def test_a_pack_of_one_shots_does_not_outweigh_played_music(weigh):
    pack = {"session_id": "pack", "style": "one_shot"}
    table = events((80, ["kick"], {}), (80, ["kick"], pack), (5, ["kick"], {"style": "rock"}))
    report, _ = weigh(table, one_shot_cap=20.0)
    assert report["session_factors"] == {"egmd": {"pack": 0.25}}
    assert weigh(table)[0]["session_factors"] == {}
    both, _ = weigh(table, one_shot_cap=20.0, session_cap=8.0)
    assert both["session_factors"]["egmd"]["pack"] == 0.1


def test_sessions_of_one_name_in_two_sets_are_two_sessions(weigh):
    table = events((10, ["kick"], {}), (10, ["kick"], {"source_set": "groove"}))
    report, _ = weigh(table, session_cap=5.0)
    assert report["session_factors"] == {"egmd": {"s1": 0.5}, "groove": {"s1": 0.5}}


def test_the_effective_sample_size_is_that_of_kish(weigh):
    report, weights = weigh(events((9, ["kick"], {}), (1, ["crash"], {})), exponent=1.0)
    total, squares = sum(weights.values()), sum(w * w for w in weights.values())
    assert report["effective_sample_size"] == pytest.approx(total**2 / squares)
    assert report["effective_sample_size"] == pytest.approx(3.6)


def test_only_the_events_of_the_split_are_weighted(weigh):
    table = events((3, ["kick"], {}), (5, ["crash"], {"split": "test"}), (1, ["kick"], {}))
    report, weights = weigh(table)
    assert list(weights) == ["e000000", "e000001", "e000002", "e000008"]
    assert list(report["classes"]) == ["kick"]
    assert list(weigh(table, split="test")[1]) == [f"e00000{n}" for n in range(3, 8)]


def test_weights_keep_the_manifests_order_over_many_row_groups(weigh):
    table = events(
        *[(9_000, ["kick", "snare"][i % 2 :], {"session_id": f"s{i}"}) for i in range(5)]
    )
    report, weights = weigh(table, exponent=0.5, session_cap=8_000.0)
    assert list(weights) == table["event_id"].to_pylist()
    assert report["n_events"] == 45_000
    assert sum(weights.values()) == pytest.approx(report["epoch_draws"])


def test_the_events_weights_follow_from_the_product_alone(weigh, tmp_path):
    table = events((30, ["kick"], {}), (2, ["crash"], {"session_id": "s2"}))
    report, weights = weigh(table, exponent=0.7, session_cap=9.0)
    stored = json.loads(canonical_json(report))
    write_event_weights(tmp_path / "again.parquet", [tmp_path / "m.parquet"], stored)
    assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "w.parquet").read_bytes()
    assert all(float(f"{w:.9g}") == w for w in weights.values())


def test_equal_manifests_give_equal_bytes(weigh, tmp_path):
    table = events(
        *[(50 + i, ["kick", "snare", "crash"][i % 3 :], {"session_id": f"s{i}"}) for i in range(60)]
    )
    settings = {"exponent": 0.37, "smoothing": 3.0, "session_cap": 60.0}
    first = canonical_json(weigh(table, **settings)[0]), (tmp_path / "w.parquet").read_bytes()
    again = canonical_json(weigh(table, **settings)[0]), (tmp_path / "w.parquet").read_bytes()
    assert first == again


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("exponent", -1.0),
        ("smoothing", -1.0),
        ("smoothing", float("nan")),
        ("floor", 1.5),
        ("ceiling", 0.5),
        ("session_cap", 0.0),
        ("one_shot_cap", -1.0),
        ("technique_factors", {"flam": 0.0}),
    ],
)
def test_a_setting_out_of_its_range_is_refused(weigh, setting, value):
    with pytest.raises(ValueError, match=setting if setting != "technique_factors" else "flam"):
        weigh(events((1, ["kick"], {})), **{setting: value})


def test_a_split_without_events_has_no_weight(weigh):
    report, weights = weigh(events((1, ["kick"], {})), split="validation")
    assert (report["n_events"], report["classes"], weights) == (0, {}, {})


def test_weights_of_another_manifest_are_refused(weigh, tmp_path):
    report, _ = weigh(events((1, ["kick"], {})))
    write_table(tmp_path / "other.parquet", events((1, ["crash"], {})))
    with pytest.raises(ValueError, match=r"no weight for \['crash'\]"):
        write_event_weights(tmp_path / "w.parquet", [tmp_path / "other.parquet"], report)


def test_a_component_without_a_label_is_refused(weigh):
    with pytest.raises(ValueError, match=r"m\.parquet, rows 1 to \d+: a component without a label"):
        weigh(events((1, ["kick", None], {})))


def test_shards_weigh_what_they_weigh_in_one_table(weigh, tmp_path):
    table = events((9, ["kick"], {}), (1, ["crash"], {}), (4, ["snare"], {"session_id": "s2"}))
    settings = SamplingSettings(split="train", **(NEUTRAL | {"exponent": 0.5}))
    report, weights = weigh(table, exponent=0.5)
    shards = [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    for path, part in zip(shards, (table.slice(0, 10), table.slice(10)), strict=True):
        write_table(path, part)
    assert derive_weights(shards, settings, profile="default") == report
    write_event_weights(tmp_path / "of_shards.parquet", shards, report)
    rows = pq.read_table(tmp_path / "of_shards.parquet").to_pylist()
    assert {row["event_id"]: row["weight"] for row in rows} == weights
