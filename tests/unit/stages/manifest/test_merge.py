"""Merging sorted shards: nothing lost, nothing doubled, nothing misplaced."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.ground.files import merging
from drumcorpus.ground.files.merging import (
    MERGED_GROUP_ROWS,
    ROWS_OF_AN_INPUT,
    SESSIONS_AT_ONCE,
    _merged,
    merge_small,
    merge_sorted,
)
from drumcorpus.ground.files.tables import ROW_GROUP_ROWS, read_table, write_batches, write_table
from drumcorpus.schemas import EVENTS, QUARANTINE

COMPONENT = {"confidence": 1.0, "velocity": 0.5}
KEYED = pa.schema([EVENTS.field(name) for name in ("source_set", "session_id", "onset_time")])


def event(event_id, *labels, session="a", onset=0.0, source_set="groove"):
    """An event of the components `labels`; a label may bring its source label after a colon."""
    parts = [label.partition(":") for label in labels]
    return {
        "event_id": event_id,
        "source_set": source_set,
        "session_id": session,
        "onset_time": onset,
        "techniques": [],
        "annotation_history": [],
        "components": [
            COMPONENT | {"label": label, "source_label": source or "49"}
            for label, _, source in parts
        ],
    }


def table_of(rows):
    return pa.Table.from_pylist(list(rows), EVENTS)


@pytest.fixture
def merge(tmp_path):
    """Rows of the merged table of some inputs, each a list of events."""

    def merge(*inputs):
        paths = []
        for number, rows in enumerate(inputs):
            paths.append(str(tmp_path / f"{number}.parquet"))
            write_table(paths[-1], table_of(rows))
        n_rows = merge_sorted(paths, EVENTS, tmp_path / "merged.parquet")
        merged = read_table(tmp_path / "merged.parquet")
        assert merged.schema.equals(EVENTS)
        assert n_rows == merged.num_rows
        return merged.to_pylist()

    return merge


def keys(rows):
    return [(row["source_set"], row["session_id"], row["onset_time"]) for row in rows]


def test_rows_come_in_order_of_source_set_session_and_onset(merge):
    one = [
        event("1", "kick", session="a", onset=9.0),
        event("2", "kick", session="c", onset=1.0),
        event("3", "kick", session="c", onset=2.0),
        event("4", "kick", session="a", source_set="slakh"),
    ]
    other = [
        event("5", "kick", session="z", source_set="egmd"),
        event("6", "kick", session="b", onset=0.5),
    ]
    merged = merge(one, other)
    assert [row["event_id"] for row in merged] == ["5", "1", "6", "2", "3", "4"]
    assert keys(merged) == sorted(keys(merged))


def test_session_names_are_ordered_by_their_letters_and_not_as_numbers(merge):
    rows = [[event(n, "kick", session=n)] for n in ("10", "9", "é", "Z", "a")]
    assert [row["session_id"] for row in merge(*rows)] == ["10", "9", "Z", "a", "é"]


def test_no_row_and_no_value_is_lost(merge):
    rows = [event(str(i), "kick", "crash:57", session=f"{i:04}") for i in range(900)]
    assert merge(rows[::3], [], rows[1::3], rows[2::3]) == table_of(rows).to_pylist()


def test_no_input_and_empty_inputs_make_an_empty_table(merge):
    assert merge() == []
    assert merge([], []) == []


def test_a_session_in_two_inputs_is_refused_with_both_files(merge):
    with pytest.raises(ValueError, match=r"'b'.* stands in .*[01]\.parquet and in .*[01]\.par"):
        merge(
            [event("1", "kick"), event("2", "kick", session="b")],
            [event("3", "kick", session="b", onset=5.0), event("4", "kick", session="c")],
        )


def test_the_same_session_of_two_source_sets_is_two_sessions(merge):
    rows = merge([event("1", "kick")], [event("2", "kick", source_set="slakh")])
    assert [row["event_id"] for row in rows] == ["1", "2"]


def test_one_input_given_twice_is_refused(tmp_path):
    path = str(tmp_path / "a.parquet")
    write_table(path, table_of([event("1", "kick")]))
    with pytest.raises(ValueError, match=r"'a'.* stands in"):
        merge_sorted([path, path], EVENTS, tmp_path / "merged.parquet")


@pytest.mark.parametrize(
    "rows",
    [
        [event("1", "kick", session="b"), event("2", "kick", session="a")],
        [event("1", "kick", session=name) for name in ("a", "b", "a")],
        [event("1", "kick", source_set="slakh"), event("2", "kick", source_set="egmd")],
        [event("1", "kick", onset=2.0), event("2", "kick", onset=1.0)],
    ],
    ids=["sessions", "session comes again", "source sets", "onsets"],
)
@pytest.mark.parametrize("beside", [[], [event("9", "kick", session="aa")]])
def test_an_input_out_of_order_is_refused(merge, rows, beside):
    with pytest.raises(ValueError, match=r"not in order"):
        merge(rows, beside)


def test_onsets_out_of_order_over_the_border_of_row_groups_are_refused(merge):
    rows = [event(str(i), "kick", onset=float(i)) for i in range(ROW_GROUP_ROWS)]
    with pytest.raises(ValueError, match=r"not in order"):
        merge([*rows, event("late", "kick", onset=0.5)])


def test_a_refusal_leaves_the_old_product(merge, tmp_path):
    merge([event("1", "kick")])
    before = (tmp_path / "merged.parquet").read_bytes()
    with pytest.raises(ValueError):
        merge([event("1", "kick", session="b"), event("2", "kick", session="a")])
    assert (tmp_path / "merged.parquet").read_bytes() == before


def test_equal_rows_give_equal_bytes_however_they_were_sharded(tmp_path):
    # Two sessions longer than a row group of a shard, and many short ones.
    lengths = [50_000, 17_000] + [3] * 200
    rows = [
        event(f"{session}.{i}", "kick", "crash", session=f"{session:04}", onset=float(i))
        for session, length in enumerate(lengths)
        for i in range(length)
    ]
    whole = table_of(rows)
    results = set()
    for n_shards in (1, 2, 5):
        paths = []
        for shard in range(n_shards):
            is_here = [int(name) % n_shards == shard for name in whole["session_id"].to_pylist()]
            paths.append(str(tmp_path / f"{n_shards}.{shard}"))
            write_table(paths[-1], whole.filter(pa.array(is_here)))
        for order in (paths, paths[::-1]):
            merge_sorted(order, EVENTS, tmp_path / "merged")
            results.add((tmp_path / "merged").read_bytes())
    write_batches(tmp_path / "whole", EVENTS, whole.to_batches(), MERGED_GROUP_ROWS)
    assert results == {(tmp_path / "whole").read_bytes()}


def test_small_tables_are_merged_in_order_of_all_columns(tmp_path):
    rows = [
        dict.fromkeys(QUARANTINE.names, "x") | {"source_set": s, "path": p, "detail": d}
        for s, p, d in [("b", "1", "y"), ("a", "2", "y"), ("a", "1", "z"), ("a", "1", "y")]
    ]
    for number, part in enumerate((rows[:1], rows[1:])):
        write_table(tmp_path / str(number), pa.Table.from_pylist(part, QUARANTINE))
    paths = [str(tmp_path / name) for name in ("0", "1")]
    assert merge_small(paths, QUARANTINE, tmp_path / "a") == 4
    merged = read_table(tmp_path / "a").to_pylist()
    columns = [(row["source_set"], row["path"], row["detail"]) for row in merged]
    assert columns == [("a", "1", "y"), ("a", "1", "z"), ("a", "2", "y"), ("b", "1", "y")]
    merge_small(paths[::-1], QUARANTINE, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_of_each_input_little_is_held_at_a_time_however_many_there_are(tmp_path):
    n_inputs, row = 24, event("0", "kick", "snare") | {"group_id": "g", "style": "rock"}
    paths = []
    for number in range(n_inputs):
        rows = table_of([row | {"session_id": f"s{number:02d}"}]).take([0] * ROW_GROUP_ROWS)
        onset = pa.array([float(place) for place in range(ROW_GROUP_ROWS)])
        rows = rows.set_column(EVENTS.get_field_index("onset_time"), "onset_time", onset)
        paths.append(str(tmp_path / f"{number}.parquet"))
        write_table(paths[-1], rows)
    before = pa.total_allocated_bytes()
    runs = _merged(paths, EVENTS)
    key, batch = next(runs)  # all inputs are open, for the first is the least of all
    held = pa.total_allocated_bytes() - before
    assert (key, batch.num_rows) == (("groove", "s00"), ROWS_OF_AN_INPUT)
    # Nothing but their rows, all text as codes: pages and decoders would be as much again.
    assert held < 1.1 * n_inputs * batch.nbytes
    assert batch.nbytes < 240 * ROW_GROUP_ROWS
    assert sum(batch.num_rows for _, batch in runs) == n_inputs * ROW_GROUP_ROWS - ROWS_OF_AN_INPUT


def test_row_groups_of_the_merged_table_are_of_one_size_whatever_those_of_its_shards(tmp_path):
    rows = []
    for number in range(2):
        sessions = [f"{session:03d}" for session in range(number, 70, 2) for _ in range(1_000)]
        onsets = [float(place % 1_000) for place in range(len(sessions))]
        columns = {"source_set": ["groove"] * len(sessions), "session_id": sessions}
        columns |= {"onset_time": onsets}
        table = pa.table([columns[f.name] for f in KEYED], schema=KEYED)
        rows.append(table)
        write_table(tmp_path / f"{number}.parquet", table)
    paths = [str(tmp_path / f"{number}.parquet") for number in range(2)]
    assert merge_sorted(paths, KEYED, tmp_path / "merged.parquet") == 70_000
    about = pq.read_metadata(tmp_path / "merged.parquet")
    sizes = [about.row_group(number).num_rows for number in range(about.num_row_groups)]
    assert sizes == [MERGED_GROUP_ROWS, 70_000 - MERGED_GROUP_ROWS]
    wanted = pa.concat_tables(rows).sort_by([(name, "ascending") for name in KEYED.names])
    assert read_table(tmp_path / "merged.parquet").equals(wanted)


def drawn_events(n_sessions, rng):
    """Events of some sessions, in the order of a manifest."""
    some = ["a", "b", "ü", "", None]
    for session in sorted(f"{number}" for number in range(n_sessions)):
        name, style = ("groove", "slakh")[len(session) % 2], rng.choice(some)
        for place in range(rng.integers(1, 12)):
            labels = rng.choice(["kick", "snare:38", "crash:49", "crash:57"], rng.integers(0, 4))
            row = event(f"{session}.{place}", *labels, session=session, onset=place // 2)
            if rng.random() < 0.2:
                row["annotation_history"] = [{"method": rng.choice(some)}, None]
            yield row | {"source_set": name, "style": style, "meter": rng.choice(some)}


@settings(max_examples=12)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_sessions=st.integers(0, 50),
    n_inputs=st.integers(1, 30),
    read_rows=st.integers(1, 9),
    group_rows=st.integers(9, 70),
    at_once=st.sampled_from([1, 2, 512]),
)
def test_the_merged_table_is_the_sorted_one_however_little_is_read_at_a_time(
    tmp_path_factory, seed, n_sessions, n_inputs, read_rows, group_rows, at_once
):
    folder, rng = tmp_path_factory.mktemp("merge"), np.random.default_rng(seed)
    whole = table_of(drawn_events(n_sessions, rng)).combine_chunks()
    order = [(name, "ascending") for name in ("source_set", "session_id", "onset_time", "event_id")]
    wanted = whole.sort_by(order)
    sessions = wanted["session_id"].to_pylist()
    input_of = {session: rng.integers(n_inputs) for session in sessions}
    dealt = np.array([input_of[session] for session in sessions], int)
    paths = [str(folder / f"{number}.parquet") for number in range(n_inputs)]
    for number, path in enumerate(paths):
        part = wanted.filter(pa.array(dealt == number, pa.bool_()))
        write_batches(path, EVENTS, part.to_batches(), int(rng.integers(3, 20)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "ROWS_OF_AN_INPUT", read_rows)
        patch.setattr(merging, "MERGED_GROUP_ROWS", group_rows)
        patch.setattr(merging, "SESSIONS_AT_ONCE", at_once)
        assert merge_sorted(paths, EVENTS, folder / "merged") == len(whole)
    assert read_table(folder / "merged").equals(wanted)
    write_batches(folder / "whole", EVENTS, wanted.to_batches(), group_rows)
    assert (folder / "merged").read_bytes() == (folder / "whole").read_bytes()


def test_sessions_of_a_few_rows_are_merged_by_dictionaries_of_few_names(tmp_path):
    """Else each of them brings the names of all, and the time grows with their square."""
    n_sessions = 3_000
    names = [f"s{number:05d}" for number in range(n_sessions) for _ in range(2)]
    columns = [["groove"] * len(names), names, [0.0, 1.0] * n_sessions]
    table = pa.table(dict(zip(KEYED.names, columns, strict=True)), KEYED)
    write_table(tmp_path / "0.parquet", table)
    batches = [batch for _, batch in _merged([str(tmp_path / "0.parquet")], KEYED)]
    assert len(batches) >= n_sessions
    assert max(len(batch["session_id"].dictionary) for batch in batches) <= SESSIONS_AT_ONCE + 1
    assert pa.Table.from_batches(batches).cast(KEYED).equals(table)
