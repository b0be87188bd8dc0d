"""What a limited export takes: some of every source set and split, and always the same."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shard_of_events import RATE, cut, event, noise, session

from drumcorpus.ground.files.database import open_database, open_tables
from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import EVENTS, SESSIONS, SPLITS
from drumcorpus.stages.export.audio_choice import make_chosen_view
from drumcorpus.stages.export.limits import (
    LIMITS,
    limit_figures,
    limit_in_words,
    limit_sessions,
    limits_of_manifest,
    make_limited_view,
    read_limits,
    share_out,
)
from drumcorpus.stages.export.shard_inputs import read_shard

DATABASE = {"threads": 1, "memory_limit": "500MB"}
SIZES = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 60), max_size=6)
# Sessions by source set and split, each with so many events.
CELLS = {
    ("big", "train"): [40, 30, 30],
    ("big", "validation"): [25, 25],
    ("big", "test"): [50],
    ("small", "train"): [3, 2],
    ("small", "test"): [4],
}


def sessions_of(cells):
    rows = [
        {"source_set": name, "session_id": f"{split}{number}", "split": split, "n_events": n}
        for (name, split), sizes in cells.items()
        for number, n in enumerate(sizes)
    ]
    names = ("source_set", "session_id", "split", "n_events")
    return pa.table({name: [row[name] for row in rows] for name in names})


def taken(limits):
    counts = {}
    for row in limits.to_pylist():
        cell = (row["source_set"], row["split"])
        counts[cell] = counts.get(cell, 0) + row["n_taken"]
    return counts


# --- shares


@given(st.integers(0, 400), SIZES)
def test_shares_add_up_are_within_the_sizes_and_as_equal_as_these_allow(total, sizes):
    shares = share_out(total, sizes)
    assert sum(shares.values()) == min(total, sum(sizes.values()))
    assert all(0 <= shares[key] <= sizes[key] for key in sizes)
    most = max(shares.values(), default=0)
    # Who has less than another, by more than the one that does not divide, has all that there is.
    assert all(shares[key] == sizes[key] for key in sizes if shares[key] < most - 1)


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (0, {"a": 0, "b": 0, "c": 0}),
        (3, {"a": 1, "b": 1, "c": 1}),
        (100, {"a": 10, "b": 45, "c": 45}),
        (101, {"a": 10, "b": 46, "c": 45}),
        (1000, {"a": 10, "b": 70, "c": 500}),
    ],
)
def test_what_one_cannot_take_goes_to_the_others(total, expected):
    assert share_out(total, {"a": 10, "b": 70, "c": 500}) == expected


# --- sessions


def test_a_limit_of_clips_is_exact_and_spread_over_sets_and_splits():
    limits = limit_sessions(sessions_of(CELLS), 60, "clip")
    assert taken(limits) == {
        ("big", "train"): 17,
        ("big", "validation"): 17,
        ("big", "test"): 17,
        ("small", "train"): 5,
        ("small", "test"): 4,
    }
    cut_short = [row for row in limits.to_pylist() if 0 < row["n_taken"] < row["n_events"]]
    assert len(cut_short) == 3  # one of each split of the large set


@pytest.mark.parametrize("unit", ["segment", "session"])
def test_segments_and_sessions_are_of_whole_sessions_until_the_limit_is_reached(unit):
    limits = limit_sessions(sessions_of(CELLS), 60, unit)
    rows = limits.to_pylist()
    assert {row["n_taken"] for row in rows} <= {0, *(row["n_events"] for row in rows)}
    counts = taken(limits)
    assert counts["big", "test"] == 50 and counts["big", "validation"] == 25
    assert counts["big", "train"] in (30, 40)
    assert (counts["small", "train"], counts["small", "test"]) == (5, 4)
    words = limit_in_words(limit_figures(limits, 60), unit)
    assert words.startswith("limited to 60 events, spread over all source sets and splits: ")
    assert words.endswith("; sessions stay whole, also where the last one passes the limit")


@pytest.mark.parametrize("unit", ["clip", "segment"])
def test_a_limit_above_all_takes_all(unit):
    limits = limit_sessions(sessions_of(CELLS), 10_000, unit)
    assert limits["n_taken"].to_pylist() == limits["n_events"].to_pylist()


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["train", "validation", "test"])),
        st.lists(st.integers(1, 20), min_size=1, max_size=5),
        min_size=1,
    ),
    st.integers(1, 150),
    st.randoms(),
)
def test_the_choice_hangs_on_names_alone_and_its_total_is_exact(cells, limit, random):
    table = sessions_of(cells)
    limits = limit_sessions(table, limit, "clip")
    everything = pc.sum(table["n_events"]).as_py()
    assert pc.sum(limits["n_taken"]).as_py() == min(limit, everything)
    order = list(range(len(table)))
    random.shuffle(order)
    assert limit_sessions(table.take(order), limit, "clip").equals(limits)
    whole = limit_sessions(table, limit, "segment")
    assert min(limit, everything) <= pc.sum(whole["n_taken"]).as_py() <= everything


def test_figures_say_what_was_taken_of_how_much():
    figures = limit_figures(limit_sessions(sessions_of(CELLS), 9, "clip"), 9)
    assert (figures["events"], figures["taken"], figures["of"]) == (9, 9, 209)
    assert figures["by_split_and_source_set"]["train"] == {
        "big": {"taken": 2, "of": 100, "sessions": 1},
        "small": {"taken": 2, "of": 5, "sessions": 1},
    }


# --- events


def write(path, rows, schema):
    write_table(path, pa.Table.from_pylist(rows, schema))
    return path


def test_a_manifest_is_counted_and_a_shard_has_the_sessions_that_are_taken(tmp_path):
    rows = [event(n, n / 10, f"s{n // 4}") for n in range(12)]
    manifest = write(tmp_path / "m.parquet", rows, EVENTS)
    limits = limits_of_manifest(manifest, [], 6, "clip", "drums", **DATABASE)
    chosen = {r["session_id"]: r["n_taken"] for r in limits.to_pylist() if r["n_taken"]}
    assert sorted(chosen.values()) == [2, 4]
    path = tmp_path / "limits.parquet"
    write_table(path, limits)
    assert set(read_limits(path)["session_id"].to_pylist()) == set(chosen)
    names = [f"s{n}" for n in range(3)]
    sessions = [{"source_set": "egmd", "session_id": n, "label_map": "a"} for n in names]
    splits = [
        {"source_set": "egmd", "session_id": n, "split": "train", "included": True} for n in names
    ]
    part = read_shard(
        manifest,
        write(tmp_path / "sessions.parquet", sessions, SESSIONS),
        write(tmp_path / "splits.parquet", splits, SPLITS),
        path,
    )
    assert part.limits == chosen
    assert set(part.events["session_id"].to_pylist()) == set(chosen)
    assert len(part.events) == 8  # all of both: what is not taken may sound in what is
    assert set(part.sessions["session_id"].to_pylist()) == set(chosen)
    assert part.expected_samples({"unit": "clip"}) == {"train": 6}


# Of 40 strokes of s1 every other has the drums of its session, 10 have a file of their own, that
# comes before or after, and 10 have none; s2 has a mix for no stroke, s3 no recording at all.
PATHS = ["s1.wav", "a.wav", "s1.wav", None]
STROKES = [
    *(event(f"a{n:02d}", 0.2 + n / 20, audio_path=PATHS[n % 4]) for n in range(40)),
    *(event(f"b{n:02d}", 0.2 + n / 20, "s2") for n in range(20)),
    *(event(f"c{n:02d}", 0.2 + n / 20, "s3", audio_path=None) for n in range(5)),
]
SESSIONS_OF_STROKES = [
    session("s1", mix_path="s1.mix.wav", mix_duration=3.0),
    session("s2"),
    session("s3", audio_path=None, mix_path="s3.mix.wav", mix_duration=3.0),
]
AUDIO = pytest.mark.parametrize(
    ("audio", "n_events"),
    [("drums", {"s1": 30, "s2": 20, "s3": 0}), ("mix", {"s1": 20, "s2": 0, "s3": 0})],
    ids=["drums", "mix"],
)


@AUDIO
def test_events_without_the_recording_do_not_count(tmp_path, audio, n_events):
    manifest = write(tmp_path / "m.parquet", STROKES, EVENTS)
    sessions = write(tmp_path / "s.parquet", SESSIONS_OF_STROKES, SESSIONS)
    limits = limits_of_manifest(manifest, [sessions], 1000, "clip", audio, **DATABASE)
    rows = {row["session_id"]: row for row in limits.to_pylist()}
    assert {name: row["n_events"] for name, row in rows.items()} == n_events
    assert {name: row["n_taken"] for name, row in rows.items()} == n_events
    few = limits_of_manifest(manifest, [sessions], 7, "clip", audio, **DATABASE)
    assert sum(few["n_taken"].to_pylist()) == 7
    assert limit_figures(few, 7)["of"] == sum(n_events.values())


def test_sessions_of_one_name_in_two_sets_have_their_own_mixes(tmp_path):
    rows = [event(n, n / 10, source_set=name) for n, name in enumerate("aabbb")]
    manifest = write(tmp_path / "m.parquet", rows, EVENTS)
    of = [session("s1", source_set="a"), session("s1", source_set="b", mix_path="m.wav")]
    paths = [write(tmp_path / f"s{n}.parquet", [row], SESSIONS) for n, row in enumerate(of)]
    limits = limits_of_manifest(manifest, paths, 2, "clip", "mix", **DATABASE)
    assert taken(limits) == {("a", "train"): 0, ("b", "train"): 2}


@AUDIO
@pytest.mark.parametrize("limit", [1, 7, 15, 29, 1000], ids=str)
@pytest.mark.parametrize("unit", ["clip", "segment"])
def test_what_is_cut_is_what_is_counted(tmp_path, audio, n_events, limit, unit):
    paths = [
        write(tmp_path / "events.parquet", STROKES, EVENTS),
        write(tmp_path / "sessions.parquet", SESSIONS_OF_STROKES, SESSIONS),
    ]
    with open_database(**DATABASE) as con:
        for name, path, schema in zip(
            ("events", "sessions"), paths, (EVENTS, SESSIONS), strict=True
        ):
            open_tables(con, name, [path], schema)
        make_chosen_view(con, "events", "chosen", audio)
        limits = make_limited_view(con, "chosen", "limited", limit, unit)
        counted = {row[0] for row in con.execute("SELECT event_id FROM limited").fetchall()}
    assert limits.equals(limits_of_manifest(paths[0], paths[1:], limit, unit, audio, **DATABASE))
    of = {row["session_id"]: row["n_taken"] for row in limits.to_pylist() if row["n_taken"]}
    made = cut(
        tmp_path / "export",
        [row for row in STROKES if row["session_id"] in of],
        sessions=[row for row in SESSIONS_OF_STROKES if row["session_id"] in of],
        limits=of,
        audio_=audio,
        unit=unit,
        **({} if unit == "clip" else {"seconds": 1.0}),
    )
    struck = {
        *(row["event_id"] for row in made.index.to_pylist() if row["event_id"]),
        *(
            stroke["event_id"]
            for row in made.samples()
            for stroke in row["strokes"]
            if unit != "clip"
        ),
    }
    assert struck == counted
    assert len(counted) == sum(of.values())
    assert sum(of.values()) == min(limit, sum(n_events.values())) or unit == "segment"
    assert set(made.outcomes().values()) == {unit}


def test_of_a_table_of_all_sets_a_shard_takes_the_rows_of_its_own_set(tmp_path):
    rows = [event(n, n / 10, "s1") for n in range(5)]
    limits = [
        {"source_set": name, "session_id": session, "split": "train", "n_events": 5, "n_taken": n}
        for name, session, n in (("egmd", "s1", 3), ("like_egmd", "s1", 1), ("like_egmd", "s2", 4))
    ]
    sessions = [
        {"source_set": "egmd", "session_id": name, "label_map": "a"} for name in ("s1", "s2")
    ]
    splits = [
        {"source_set": "egmd", "session_id": name, "split": "train", "included": True}
        for name in ("s1", "s2")
    ]
    part = read_shard(
        write(tmp_path / "events.parquet", rows, EVENTS),
        write(tmp_path / "sessions.parquet", sessions, SESSIONS),
        write(tmp_path / "splits.parquet", splits, SPLITS),
        write(tmp_path / "limits.parquet", limits, LIMITS),
    )
    assert part.limits == {"s1": 3}
    assert part.sessions["session_id"].to_pylist() == ["s1"]


def test_clips_of_a_limit_are_the_first_of_a_session_and_list_what_else_is_struck(tmp_path):
    rows = [event(1, 0.5), event(2, 0.52, labels=("snare",)), event(3, 1.0), event(4, 0.3, "s2")]
    done = []

    def on_samples(split, n_samples):
        done.append((split, n_samples))

    made = cut(tmp_path, rows, limits={"s1": 1, "s2": 1}, on_samples=on_samples)
    assert made.outcomes() == {"e1": "clip", "e4": "clip"}
    assert [stroke["event_id"] for stroke in made.rows["e1"]["strokes"]] == ["e1", "e2"]
    assert done == [("train", 2)]
    whole = cut(tmp_path / "whole", rows)
    for name in ("e1", "e4"):
        assert whole.rows[name]["sha256"] == made.rows[name]["sha256"]


def test_a_recording_of_which_nothing_is_left_is_not_decoded(tmp_path):
    opened = []

    def open_audio(path):
        opened.append(path)
        return noise(), RATE

    rows = [event(1, 0.5, audio_path="a.wav"), event(2, 0.6, audio_path="b.wav")]
    made = cut(tmp_path, rows, audio=open_audio, limits={"s1": 1})
    assert (list(made.rows), opened) == (["e1"], ["a.wav"])


def test_segments_of_a_limit_are_those_of_whole_sessions(tmp_path):
    rows = [event(1, 0.5), event(2, 2.5)]
    block = {"unit": "segment", "seconds": 1.0, "form": "webdataset"}
    limited = cut(tmp_path / "a", rows, limits={"s1": 2}, **block)
    assert limited.files() == cut(tmp_path / "b", rows, **block).files()
    assert len(limited.samples()) == 3
