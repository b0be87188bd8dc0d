import json

import pyarrow as pa
import pytest
from checkout import REPO

from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.schemas import EVENTS, SESSIONS
from drumcorpus.stages.export.class_maps import make_class_maps
from drumcorpus.stages.export.layout import records_schema
from drumcorpus.stages.export.records import SOUND, json_lines, make_records
from drumcorpus.stages.export.windows import (
    RECORDINGS,
    clip_windows,
    segment_windows,
    session_windows,
    settle,
)

RATE = 1000
TAXONOMY = REPO / "resources/taxonomy"
LABELS = list(read_yaml(TAXONOMY / "components.yaml"))
MAPS = make_class_maps(LABELS, read_yaml(TAXONOMY / "class_maps.yaml"))
BY_LABEL = {"preroll_ms": dict.fromkeys(LABELS, 80), "postroll_ms": dict.fromkeys(LABELS, 200)}
RING_MS = dict.fromkeys(LABELS, 250)
OF_A_RECORDING = {"source_set": "egmd", "split": "train"}


def event(event_id, onset, *labels, session_id="s1", **changes):
    row = {"event_id": event_id, "session_id": session_id, "onset_time": onset}
    row |= OF_A_RECORDING | {"audio_path": f"{session_id}.wav", "group_id": f"g-{session_id}"}
    row |= {"negative_example": False, "techniques": [], "is_synthetic": False}
    row |= {"label_method": "midi", "license": "CC-BY-4.0", "redistributable": True}
    row |= {"kit_id": "k1", "drummer_id": "d1", "style": "funk"}
    return row | {"components": [{"label": name, "velocity": 0.5} for name in labels]} | changes


@pytest.fixture
def shard():
    """Two sessions of 2.5 s: one is silent."""
    events = [
        event("e0", 0.02, "kick", "hihat_closed", techniques=["roll"]),
        event("e1", 0.25, "snare", style="jazz"),
        event("e2", 2.4, "crash", techniques=["choke"]),
        event("e3", 2.6, "kick"),
    ]
    sessions = [
        {"source_set": "egmd", "session_id": name, "group_id": f"g-{name}", "kit_id": "k1"}
        | {"drummer_id": "d1", "style": "funk", "is_synthetic": False}
        for name in ("s1", "s2")
    ]
    recordings = [
        OF_A_RECORDING | {"session_id": name, "audio_path": f"{name}.wav", "n_samples": 2500}
        for name in ("s1", "s2")
    ]
    return (
        pa.Table.from_pylist(events, EVENTS),
        pa.Table.from_pylist(sessions, SESSIONS),
        pa.Table.from_pylist(recordings, RECORDINGS),
    )


def sound_of(windows):
    """Sound of each window, in the reverse order."""
    return pa.Table.from_pylist(
        [
            {
                "sample_id": name,
                "recording": "drums",
                "file": f"{name}.wav",
                "sha256": name[::-1],
                "bytes": 44,
            }
            | {"channels": 1, "n_clipped": 0, "gain_db": -1.5}
            for name in reversed(windows["sample_id"].to_pylist())
        ],
        SOUND,
    )


def records_of(windows, shard, **changes):
    events, sessions, _ = shard
    given = {"sample_rate_hz": RATE, "ring_ms": RING_MS} | changes
    sound = given.pop("sound", sound_of(windows))
    records = make_records(windows, events, sessions, sound, MAPS, **given)
    assert records.schema == records_schema(MAPS.ids)
    return records


def clips_of(shard):
    windows = clip_windows(shard[0], MAPS, sample_rate_hz=RATE, **BY_LABEL)
    return settle(windows, shard[2], "clip")


def segments_of(shard):
    return segment_windows(shard[2], sample_rate_hz=RATE, seconds=1)


def test_the_record_of_a_clip(shard):
    weights = pa.table({"event_id": ["other", "e1", "e0"], "weight": [9.0, 0.5, 2.0]})
    records = records_of(clips_of(shard), shard, weights=weights).to_pylist()
    assert [row["sample_id"] for row in records] == ["e0", "e1", "e2"]  # e3 is past the end
    first, second, third = records
    assert [s["label"] for s in second.pop("strokes")] == ["snare"]
    assert [(s["event_id"], s["onset"]) for s in second.pop("ringing")] == [
        ("e0", pytest.approx(-0.15)),
        ("e0", pytest.approx(-0.15)),
    ]
    assert second.pop("class_ids")["classes_5"] == [1]
    assert second.pop("event_class_ids")["classes_3"] == [1]
    assert [c["label"] for c in second.pop("components")] == ["snare"]
    assert second == {
        "sample_id": "e1",
        "source_set": "egmd",
        "session_id": "s1",
        "group_id": "g-s1",
        "split": "train",
        "event_id": "e1",
        "recording": "drums",
        "file": "e1.wav",
        "shard": None,
        "parquet_shard": None,
        "sha256": "1e",
        "bytes": 44,
        "start": 0.17,
        "duration": 0.28,
        "sample_rate_hz": RATE,
        "channels": 1,
        "n_samples": 280,
        "onset_sample": 80,
        "n_padded_front": 0,
        "n_padded_back": 0,
        "n_clipped": 0,
        "gain_db": -1.5,
        "techniques": [],
        "negative_example": False,
        "is_synthetic": False,
        "label_method": "midi",
        "license": "CC-BY-4.0",
        "redistributable": True,
        "kit_id": "k1",
        "drummer_id": "d1",
        "style": "jazz",
        "weight": 0.5,
    }
    assert (first["start"], first["n_padded_front"], first["weight"]) == (-0.06, 60, 2.0)
    assert (third["n_padded_back"], third["techniques"], third["weight"]) == (100, ["choke"], None)


def test_a_clip_names_its_neighbours(shard):
    events, sessions, recordings = shard
    events = pa.concat_tables([events, pa.Table.from_pylist([event("e4", 0.3, "crash")], EVENTS)])
    shard = (events, sessions, recordings)
    row = records_of(clips_of(shard), shard).to_pylist()[1]
    assert [(s["event_id"], s["label"]) for s in row["strokes"]] == [
        ("e1", "snare"),
        ("e4", "crash"),
    ]
    assert row["class_ids"]["components"] == [LABELS.index("snare"), LABELS.index("crash")]
    assert row["event_class_ids"]["components"] == [LABELS.index("snare")]


def test_the_records_of_segments(shard):
    of_set = {"label_method": "midi", "license": "CC0-1.0", "redistributable": True}
    weights = pa.table({"event_id": ["e0", "e1"], "weight": [2.0, 0.5]})
    records = records_of(segments_of(shard), shard, weights=weights, of_set=of_set).to_pylist()
    assert [(row["session_id"], row["start"]) for row in records] == [
        (name, start) for name in ("s1", "s2") for start in (0.0, 1.0, 2.0)
    ]
    assert [len(row["strokes"]) for row in records] == [
        3,
        0,
        2,
        0,
        0,
        0,
    ]  # e3 stands in the padding
    assert [row["techniques"] for row in records[:3]] == [["roll"], [], ["choke"]]
    assert [row["weight"] for row in records] == [1.25] + [None] * 5
    assert [row["license"] for row in records] == ["CC-BY-4.0"] * 3 + ["CC0-1.0"] * 3
    assert {row["style"] for row in records} == {"funk"}
    assert [row["group_id"] for row in records[2:4]] == ["g-s1", "g-s2"]
    of_clips = ("event_id", "event_class_ids", "components", "negative_example", "onset_sample")
    assert all(row[name] is None for row in records for name in of_clips)
    assert [row["n_padded_back"] for row in records[:3]] == [0, 0, 500]


def test_the_record_of_a_session(shard):
    records = records_of(session_windows(shard[2], sample_rate_hz=RATE), shard).to_pylist()
    assert [(row["start"], row["duration"]) for row in records] == [(0.0, 2.5), (0.0, 2.5)]
    assert [s["event_id"] for s in records[0]["strokes"]] == ["e0", "e0", "e1", "e2"]
    assert records[0]["class_ids"]["classes_3"] == [0, 1, 2]
    assert records[1]["license"] is None


def test_records_do_not_hang_on_the_order_of_their_rows(shard, tmp_path):
    turned = tuple(table.take(list(range(len(table)))[::-1]) for table in shard)
    for number, part in enumerate((shard, turned)):
        write_table(tmp_path / f"{number}.parquet", records_of(clips_of(part), part))
    assert (tmp_path / "0.parquet").read_bytes() == (tmp_path / "1.parquet").read_bytes()
    table = read_table(tmp_path / "0.parquet")
    assert table.equals(records_of(clips_of(shard), shard))


@pytest.mark.parametrize("unit", [clips_of, segments_of], ids=["clips", "segments"])
def test_a_line_of_json_is_the_record_and_its_multi_hot(shard, unit):
    records = records_of(unit(shard), shard)
    rows = records.to_pylist()
    lines = list(json_lines(records, MAPS))
    assert lines == list(json_lines(records, MAPS))
    for line, row in zip(lines, rows, strict=True):
        assert b"\n" not in line
        read = json.loads(line)
        hot = read.pop("multi_hot")
        assert read == row
        assert list(read) == records.schema.names
        assert {name: len(values) for name, values in hot.items()} == {
            name: len(classes) for name, classes in MAPS.classes.items()
        }
        for name, values in hot.items():
            assert [i for i, value in enumerate(values) if value] == row["class_ids"][name]
            assert set(values) <= {0, 1}


def test_json_holds_names_of_any_script(shard):
    records = records_of(clips_of(shard), shard)
    style = pa.array(['"ボサノバ"\n', "é", None])
    records = records.set_column(records.schema.get_field_index("style"), "style", style)
    read = [json.loads(line)["style"] for line in json_lines(records, MAPS)]
    assert read == style.to_pylist()


@pytest.mark.parametrize("value", [float("nan"), float("-inf")], ids=str)
@pytest.mark.parametrize("name", ["gain_db", "weight"])
def test_json_refuses_what_is_no_number(shard, name, value):
    records = records_of(clips_of(shard), shard)
    column = pa.array([1.0, value, None])
    records = records.set_column(records.schema.get_field_index(name), name, column)
    with pytest.raises(ValueError, match=f"{name}: expected numbers or null, got {value} in a"):
        list(json_lines(records, MAPS))


def test_a_number_within_a_list_is_looked_at(shard):
    records = records_of(clips_of(shard), shard)
    components = records["components"].to_pylist()
    components[1][0]["openness"] = float("inf")
    place = records.schema.get_field_index("components")
    column = pa.array(components, records.schema.field("components").type)
    records = records.set_column(place, "components", column)
    with pytest.raises(
        ValueError, match=r"components\.openness: expected numbers or null, got inf"
    ):
        list(json_lines(records, MAPS))


def test_a_sample_without_its_sound_or_session_is_refused(shard):
    clips = clips_of(shard)
    with pytest.raises(ValueError, match="e1: is not among the samples whose sound was written"):
        records_of(clips, shard, sound=sound_of(clips).filter(pa.array([True, True, False, True])))
    with pytest.raises(ValueError, match="s1: is not among the sessions"):
        records_of(clips, (shard[0], shard[1].slice(1), shard[2]))


def test_no_sample_makes_no_record(shard):
    none = clips_of(shard).slice(3)
    records = records_of(none, shard)
    assert len(records) == 0
    assert list(json_lines(records, MAPS)) == []
