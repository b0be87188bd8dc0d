"""The table of splits decides where events stand, whatever the events themselves say."""

import pyarrow as pa
import pytest

from drumcorpus.ground.files.split_table import SplitTable, read_split_table, splits_of_sessions
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.schemas import EVENTS, SESSIONS, SPLITS
from drumcorpus.stages.manifest.merge import merge_by_splits


def table(**splits):
    """SPLITS of sessions of the set s; None refuses one."""
    rows = [
        {
            "source_set": "s",
            "session_id": name,
            "split": split or "train",
            "included": split is not None,
        }
        for name, split in splits.items()
    ]
    return pa.Table.from_pylist(rows, SPLITS)


def events(*names):
    rows = [
        {
            "event_id": f"{name}{n}",
            "source_set": "s",
            "session_id": name,
            "split": "train",
            "onset_time": float(n),
        }
        for name in names
        for n in range(2)
    ]
    return pa.Table.from_pylist(rows, EVENTS)


def test_events_get_the_split_of_the_table_and_refused_ones_go():
    found = SplitTable(table(a="test", b=None, c="train")).apply(events("a", "b", "c"))
    assert found.schema == EVENTS
    assert found.select(["event_id", "split"]).to_pylist() == [
        {"event_id": "a0", "split": "test"},
        {"event_id": "a1", "split": "test"},
        {"event_id": "c0", "split": "train"},
        {"event_id": "c1", "split": "train"},
    ]


def test_a_merge_applies_the_table_and_counts_what_it_leaves_out(tmp_path):
    paths = [tmp_path / "1.parquet", tmp_path / "2.parquet"]
    write_table(paths[0], events("a", "c"))
    write_table(paths[1], events("b"))
    out = tmp_path / "merged.parquet"
    splits = SplitTable(table(a="test", b=None, c="validation"))
    assert merge_by_splits([str(path) for path in paths], EVENTS, out, splits) == (4, 2)
    merged = read_table(out)
    assert merged.schema == EVENTS
    assert merged["session_id"].to_pylist() == ["a", "a", "c", "c"]
    assert merged["split"].to_pylist() == ["test", "test", "validation", "validation"]


def test_a_session_that_the_table_does_not_know_stops_the_merge(tmp_path):
    write_table(tmp_path / "1.parquet", events("a"))
    with pytest.raises(ValueError, match="s/a: has events, and the table of splits does not know"):
        merge_by_splits(
            [str(tmp_path / "1.parquet")], EVENTS, tmp_path / "out.parquet", SplitTable(table())
        )
    assert not (tmp_path / "out.parquet").exists()


def test_a_table_of_other_columns_is_refused(tmp_path):
    write_table(tmp_path / "t.parquet", events("a"))
    with pytest.raises(ValueError, match=r"wanted: .*included"):
        read_split_table(tmp_path / "t.parquet")


def test_a_shard_takes_the_rows_of_its_sessions():
    sessions = pa.Table.from_pylist([{"source_set": "s", "session_id": "b"}], SESSIONS)
    assert splits_of_sessions(table(a="test", b=None), sessions)["session_id"].to_pylist() == ["b"]
    assert splits_of_sessions(table(), sessions).num_rows == 0
