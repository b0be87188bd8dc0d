"""What became of the events of an export, counted over the indexes of its shards."""

import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import write_table
from drumcorpus.stages.export.figures import COLUMNS, measure_export

DATABASE = {"threads": 1, "memory_limit": "500MB"}


@pytest.fixture
def measured(tmp_path):
    """Rows of (set, session, split, outcome, event or events of the sample)."""

    def measure(*shards, unit="clip"):
        paths = []
        for number, rows in enumerate(shards):
            table = [
                dict(zip(("source_set", "session_id", "split", "outcome"), row, strict=False))
                | {"n_events": row[4] if isinstance(row[4], int) else None}
                | {"event_id": row[4] if isinstance(row[4], str) else None}
                for row in rows
            ]
            paths.append(tmp_path / f"{number}.parquet")
            write_table(paths[-1], pa.Table.from_pylist(table, COLUMNS))
        return measure_export(paths, unit=unit, **DATABASE)

    return measure


def test_events_are_counted_by_split_by_set_and_by_reason(measured):
    report = measured(
        [("a", "1", "train", "clip", 1), ("a", "1", "train", "onset_past_end", "e1")],
        [("b", "1", "train", "clip", 1), ("b", "2", "test", "no_audio", "e2")],
    )
    names = ("schema", "unit", "events", "exported", "samples", "dropped_share")
    assert [report[name] for name in names] == ["drumcorpus.export_report/2", "clip", 4, 2, 2, 0.5]
    assert report["not_exported"] == {"no_audio": 1, "onset_past_end": 1}
    assert report["empty_splits"] == ["test"]
    none = {"events": 1, "exported": 0, "samples": 0, "not_exported": {"no_audio": 1}}
    assert report["by_split"]["test"] == none
    assert report["by_source_set"]["b"] == none | {"events": 2, "exported": 1, "samples": 1}


def test_events_of_no_mix_are_told_and_do_not_count_as_lost(measured):
    rows = [("a", "1", "train", "clip", 3), ("a", "1", "train", "no_audio", "e1")]
    rows += [("b", "1", "test", "no_mix", f"f{number}") for number in range(6)]
    report = measured(rows)
    assert report["not_exported"] == {"no_audio": 1, "no_mix": 6}
    assert (report["events"], report["exported"], report["dropped_share"]) == (10, 3, 0.25)
    assert report["empty_splits"] == ["test"]
    assert measured(rows[2:])["dropped_share"] is None


def test_segments_count_their_events_and_a_recording_without_sound_none(measured):
    rows = [
        ("a", "1", "train", "segment", 7),
        ("a", "1", "train", "segment", 0),
        ("a", "2", "train", "no_audio", None),
        ("a", "2", "train", "no_audio", "e1"),
        ("a", "3", "validation", "no_onsets", None),
        ("a", "4", "test", "segment", 0),
        ("a", "4", "test", "onset_past_end", "e2"),
    ]
    report = measured(rows, unit="segment")
    assert (report["events"], report["exported"], report["samples"]) == (9, 7, 3)
    assert report["not_exported"] == {"no_audio": 1, "onset_past_end": 1}
    assert report["empty_splits"] == ["test"]
    assert report["by_split"]["validation"]["events"] == 0
    assert report["dropped_share"] == 2 / 9


def test_recordings_that_cannot_be_decoded_are_counted_by_session(measured):
    rows = [
        ("a", f"s{n:02d}", "train", "unreadable_audio", each) for n in range(12) for each in "xy"
    ]
    report = measured(rows, [("b", "1", "train", "clip", 1)])
    unreadable = report["unreadable"]
    assert (unreadable["events"], unreadable["sessions"]) == (24, 12)
    assert unreadable["by_source_set"] == {"a": 12}
    assert unreadable["examples"] == {"a": [f"s{n:02d}" for n in range(10)]}


def test_no_event_at_all_has_no_share(measured):
    report = measured([])
    assert (report["events"], report["exported"], report["samples"]) == (0, 0, 0)
    assert report["dropped_share"] is None
    assert report["empty_splits"] == []


def test_a_table_that_is_no_index_is_refused(tmp_path):
    write_table(tmp_path / "a.parquet", pa.table({"source_set": ["a"]}))
    with pytest.raises(ValueError, match="session_id"):
        measure_export([tmp_path / "a.parquet"], unit="clip", **DATABASE)
