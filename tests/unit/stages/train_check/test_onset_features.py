"""Features of onsets, and the table they stand in, read from an export that is written here."""

import itertools

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_export import LABELS, write_export

from drumcorpus.ground.files.tables import write_table
from drumcorpus.load.exports import open_export
from drumcorpus.stages.train_check.describe import describe_export, read_described
from drumcorpus.stages.train_check.features import (
    FeatureSettings,
    band_edges,
    describe_onsets,
    feature_names,
)
from drumcorpus.stages.train_check.trained_exports import (
    blessed_check,
    check_gates_of_set,
    check_trained_exports,
)

SETTINGS = FeatureSettings(46.4, (-48.0, -2.0, 80.0), 1.0, 40.0, 20_000.0)
NAMES = feature_names(SETTINGS)
RATE_HZ = 44_100


def tone(frequency_hz, rate_hz=RATE_HZ, seconds=1.0, start=0.5):
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    sound = np.where(time >= start, 0.5 * np.sin(2 * np.pi * frequency_hz * time), 0.0)
    return sound.astype(np.float32)


def described(sound, onset=0.5, rate_hz=RATE_HZ, settings=SETTINGS):
    values = describe_onsets(sound, rate_hz, np.array([onset]), settings)[0]
    return dict(zip(feature_names(settings), values.tolist(), strict=True))


@pytest.mark.parametrize("frequency_hz", [100.0, 1_000.0, 12_000.0])
def test_the_loudest_band_is_that_of_the_tone(frequency_hz):
    features = described(tone(frequency_hz))
    edges = band_edges(SETTINGS)
    low = edges[np.searchsorted(edges, frequency_hz) - 1]
    assert features[f"at_80_ms_{low:.0f}_hz"] == pytest.approx(0, abs=1.5)
    assert features[f"rise_{low:.0f}_hz"] > 70  # silence before
    others = [v for name, v in features.items() if name.startswith("at_80_ms")]
    assert sum(value > -20 for value in others) <= 2


def test_a_gain_moves_one_feature():
    loud, soft = described(tone(1_000.0)), described(0.1 * tone(1_000.0))
    assert soft["level_db"] - loud["level_db"] == pytest.approx(-20, abs=0.11)
    near = [name for name in NAMES if name.startswith("at_80") and loud[name] > -40]
    assert near
    assert [soft[name] for name in near] == pytest.approx([loud[name] for name in near], abs=0.2)


def test_what_a_rate_cannot_hold_is_not_known():
    features = described(tone(1_000.0, 16_000), rate_hz=16_000)
    unknown = [name for name in NAMES if np.isnan(features[name])]
    assert unknown
    edges = band_edges(SETTINGS).tolist()
    above = {f"{low:.0f}_hz" for low, high in itertools.pairwise(edges) if high > 8_000}
    bands = {name.removeprefix("rise_") for name in unknown if name.startswith("rise_")}
    assert bands == above
    assert len(unknown) == (len(SETTINGS.starts_ms) + 1) * len(above)


def test_what_lies_past_an_end_of_the_clip_is_not_known():
    sound = tone(1_000.0)
    at_end = described(sound, onset=0.95)
    assert all(np.isnan(at_end[name]) for name in NAMES if name.startswith("at_80_ms"))
    assert not np.isnan(at_end["level_db"])
    at_start = described(sound, onset=0.01)
    assert all(np.isnan(at_start[name]) for name in NAMES if name.startswith(("at_-48", "rise")))


def test_channels_are_averaged_and_no_onset_is_no_row():
    mono = tone(500.0)
    stereo = np.stack([mono, mono], axis=1)
    assert described(stereo) == pytest.approx(described(mono), nan_ok=True)
    assert describe_onsets(mono, RATE_HZ, np.zeros(0), SETTINGS).shape == (0, len(NAMES))


@pytest.fixture
def export(tmp_path):
    """An export of clips: each event stands at its sample 800."""
    root, _ = write_export(tmp_path / "clips", splits=("train", "validation", "test"))
    for short in ("train", "val", "test"):
        path = root / short / f"{short}_labels.parquet"
        table = pq.read_table(path)
        onsets = pa.array([800] * len(table), pa.int64())
        groups = table.column("session_id")
        for name, values in (("onset_sample", onsets), ("group_id", groups)):
            place = table.schema.get_field_index(name)
            table = table.set_column(place, table.schema.field(name), values)
        pq.write_table(table, path)
    return root, LABELS


def describe(root, labels, **changes):
    settings = {"class_map": "components", "max_events": 100, "features": SETTINGS} | changes
    return describe_export(open_export(root), labels=labels, **settings)


def test_every_clip_is_described_and_read_back(export, tmp_path):
    table = describe(*export)
    assert table.column("split").to_pylist() == ["train"] * 12 + ["validation"] * 12 + ["test"] * 12
    write_table(tmp_path / "events.parquet", table)
    back = read_described(tmp_path / "events.parquet", SETTINGS)
    assert back.classes == ("kick", "snare", "hihat_closed", "crash", "shaker")
    assert back.features.shape == (36, len(NAMES))
    truth = open_export(export[0]).split("test").event_multi_hot("components")
    assert back.truth[24:].tolist() == truth.astype(bool).tolist()
    assert (back.weights[:12] > 0).all()
    assert np.isnan(back.weights[12:]).all()
    assert back.n_there == {"train": 12, "validation": 12, "test": 12}


def test_a_clip_that_is_taken_stays_where_more_are(export):
    few = describe(*export, max_events=5).column("sample_id").to_pylist()
    more = describe(*export, max_events=8).column("sample_id").to_pylist()
    assert len(few) == 15
    assert set(few) < set(more)


def test_features_of_another_set_are_refused(export, tmp_path):
    write_table(tmp_path / "events.parquet", describe(*export))
    other = FeatureSettings(23.2, (-48.0, -2.0, 80.0), 1.0, 40.0, 20_000.0)
    with pytest.raises(ValueError, match="delete the file and run train_check again"):
        read_described(tmp_path / "events.parquet", other)
    pq.write_table(pa.table({"a": [1]}), tmp_path / "none.parquet")
    with pytest.raises(ValueError, match="features of None"):
        read_described(tmp_path / "none.parquet", SETTINGS)


def test_an_export_of_another_taxonomy_is_refused(export):
    with pytest.raises(ValueError, match="only the taxonomy has: gong; make the export again"):
        describe(export[0], [*export[1], "gong"])


def test_an_unknown_class_map_is_refused(export):
    with pytest.raises(ValueError, match="got 'eighteen'; the export has: components, classes_3"):
        describe(*export, class_map="eighteen")


def test_a_damaged_shard_is_named_with_what_to_do(export):
    shard = next(export[0].rglob("*.tar"))
    shard.write_bytes(shard.read_bytes()[:600])
    with pytest.raises(ValueError, match=rf"{shard.name}.*snakemake verify"):
        describe(*export)


def test_an_export_without_a_sample_is_refused(export):
    for path in export[0].rglob("*_labels.parquet"):
        table = pq.read_table(path)
        pq.write_table(table.slice(0, 0), path)
    with pytest.raises(ValueError, match="holds no sample; nothing can be learned from it"):
        describe(*export)


def test_segments_are_refused(export):
    path = export[0] / "test/test_labels.parquet"
    table = pq.read_table(path)
    place = table.schema.get_field_index("onset_sample")
    none = pa.nulls(len(table), pa.int64())
    pq.write_table(table.set_column(place, table.schema.field("onset_sample"), none), path)
    with pytest.raises(ValueError, match="is no clip around an onset; name an export of"):
        describe(*export)


SECTION = {"exports": ["clips"], "class_map": "components"}
SECTION |= {"features": {"fmin_hz": 40.0, "fmax_hz": 20_000.0}}
EXPORTS = {
    "clips": {"manifest": "prod", "unit": "clip"},
    "more": {"manifest": "prod", "unit": "clip"},
    "segments": {"manifest": "prod", "unit": "segment"},
}


def test_an_export_that_is_not_configured_is_passed_over():
    assert check_trained_exports(SECTION, EXPORTS, ["components"]) == {"prod": "clips"}
    assert check_trained_exports(SECTION, {}, ["components"]) == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"exports": ["segments"]}, "exports: 'segments' is of segments; allowed: clips"),
        ({"exports": ["clips", "more"]}, "exports: 'clips' and 'more' are both of prod"),
        ({"class_map": "x"}, "class_map: got 'x'; allowed: components"),
        ({"features": {"fmin_hz": 9.0, "fmax_hz": 9.0}}, "fmin_hz: got 9.0; must be below"),
    ],
    ids=["segments", "two of one manifest", "class map", "bands"],
)
def test_settings_that_cannot_be_are_refused_before_any_job(changes, words):
    with pytest.raises(ValueError, match=words):
        check_trained_exports(SECTION | changes, EXPORTS, ["components"])


def test_a_gate_that_nothing_answers_is_refused():
    gates = {"train_check": {"report": "blessed.json", "min_effect": 0.0, "max_regression": 0.1}}
    assert blessed_check(gates, "gates.yaml", "prod", {"prod": "clips"}) == "blessed.json"
    assert blessed_check({}, "gates.yaml", "prod", {}) is None
    with pytest.raises(ValueError, match=r"gates.yaml: train_check: .* no export of prod"):
        blessed_check(gates, "gates.yaml", "prod", {})


@pytest.mark.parametrize(
    "report",
    ["reports/train_check/prod/clips.json", "other/../reports/train_check/prod/old.json"],
    ids=["its own", "another way"],
)
def test_a_gate_that_the_check_would_answer_by_itself_is_refused(report):
    gates = {"train_check": {"report": report, "min_effect": 0.0, "max_regression": 0.1}}
    with pytest.raises(ValueError, match="never worse than itself; copy the report"):
        blessed_check(gates, "gates.yaml", "prod", {"prod": "clips"})


def test_gates_of_a_source_set_ask_for_no_check_that_nothing_would_run():
    gates = {"train_check": {"report": "blessed.json", "min_effect": 0.0, "max_regression": 0.1}}
    with pytest.raises(ValueError, match=r"set.yaml: train_check: a manifest is held to it"):
        check_gates_of_set(gates, "set.yaml", {"gates.yaml"})
    check_gates_of_set(gates, "gates.yaml", {"gates.yaml"})
    check_gates_of_set({}, "set.yaml", set())


def test_labels_that_a_model_made_are_learned_from_and_never_scored_by(export):
    root, labels = export
    n_rows = len(describe(root, labels))
    for short, split in (("train", None), ("val", "validation")):
        path = root / short / f"{short}_labels.parquet"
        table = pq.read_table(path)
        place = table.schema.get_field_index("label_method")
        methods = pa.array(["model"] * len(table), table.schema.field(place).type)
        pq.write_table(table.set_column(place, "label_method", methods), path)
        if split is None:
            assert len(describe(root, labels)) == n_rows
        else:
            with pytest.raises(ValueError, match=rf"split {split}: a model made the labels of"):
                describe(root, labels)
