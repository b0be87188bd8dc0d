"""The figures of an export, and what a run added to them."""

import pyarrow as pa
import pytest

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.tables import write_table
from drumcorpus.stages.export.figure_tables import contribution_table
from drumcorpus.stages.export.label_methods import labelled_by_model, model_labels_in_words
from drumcorpus.stages.export.statistics import COLUMNS, measure_samples, run_figures

DATABASE = {"threads": 2, "memory_limit": "500MB"}
MAPS = {
    "components": {
        "classes": ["kick", "snare", "clap"],
        "of": {"kick": 0, "snare": 1, "clap": 2},
    },
    "two": {"classes": ["KD", "SD"], "of": {"kick": 0, "snare": 1, "clap": None}},
}
STROKES = pa.list_(pa.struct([("onset", pa.float64()), ("label", pa.string())]))
SCHEMA = COLUMNS.append(pa.field("strokes", STROKES))


def sample(source_set, session, split, labels, *, n_samples=8000, outcome="segment"):
    """A row of an index; without labels (None) it has no sound."""
    silent = labels is None
    return {
        "source_set": source_set,
        "session_id": session,
        "split": split,
        "bytes": None if silent else 44 + 2 * n_samples,
        "sample_rate_hz": 8000,
        "n_samples": n_samples,
        "outcome": outcome,
        "label_method": {"a": "midi", "b": "model"}[source_set],
        "strokes": [{"onset": 0.1, "label": label} for label in labels or ()],
    }


SHARD_A = [
    sample("a", "1", "train", ["kick", "snare", "clap"]),
    sample("a", "1", "train", [], n_samples=4000),
    sample("a", "2", "validation", ["kick"]),
    sample("a", "2", "validation", None, outcome="unreadable_audio"),
]
SHARD_B = [
    sample("b", "9", "train", ["kick", "kick"], n_samples=16_000),
    sample("b", "9", "train", None, outcome="no_audio"),
    sample("b", "9", "train", None, outcome="no_audio"),
]


@pytest.fixture
def written(tmp_path):
    def write(*shards):
        paths = []
        for number, rows in enumerate(shards):
            paths.append(tmp_path / f"{number}.parquet")
            write_table(paths[-1], pa.Table.from_pylist(rows, SCHEMA))
        return paths

    return write


@pytest.fixture
def figures(written):
    return measure_samples(written(SHARD_A, SHARD_B), class_maps=MAPS, **DATABASE)


def amounts(records, strokes, seconds, n_bytes, sessions):
    names = ("records", "strokes", "seconds", "bytes", "sessions")
    return dict(zip(names, (records, strokes, seconds, n_bytes, sessions), strict=True))


def test_records_strokes_seconds_bytes_and_sessions_are_counted_by_split_and_set(figures):
    statistics = figures["statistics"]
    assert {name: statistics[name] for name in amounts(0, 0, 0, 0, 0)} == amounts(
        4, 6, 4.5, 4 * 44 + 2 * 36_000, 3
    )
    assert statistics["by_split"] == {
        "train": amounts(3, 5, 3.5, 3 * 44 + 56_000, 2),
        "validation": amounts(1, 1, 1.0, 16_044, 1),
        "test": amounts(0, 0, 0.0, 0, 0),
    }
    assert statistics["by_source_set"]["b"] == amounts(1, 2, 2.0, 32_044, 1)
    assert statistics["by_split_and_source_set"] == {
        "train": {
            "a": amounts(2, 3, 1.5, 2 * 44 + 24_000, 1),
            "b": amounts(1, 2, 2.0, 32_044, 1),
        },
        "validation": {"a": amounts(1, 1, 1.0, 16_044, 1)},
        "test": {},
    }


def test_strokes_are_counted_by_label_and_by_class_of_every_map(figures):
    assert figures["label_counts"]["train"] == {
        "components": {"kick": 3, "snare": 1, "clap": 1},
        "two": {"KD": 3, "SD": 1, "(none)": 1},
    }
    assert figures["label_counts"]["test"]["two"] == {"KD": 0, "SD": 0, "(none)": 0}


def test_strokes_of_the_clips_own_events_are_counted_apart(written, figures):
    clip = sample("a", "1", "train", ["kick", "snare", "clap"], outcome="clip")
    own = [clip | {"components": [{"label": label}]} for label in ("snare", "snare", "clap")]
    found = measure_samples(written(own), class_maps=MAPS, **DATABASE)
    assert found["event_label_counts"]["train"] == {
        "components": {"kick": 0, "snare": 2, "clap": 1},
        "two": {"KD": 0, "SD": 2, "(none)": 1},
    }
    assert found["label_counts"]["train"]["components"] == {"kick": 3, "snare": 3, "clap": 3}
    assert figures["event_label_counts"] is None


def test_durations_stand_by_split_and_by_source_set(figures):
    assert figures["split_durations_seconds"] == {"train": 3.5, "validation": 1.0, "test": 0.0}
    assert figures["durations_by_source_set"] == {
        "train": {"a": 1.5, "b": 2.0},
        "validation": {"a": 1.0},
        "test": {},
    }


def test_samples_without_sound_are_counted_by_reason(figures):
    assert figures["without_sound"] == {
        "records": 3,
        "by_reason": {"no_audio": 2, "unreadable_audio": 1},
        "by_split": {"train": {"no_audio": 2}, "validation": {"unreadable_audio": 1}},
        "by_source_set": {"a": {"unreadable_audio": 1}, "b": {"no_audio": 2}},
    }


def test_totals_are_said_in_words(written):
    hours = [sample("a", "1", "test", ["kick"] * 3, n_samples=8000 * 60 * (41 * 60 + 12))]
    words = measure_samples(written(hours), class_maps=MAPS, **DATABASE)["in_words"]
    assert words["total"] == words["by_split"]["test"]
    assert words["total"] == {
        "records": "1",
        "strokes": "3",
        "duration": "41 h 12 min",
        "size": "2.4 GB",
        "sessions": "1",
    }


def test_the_figures_do_not_hang_on_order_or_number_of_the_shards(written, figures):
    rows = [*reversed(SHARD_B), *reversed(SHARD_A)]
    again = measure_samples(written(rows), class_maps=MAPS, threads=1, memory_limit="500MB")
    assert canonical_json(again) == canonical_json(figures)


def test_a_run_has_the_figures_of_its_own_shards(written, figures):
    paths = written(SHARD_A, SHARD_B)
    run = measure_samples(paths[1:], class_maps=MAPS, **DATABASE)
    named = run_figures(run)
    assert named["run_statistics"]["records"] == 1
    assert named["run_label_counts"]["train"]["two"]["KD"] == 2
    assert named["run_split_durations_seconds"]["train"] == 2.0
    assert contribution_table(run, figures).splitlines() == [
        "Run contribution",
        "  split       records  strokes  sound     size  records in all  strokes in all"
        "  sound in all  size in all",
        "  train             1        2    2 s    32 kB               3               5"
        "         3.5 s      56.1 kB",
        "  validation        0        0    0 s  0 bytes               1               1"
        "           1 s        16 kB",
        "  test              0        0    0 s  0 bytes               0               0"
        "           0 s      0 bytes",
        "  all               1        2    2 s    32 kB               4               6"
        "         4.5 s      72.2 kB",
        "  without sound: 2 (no_audio 2)",
    ]


def test_a_run_that_made_nothing_says_so(figures):
    nothing = measure_samples([], class_maps=MAPS, **DATABASE)
    assert nothing["statistics"]["records"] == 0
    assert run_figures(nothing)["run_split_durations_seconds"]["train"] == 0
    assert contribution_table(nothing, figures) == (
        "Run contribution: nothing was made; the export stands as it was"
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (sample("a", "1", "val", ["kick"]), "splits 'val'; allowed: train, validation, test"),
        (sample("a", "1", "train", ["gong"]), "class map components has not: gong"),
    ],
    ids=["a split that is none", "a label that is none"],
)
def test_what_contradicts_the_taxonomy_is_refused(written, row, message):
    with pytest.raises(ValueError, match=message):
        measure_samples(written([row]), class_maps=MAPS, **DATABASE)


def test_a_table_without_strokes_is_refused_by_its_name(tmp_path):
    path = tmp_path / "old.parquet"
    write_table(path, COLUMNS.empty_table())
    with pytest.raises(ValueError, match=r"old\.parquet: the column strokes is missing"):
        measure_samples([path], class_maps=MAPS, **DATABASE)


def test_samples_and_strokes_are_counted_by_how_their_labels_came_about(figures):
    assert figures["label_methods"] == {
        "train": {
            "a": {"midi": {"records": 2, "strokes": 3}},
            "b": {"model": {"records": 1, "strokes": 2}},
        },
        "validation": {"a": {"midi": {"records": 1, "strokes": 1}}},
        "test": {},
    }
    assert labelled_by_model(figures) == {"b": {"records": 1, "strokes": 2, "splits": ["train"]}}
    models = {"b": {"model": "lion", "version": "1.0"}}
    assert model_labels_in_words(figures, models) == (
        "A model made the labels of 1 samples of b with 2 strokes, in train (lion 1.0): "
        "predictions that nobody has checked, and no truth to score by (label_method: model)."
    )
    assert model_labels_in_words({"label_methods": {"train": {}}}, models) == ""
