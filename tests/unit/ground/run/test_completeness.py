"""Whether a set is whole: every state, both ways and at the limits, of hand-made tables."""

from collections import Counter

import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.completeness import (
    AT_INGEST,
    AT_INVENTORY,
    SESSION_COLUMNS,
    count_files,
    describe_completeness,
    notes_by_session,
    state_of,
    tolerance,
)
from drumcorpus.schemas import INVENTORY, SESSIONS, TALLIES


def published(figure, count, **more):
    return {"figure": figure, "count": count, "source": "paper", "where": "table 1", **more}


def release(*figures, name="1.0", **unknown):
    return {"release": name, "figures": list(figures), "unknown": unknown}


def sessions(n, *, n_audio=None, seconds=36.0, split="train", official=True, first=0, **more):
    """Rows of the table of sessions; the first `n_audio` of them have audio."""
    n_audio = n if n_audio is None else n_audio
    return [
        {
            **{"session_id": f"s{first + i}", "split": split, "official_split": official},
            **{"audio_duration": seconds if i < n_audio else None, **more},
        }
        for i in range(n)
    ]


def describe(releases, rows, figures=AT_INVENTORY, **counted):
    table = pa.Table.from_pylist(rows, SESSIONS).select(SESSION_COLUMNS)
    return describe_completeness({"published": releases}, table, figures=figures, **counted)


@pytest.mark.parametrize(
    ("found", "state"),
    [(1089, "partial"), (1090, "complete"), (1091, "larger"), (0, "partial"), (None, "unknown")],
    ids=["one too few", "equal", "one too many", "none", "not counted"],
)
@pytest.mark.parametrize("figure", ["sessions", "recordings", "files", "notes"])
def test_counts_are_exact(figure, found, state):
    assert state_of(found, published(figure, 1090)) == state


@pytest.mark.parametrize(
    ("count", "allowed"),
    [(444, 4.44), (10, 0.5), (13.6, 0.136), (2.2, 0.05), (0.5, 0.05), (145, 1.45)],
)
def test_hours_may_differ_by_half_of_the_last_digit_or_by_one_in_a_hundred(count, allowed):
    figure = published("hours", count)
    assert tolerance(figure) == pytest.approx(allowed)
    assert state_of(count + allowed, figure) == "complete"
    assert state_of(count - allowed, figure) == "complete"
    assert state_of(count + allowed + 0.001, figure) == "larger"
    assert state_of(count - allowed - 0.001, figure) == "partial"


def test_a_set_of_which_sessions_are_missing_is_partial_and_says_how_many():
    found = describe([release(published("sessions", 1150))], sessions(1090))
    assert found["state"] == "partial"
    assert found["says"] == "partial: sessions 1,090 of 1,150"
    [row] = found["figures"]
    assert (row["here"], row["published"], row["state"]) == (1090, 1150, "partial")
    assert (row["source"], row["where"]) == ("paper", "table 1")


def test_a_set_that_has_more_than_is_published_is_larger_and_says_how_many():
    found = describe([release(published("sessions", 20))], sessions(22))
    assert found["says"] == "larger: sessions 22 of 20 published"


def test_what_is_missing_counts_before_what_is_too_much():
    figures = [published("sessions", 3), published("recordings", 5)]
    found = describe([release(*figures)], sessions(4))
    assert found["state"] == "partial"
    assert found["says"] == "partial: sessions 4 of 3 published; recordings 4 of 5"


def test_a_session_without_its_audio_is_missed_although_the_session_is_there():
    figures = [published("sessions", 4), published("recordings", 4)]
    assert describe([release(*figures)], sessions(4))["state"] == "complete"
    found = describe([release(*figures)], sessions(4, n_audio=3))
    assert found["says"] == "partial: recordings 3 of 4"


def test_hours_are_those_of_the_audio_of_the_sessions():
    rows = sessions(100, n_audio=90)  # 90 of 36 s: 0.9 h
    assert describe([release(published("hours", 0.9))], rows)["state"] == "complete"
    assert describe([release(published("hours", 1.0))], rows)["says"] == "partial: hours 0.9 of 1.0"


def test_a_part_is_missed_although_the_sum_is_right():
    figures = [
        published("sessions", 10),
        published("sessions", 8, part={"split": "train"}),
        published("sessions", 2, part={"split": "test"}),
    ]
    whole = sessions(8) + sessions(2, split="test", first=8)
    assert describe([release(*figures)], whole)["state"] == "complete"
    other = sessions(9) + sessions(1, split="test", first=9)
    assert describe([release(*figures)], other)["says"] == (
        "partial: sessions split train 9 of 8 published; sessions split test 1 of 2"
    )


def test_a_split_that_was_drawn_is_none_of_the_publishers():
    figures = [published("sessions", 2), published("sessions", 2, part={"split": "train"})]
    found = describe([release(*figures)], sessions(2, official=False))
    assert found["says"] == "partial: sessions split train 0 of 2"


def test_parts_by_drummer_and_kit():
    figures = [
        published("sessions", 3, part={"drummer_id": "d1"}),
        published("sessions", 2, part={"kit_id": "k1"}),
    ]
    rows = sessions(2, drummer_id="d1", kit_id="k1", official=False)
    found = describe([release(*figures)], rows)
    assert [row["state"] for row in found["figures"]] == ["partial", "complete"]


def test_files_are_counted_by_role_by_ending_and_in_all_without_those_of_the_system():
    paths = ["a/x.WAV", "a/y.wav", "a/._x.wav", ".DS_Store", "a/x.mid", "LICENSE"]
    roles = ["audio", "audio", "other", "other", "annotation", "other"]
    rows = [{"path": p, "role": r} for p, r in zip(paths, roles, strict=True)]
    counts = count_files(pa.Table.from_pylist(rows, INVENTORY))
    assert counts == {
        **{"all": 4, "audio": 2, "annotation": 1, "other": 1},
        **{".wav": 2, ".mid": 1, "(none)": 1},
    }
    kinds = {".wav": 2, "all": 5, ".flac": 0, "annotation": 0}
    figures = [published("files", count, kind=kind) for kind, count in kinds.items()]
    found = describe([release(*figures)], [], files=counts)
    assert [row["state"] for row in found["figures"]] == [
        *("complete", "partial", "complete", "larger"),
    ]
    assert found["says"] == "partial: files all 4 of 5; files annotation 1 of 0 published"


WITH_AUDIO = release(published("sessions", 6), published("recordings", 5), name="with audio")
WITHOUT = release(published("sessions", 6), published("recordings", 0), name="MIDI only")


@pytest.mark.parametrize(
    ("n", "n_audio", "name", "state"),
    [
        (6, 5, "with audio", "complete"),
        (6, 0, "MIDI only", "complete"),
        (6, 1, "with audio", "partial"),
        (5, 0, "MIDI only", "partial"),
        (3, 3, "with audio", "partial"),
        (6, 6, "with audio", "larger"),
        (7, 0, "MIDI only", "larger"),
        (0, 0, "MIDI only", "partial"),
    ],
)
@pytest.mark.parametrize(
    "releases", [(WITH_AUDIO, WITHOUT), (WITHOUT, WITH_AUDIO)], ids=["as listed", "turned round"]
)
def test_of_several_releases_the_nearest_counts(releases, n, n_audio, name, state):
    found = describe(releases, sessions(n, n_audio=n_audio))
    assert (found["release"], found["state"]) == (name, state)


def test_a_part_of_a_large_release_is_not_called_a_larger_small_one():
    small = release(published("sessions", 20), published("recordings", 20), name="excerpt")
    large = release(published("sessions", 1710), published("recordings", 1708), name="whole")
    assert describe([small, large], sessions(25))["release"] == "whole"
    assert describe([small, large], sessions(19))["release"] == "excerpt"


def test_inventory_ingest_and_health_choose_one_release():
    figures = ("notes", 10), ("notes", 99)
    releases = [
        release(*entry["figures"], published(*more), name=entry["release"])
        for entry, more in zip((WITH_AUDIO, WITHOUT), figures, strict=True)
    ]
    rows = sessions(6, n_audio=0)
    counted = {"notes": Counter(s0=99), "files": Counter()}
    for names in (AT_INVENTORY, AT_INGEST, (*AT_INVENTORY, *AT_INGEST)):
        assert describe(releases, rows, names, **counted)["release"] == "MIDI only"


def test_without_anything_published_the_state_is_unknown_with_the_reason():
    table = pa.Table.from_pylist(sessions(3), SESSIONS).select(SESSION_COLUMNS)
    found = describe_completeness({}, table, figures=AT_INGEST)
    assert found["state"] == "unknown"
    assert found["release"] is None
    assert found["says"] == "unknown: notes: the card publishes no count"
    found = describe([release(sessions="the site states no total")], sessions(3))
    assert found["says"] == "unknown: sessions: the site states no total"


def test_an_unknown_figure_does_not_hide_one_that_is_known():
    found = describe([release(published("sessions", 3), hours="not published")], sessions(3))
    assert (found["state"], found["says"]) == ("complete", "complete")
    assert found["unknown"] == {"hours": "not published"}


NOTES = release(published("sessions", 2), published("notes", 30))


@pytest.mark.parametrize(
    ("n", "says"),
    [(29, "partial: notes 29 of 30"), (30, "complete"), (31, "larger: notes 31 of 30 published")],
)
def test_notes_are_exact(n, says):
    found = describe([NOTES], sessions(2), AT_INGEST, notes={"s0": 10, "s1": n - 10})
    assert found["says"] == says


def test_notes_of_sessions_that_are_left_out_are_not_called_missing():
    left_out = {"action": "leave_out", "reason": "out_of_sync", "status": "reported", "source": "x"}
    rows = sessions(1) + sessions(1, first=1, errata=[left_out])
    found = describe([NOTES], rows, AT_INGEST, notes={"s0": 20})
    assert found["state"] == "unknown"
    assert found["says"] == (
        "unknown: notes: sessions with known faults that are left out and not read: 1"
    )
    assert describe([NOTES], rows, AT_INGEST, notes={"s0": 31})["state"] == "larger"
    flagged = [row | {"errata": [left_out | {"action": "flag"}]} for row in sessions(2)]
    assert describe([NOTES], flagged, AT_INGEST, notes={"s0": 20})["state"] == "partial"


def test_notes_by_part():
    figure = published("notes", 12, part={"split": "test"})
    rows = sessions(1) + sessions(1, first=1, split="test")
    found = describe([release(figure)], rows, AT_INGEST, notes={"s0": 5, "s1": 12})
    assert found["state"] == "complete"


def test_notes_are_all_that_were_read_the_dropped_ones_too(tmp_path):
    rows = [
        {"session_id": name, "outcome": outcome, "n_hits": n}
        for name, outcome, n in [
            *(("a", "in_event", 3), ("a", "double_trigger", 1)),
            *(("b", "unmapped_label", 2), ("b", "in_event", None)),
        ]
    ]
    write_table(tmp_path / "t.parquet", pa.Table.from_pylist(rows, TALLIES))
    assert notes_by_session([tmp_path / "t.parquet"]) == {"a": 4, "b": 2}
