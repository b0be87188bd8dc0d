"""What an export will hold and lack, said before any sound is decoded."""

import json

import pyarrow as pa
import pytest

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.schemas import AUDIO_CHECKS, EVENTS, INVENTORY, SESSIONS
from drumcorpus.stages.export.class_maps import make_class_maps
from drumcorpus.stages.export.figure_tables import (
    amounts_table,
    durations_csv,
    forecast_text,
    label_table,
)
from drumcorpus.stages.export.forecast import FLAC_RATIO, forecast_export
from drumcorpus.stages.export.forecasts import forecast_exports, write_forecasts
from drumcorpus.stages.export.settings import export_settings

MAPS = {
    "components": {
        "classes": ["kick", "snare", "crash"],
        "of": {"kick": 0, "snare": 1, "crash": 2},
    },
    "two": {"classes": ["KD", "SD"], "of": {"kick": 0, "snare": 1, "crash": None}},
}
EVENT_ROWS = [
    # set, session, split, audio, onset, labels
    ("a", "1", "train", "1.wav", 0.0, ["kick"]),
    ("a", "1", "train", "1.wav", 1.0, ["crash", "kick"]),
    ("a", "1", "train", "1.wav", 2.5, ["snare"]),  # at the end of 2.5 s: past it
    ("a", "2", "validation", "left.wav", 0.5, ["snare"]),
    ("b", "3", "test", None, 0.1, ["kick"]),
    ("b", "4", "test", "gone.wav", 0.1, ["kick"]),
    ("b", "5", "train", "5.wav", 0.1, ["gong"]),
    ("b", "6", "train", "6.wav", 0.1, ["kick"]),
]
FILES = [
    ("a", "1.wav", 1000, 2.5),
    ("a", "left.wav", 1000, 1.0),
    ("a", "right.wav", 1000, 1.0),
    ("b", "5.wav", 1000, 10.0),
    ("b", "6.wav", 1000, 4.0),
]


@pytest.fixture
def tables(tmp_path):
    events = [
        {
            "event_id": f"e{number}",
            **dict(zip(("source_set", "session_id", "split", "audio_path"), row, strict=False)),
            "onset_time": row[4],
            "components": [{"label": label} for label in row[5]],
        }
        for number, row in enumerate(EVENT_ROWS)
    ]
    sessions = [
        {"source_set": row[0], "session_id": row[1], "audio_path": row[3]}
        for row in sorted({(*row[:3], row[3] or "") for row in EVENT_ROWS})
    ]
    for row in sessions:
        row["channel_paths"] = ["left.wav", "right.wav"] if row["session_id"] == "2" else None
    names = ("source_set", "path", "bytes", "duration")
    checks = [
        {"source_set": "a", "session_id": "1", "sampled": True},
        {"source_set": "b", "session_id": "5", "sampled": True, "reason": "too_short"},
        {"source_set": "b", "session_id": "6", "sampled": True, "reason": "cut_short"},
    ]
    rows = {
        "events": (events, EVENTS),
        "sessions": (sessions, SESSIONS),
        "inventory": ([dict(zip(names, row, strict=True)) for row in FILES], INVENTORY),
        "checks": (checks, AUDIO_CHECKS),
    }
    paths = {}
    for name, (content, schema) in rows.items():
        paths[name] = tmp_path / f"{name}.parquet"
        write_table(paths[name], pa.Table.from_pylist(content, schema))
    return paths


@pytest.fixture
def forecast(tables):
    def estimate(unit, **changed):
        settings = {
            "unit": unit,
            "audio": "drums",
            "sample_rate_hz": 8000,
            "n_channels": 1,
            "limit": None,
            "encoding": "wav16",
            "preroll_ms": dict.fromkeys(MAPS["components"]["of"], 80),
            "postroll_ms": {"kick": 200, "snare": 200, "crash": 800},
            "class_maps": MAPS,
            "threads": 2,
            "memory_limit": "500MB",
        }
        paths = ([tables[name]] for name in ("sessions", "inventory", "checks"))
        return forecast_export(tables["events"], *paths, **settings | changed)

    return estimate


def test_clips_are_counted_with_the_length_that_their_labels_ask_for(forecast):
    found = forecast("clip")
    # In train: a kick of 280 ms, a crash with a kick of 880 ms, and a label that is none.
    by_set = found["statistics"]["by_split_and_source_set"]
    assert by_set["train"]["a"] == {
        "records": 2,
        "strokes": 3,
        "seconds": 1.16,
        "bytes": 2 * 44 + 2 * 8000 * 116 // 100,
        "sessions": 1,
    }
    assert by_set["validation"]["a"]["seconds"] == 0.28
    assert by_set["test"] == {}
    assert found["without_sound"]["by_reason"] == {
        "cut_short": 1,
        "missing_audio": 1,
        "no_audio": 1,
        "onset_past_end": 1,
    }


def test_segments_cover_every_recording(forecast):
    found = forecast("segment", seconds=1.0, overlap=0.0)
    records = {
        split: {name: part["records"] for name, part in of_sets.items()}
        for split, of_sets in found["statistics"]["by_split_and_source_set"].items()
    }
    assert records == {"train": {"a": 3, "b": 10}, "validation": {"a": 1}, "test": {}}
    assert found["split_durations_seconds"]["train"] == 13.0
    overlapping = forecast("segment", seconds=1.0, overlap=0.5)
    assert overlapping["statistics"]["by_source_set"]["a"]["records"] == 4 + 1
    longer = forecast("segment", seconds=60.0)
    assert longer["durations_by_source_set"]["train"] == {"a": 60.0, "b": 60.0}


@pytest.mark.parametrize(
    ("encoding", "n_channels", "n_bytes"),
    [
        ("wav16", 1, 44 + 2 * 20_000),
        ("wav24", 2, 44 + 6 * 20_000),
        ("flac", 2, round(4 * 20_000 * FLAC_RATIO)),
    ],
)
def test_bytes_follow_from_encoding_and_channels(forecast, encoding, n_channels, n_bytes):
    found = forecast("session", encoding=encoding, n_channels=n_channels)
    assert found["statistics"]["by_split_and_source_set"]["train"]["a"] == {
        "records": 1,
        "strokes": 3,
        "seconds": 2.5,
        "bytes": n_bytes,
        "sessions": 1,
    }


def test_sound_in_two_forms_takes_twice_the_room(forecast):
    once, twice = (forecast("segment", seconds=1.0, n_forms=n) for n in (1, 2))
    assert twice["statistics"]["bytes"] == 2 * once["statistics"]["bytes"]


def test_missing_audio_is_named_with_counts_and_events(forecast):
    found = forecast("segment", seconds=1.0)
    assert found["missing_files"] == {"b": {"files": 1, "examples": ["gone.wav"]}}
    assert found["events_without_sound"] == [
        {"source_set": "a", "reason": "onset_past_end", "events": 1, "examples": ["e2"]},
        {"source_set": "b", "reason": "cut_short", "events": 1, "examples": ["e7"]},
        {"source_set": "b", "reason": "missing_audio", "events": 1, "examples": ["e5"]},
        {"source_set": "b", "reason": "no_audio", "events": 1, "examples": ["e4"]},
    ]
    assert found["decoded_sessions"] == {"sessions": 5, "decoded": 3}


@pytest.fixture
def with_mixes(tables):
    """Session 1 has a mix in one file, 2 a sum, 5 one that the audio checks could not decode."""
    pair = [{"path": "left.wav", "gain": 0.5}, {"path": "band.wav", "gain": 0.5}]
    mixes = {
        "1": {"mix_path": "1.mix.wav", "mix_duration": 0.75},
        "2": {"mix_path": "band.wav", "mix_parts": pair, "mix_duration": 0.9},
        "5": {"mix_path": "5.mix.wav", "mix_duration": 9.0},
    }
    rows = read_table(tables["sessions"]).to_pylist()
    rows = [row | mixes.get(row["session_id"], {}) for row in rows]
    write_table(tables["sessions"], pa.Table.from_pylist(rows, SESSIONS))
    files = [("a", "1.mix.wav", 2000, 0.75), ("a", "band.wav", 2000, 2.0)]
    files.append(("b", "5.mix.wav", 2000, 9.0))
    names = ("source_set", "path", "bytes", "duration")
    rows = read_table(tables["inventory"]).to_pylist()
    rows += [dict(zip(names, row, strict=True)) for row in files]
    write_table(tables["inventory"], pa.Table.from_pylist(rows, INVENTORY))
    rows = read_table(tables["checks"]).to_pylist()
    rows[1] |= {"reason": None, "mix": {"reason": "cut_short"}}
    write_table(tables["checks"], pa.Table.from_pylist(rows, AUDIO_CHECKS))


def test_of_the_mix_lengths_reasons_and_files_are_its_own(forecast, with_mixes):
    found = forecast("session", audio="mix")
    assert found["durations_by_source_set"]["train"] == {"a": 0.75}
    assert found["durations_by_source_set"]["validation"] == {"a": 0.9}
    reasons = {(row["source_set"], row["reason"]): row for row in found["events_without_sound"]}
    assert {key: row["events"] for key, row in reasons.items()} == {
        ("a", "onset_past_end"): 2,
        ("b", "cut_short"): 1,
        ("b", "no_mix"): 3,
    }
    assert found["missing_files"] == {}
    assert found["decoded_sessions"] == {"sessions": 3, "decoded": 2}
    segments = forecast("segment", audio="mix", seconds=0.5)
    assert segments["statistics"]["by_split_and_source_set"]["train"]["a"]["records"] == 2


def test_a_file_of_a_sum_that_is_gone_is_named(forecast, with_mixes):
    lost = forecast(
        "clip", audio="mix", size_now=lambda _, path: None if path == "right.wav" else 2000
    )
    # `left.wav`, of 1000 bytes by the inventory, is another file now.
    assert lost["missing_files"] == {"a": {"files": 2, "examples": ["left.wav", "right.wav"]}}
    assert [
        row for row in lost["events_without_sound"] if row["reason"].startswith(("missing", "ch"))
    ] == [{"source_set": "a", "reason": "changed_audio", "events": 1, "examples": ["e3"]}]


def test_of_the_drums_a_mix_changes_nothing(forecast, with_mixes):
    found = forecast("session")
    assert found["durations_by_source_set"]["train"] == {"a": 2.5, "b": 10.0}


def test_a_file_that_is_gone_or_another_since_the_inventory_is_named(forecast):
    now = {"1.wav": 1000, "left.wav": 1000, "right.wav": None, "5.wav": 999, "6.wav": 1000}
    found = forecast("clip", size_now=lambda source_set, path: now[path])
    assert found["missing_files"] == {
        "a": {"files": 1, "examples": ["right.wav"]},
        "b": {"files": 2, "examples": ["5.wav", "gone.wav"]},
    }
    reasons = {(row["source_set"], row["reason"]): row for row in found["events_without_sound"]}
    assert reasons["a", "missing_audio"]["examples"] == ["e3"]  # of its second channel
    assert reasons["b", "changed_audio"]["examples"] == ["e6"]


def test_labels_are_counted_and_those_outside_the_taxonomy_are_named(forecast):
    found = forecast("clip")
    assert found["label_counts"]["train"] == {
        "components": {"kick": 2, "snare": 0, "crash": 1},
        "two": {"KD": 2, "SD": 0, "(none)": 1},
    }
    assert found["event_label_counts"] == found["label_counts"]
    assert forecast("session")["event_label_counts"] is None
    assert found["unknown_labels"] == [
        {"source_set": "b", "label": "gong", "strokes": 1, "examples": ["e6"]}
    ]


def test_the_table_on_the_terminal_has_every_set_and_split(forecast):
    text = forecast_text(forecast("segment", seconds=1.0))
    assert text.splitlines() == [
        "Estimated, unit segment, without decoding:",
        "  source set  split       sessions  records  strokes  sound      size",
        "  a           train              1        3        3    3 s   48.1 kB",
        "  a           validation         1        1        1    1 s     16 kB",
        "  b           train              1       10        1   10 s  160.4 kB",
        "  all         train              2       13        4   13 s  208.6 kB",
        "  all         validation         1        1        1    1 s     16 kB",
        "  all         test               0        0        0    0 s   0 bytes",
        "  all         all                3       14        5   14 s  224.6 kB",
        "  without sound: 3 (cut_short 1, missing_audio 1, no_audio 1)",
        "Strokes by label:",
        "  label  train  validation  test  all   share",
        "  kick       2           0     0    2  50.0 %",
        "  snare      0           1     0    1  25.0 %",
        "  crash      1           0     0    1  25.0 %",
        "  a: 1 events onset_past_end, e.g. e2",
        "  b: 1 events cut_short, e.g. e7",
        "  b: 1 events missing_audio, e.g. e5",
        "  b: 1 events no_audio, e.g. e4",
        "  b: 1 audio files are missing or changed, e.g. gone.wav",
        "  b: 1 strokes have the label gong, which is not in the taxonomy, e.g. e6",
        "  decoded before, by the audio checks: 3 of 5 sessions with sound; damage within the "
        "others is not known",
    ]
    assert amounts_table(forecast("clip")).splitlines()[1].split()[:3] == ["a", "train", "1"]


def test_labels_without_a_stroke_are_named(forecast):
    maps = MAPS | {
        "components": {
            "classes": ["kick", "snare", "crash", "china"],
            "of": {"kick": 0, "snare": 1, "crash": 2, "china": 3},
        },
        "two": {"classes": ["KD", "SD"], "of": MAPS["two"]["of"] | {"china": None}},
    }
    found = forecast("session", class_maps=maps)
    assert label_table(found).splitlines()[-1] == "  without a stroke: china"
    assert "without a stroke" not in label_table(forecast("session"))


def test_every_export_is_estimated_by_its_own_settings(tables, tmp_path):
    defaults = {
        "audio": "drums",
        "sample_rate_hz": 8000,
        "channels": "mono",
        "limit": None,
        "encoding": "wav16",
        "preroll_ms": 80,
        "postroll_ms": {"default": 200, "crash": 800},
        "ring_ms": 250,
        "class_map": "two",
        "memory_limit": "500MB",
    }
    families = {"kick": "kick", "snare": "snare", "crash": "crash"}
    segments = {"unit": "segment", "form": ["webdataset", "parquet"], "seconds": 1}
    blocks = {
        "clips": {"unit": "clip", "form": "files", "channels": "stereo"},
        "segments": segments | {"encoding": "wav24"},
        "sessions": {"unit": "session", "form": "files"},
    }
    for folder in ("one", "two"):
        tmp_path.joinpath(folder).mkdir()
    for path in ("one/1.wav", "two/right.wav", "two/5.wav", "two/6.wav"):
        tmp_path.joinpath(path).write_bytes(bytes(1000))
    tmp_path.joinpath("one/left.wav").write_bytes(bytes(999))
    paths = {"manifest": tables["events"], "sessions": [tables["sessions"]]}
    paths |= {"inventories": [tables["inventory"]], "audio_checks": [tables["checks"]]}
    roots = {"a": [tmp_path / "one", tmp_path / "two"], "b": [tmp_path / "two"]}
    found = forecast_exports(
        {
            name: export_settings(name, {"manifest": "m"} | block, defaults, families, ["two"])
            for name, block in blocks.items()
        },
        {"m": paths | {"roots": roots}},
        families=families,
        class_maps=make_class_maps(
            list(families), {"two": {"kick": "KD", "snare": "SD", "crash": None}}
        ),
        threads=2,
        memory_limit="500MB",
    )
    sums = {
        name: [each["statistics"][key] for key in ("records", "seconds", "bytes")]
        for name, each in found.items()
    }
    # Of a and b each a recording in train: of the clips a kick, a crash with a kick and what is no
    # label; left.wav is not what it was.
    n_bytes = [2 * 44 + 4 * 8000 * 116 // 100 + 44 + 4 * 2240, 2 * 13 * (44 + 3 * 8000)]
    assert sums == {
        "m/clips": [3, 1.44, n_bytes[0]],
        "m/segments": [13, 13.0, n_bytes[1]],
        "m/sessions": [2, 12.5, 2 * 44 + 2 * 8000 * 125 // 10],
    }
    for each in found.values():
        missing = {name: row["examples"] for name, row in each["missing_files"].items()}
        assert missing == {"a": ["left.wav"], "b": ["gone.wav"]}
    files = {"summary": tmp_path / "said.json", "duration_csv": tmp_path / "said.csv"}
    write_forecasts(found, **files)
    assert json.loads(files["summary"].read_text()) == found
    assert files["duration_csv"].read_text().splitlines()[:3] == [
        "export,source_set,split,sessions,records,strokes,seconds,bytes",
        f"m/clips,a,train,1,2,3,1.16,{2 * 44 + 4 * 8000 * 116 // 100}",
        f"m/clips,b,train,1,1,1,0.28,{44 + 4 * 2240}",
    ]
    write_forecasts(found, summary=None, duration_csv=None)


def test_durations_are_csv(forecast):
    assert durations_csv(forecast("session")) == (
        "source_set,split,sessions,records,strokes,seconds,bytes\n"
        "a,train,1,1,3,2.5,40044\n"
        "a,validation,1,1,1,1.0,16044\n"
        "b,train,1,1,1,10.0,160044\n"
    )


def test_equal_tables_give_equal_bytes(forecast):
    one, two = (forecast("clip", threads=threads) for threads in (1, 2))
    assert canonical_json(one) == canonical_json(two)


def test_without_audio_checks_nothing_counts_as_decoded(forecast, tables):
    write_table(tables["checks"], AUDIO_CHECKS.empty_table())
    found = forecast("session")
    assert found["decoded_sessions"]["decoded"] == 0
    assert found["statistics"]["records"] == 4


@pytest.mark.parametrize(
    ("unit", "changed", "message"),
    [
        ("bar", {}, "unit 'bar'; allowed: clip, segment, session"),
        ("clip", {"encoding": "mp3"}, "encoding 'mp3'; allowed: wav16, wav24, flac"),
        ("segment", {}, "seconds: a segment needs its length"),
        ("segment", {"seconds": 1.0, "overlap": 1.0}, "overlap: got 1.0; it must be below"),
    ],
    ids=["unit", "encoding", "no length", "no step"],
)
def test_settings_that_are_none_are_refused_by_name(forecast, unit, changed, message):
    with pytest.raises(ValueError, match=message):
        forecast(unit, **changed)


def test_a_limit_is_forecast_by_the_events_that_it_takes(forecast):
    # One event of each set: a session of `a`, and one of `b`, whose file may be gone. The event
    # without any recording does not count.
    found = forecast("clip", limit=2)
    assert (found["limit"]["taken"], found["limit"]["of"]) == (2, 7)
    without = found["without_sound"]["records"]
    assert found["statistics"]["records"] + without == 2
    assert "limited to 2 events, spread over all source sets and splits: 2 of 7" in forecast_text(
        found
    )
    assert forecast("clip", limit=100)["statistics"] == forecast("clip")["statistics"]
    assert forecast("clip")["limit"] is None


def test_a_limit_of_mixes_is_of_events_that_have_one(tables, forecast):
    rows = read_table(tables["sessions"]).to_pylist()
    for row in rows:
        if row["session_id"] in ("1", "2"):
            row |= {"mix_path": "right.wav", "mix_duration": 10.0}
    rows[1]["audio_path"] = "other.wav"  # so that the stroke of session 2 has a file of its own
    write_table(tables["sessions"], pa.Table.from_pylist(rows, SESSIONS))
    found = forecast("clip", audio="mix", limit=2)
    assert (found["limit"]["taken"], found["limit"]["of"]) == (2, 3)
    assert found["statistics"]["by_source_set"]["a"]["records"] == 2
    assert found["without_sound"]["records"] == 0
    assert found["limit"]["by_split_and_source_set"]["test"]["b"]["of"] == 0


def test_the_events_of_a_session_that_is_cut_are_its_first(forecast):
    # `a` may have two: one in validation, and in train the first of a session of three.
    statistics = forecast("clip", limit=4)["statistics"]["by_split_and_source_set"]
    first = {"records": 1, "strokes": 1, "seconds": 0.28, "bytes": 44 + 2 * 2240, "sessions": 1}
    assert (statistics["train"]["a"], statistics["validation"]["a"]) == (first, first)
    whole = forecast("session", limit=4)["statistics"]["by_split_and_source_set"]
    assert whole["train"]["a"]["seconds"] == 2.5
