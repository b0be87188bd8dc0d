"""What became of the events of an export, counted over the tables of its clips."""

import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import write_table
from drumcorpus.stages.export.figures import measure_export
from drumcorpus.stages.export.layout import INDEX

DATABASE = {"threads": 1, "memory_limit": "500MB"}


@pytest.fixture
def measured(tmp_path):
    def measure(*shards):
        paths = []
        for number, rows in enumerate(shards):
            names = ("source_set", "session_id", "split", "outcome")
            table = [dict(zip(names, row, strict=True)) for row in rows]
            paths.append(tmp_path / f"{number}.parquet")
            write_table(paths[-1], pa.Table.from_pylist(table, INDEX))
        return measure_export(paths, **DATABASE)

    return measure


def test_events_are_counted_by_split_by_set_and_by_reason(measured):
    report = measured(
        [("a", "1", "train", "clip"), ("a", "1", "train", "onset_past_end")],
        [("b", "1", "train", "clip"), ("b", "2", "test", "no_audio")],
    )
    assert (report["events"], report["clips"], report["dropped_share"]) == (4, 2, 0.5)
    assert report["without_clip"] == {"no_audio": 1, "onset_past_end": 1}
    assert report["empty_splits"] == ["test"]
    none = {"events": 1, "clips": 0, "without_clip": {"no_audio": 1}}
    assert report["by_split"]["test"] == none
    assert report["by_source_set"]["b"] == none | {"events": 2, "clips": 1}


def test_recordings_that_cannot_be_decoded_are_counted_by_session(measured):
    rows = [("a", f"s{n:02d}", "train", "unreadable_audio") for n in range(12) for _ in "xy"]
    report = measured(rows, [("b", "1", "train", "clip")])
    unreadable = report["unreadable"]
    assert (unreadable["events"], unreadable["sessions"]) == (24, 12)
    assert unreadable["by_source_set"] == {"a": 12}
    assert unreadable["examples"] == {"a": [f"s{n:02d}" for n in range(10)]}


def test_no_event_at_all_has_no_share(measured):
    report = measured([])
    assert (report["events"], report["clips"], report["dropped_share"]) == (0, 0, None)
    assert report["empty_splits"] == []
