"""Which sessions are shown: the worst of every kind, some of every split, and why."""

import pytest

from drumcorpus.stages.listening.choose import choose_sessions
from drumcorpus.stages.listening.settings import ListeningSettings


def settings(max_sessions=12, per_split=1):
    return ListeningSettings(max_sessions, per_split, 20.0, 22_050, 12.0)


def session(name, *, split="train", audio="a.wav", errata=None):
    return {"session_id": name, "split": split, "audio_path": audio, "errata": errata}


def report(*, sound=None, refused=None, labels=None):
    return {
        "audio_checks": sound,
        "drops": {"refused_by_reason": refused or {}},
        "examples": {"labels": labels or {}},
    }


def of_set(*names, **values):
    return {"examples": [{"source_set": "a", "session_id": name, **values} for name in names]}


def choose(names, reports=(), review=(), splits=(), sessions=None, **options):
    rows = sessions or [session(name) for name in names]
    return choose_sessions("a", dict(reports), review, rows, splits, settings(**options))


def ids(chosen):
    return [row["session_id"] for row in chosen["sessions"]]


def test_the_worst_of_every_kind_comes_first_then_the_second():
    sound = {
        "timing": of_set("t1", "t2", offset_ms=35.0),
        "clipped": of_set("c1", "c2", clipped_share=0.25),
    }
    doubt = {"session_id": "d1", "family": "crash", "n_hits": 9, "n_accepted": 2}
    names = ["t1", "t2", "c1", "c2", "d1"]
    chosen = choose(names, {"m": report(sound=sound)}.items(), [doubt], per_split=0)
    assert ids(chosen) == ["t1", "c1", "d1", "t2", "c2"]
    first, _, third = chosen["sessions"][:3]
    assert first["reasons"] == [{"kind": "timing", "of": "m", "says": "offset ms 35"}]
    assert third["reasons"][0]["says"] == "7 of 9 hits of crash"
    assert third["focus"] == {"doubt": True}


def test_what_finds_no_room_is_counted_by_name():
    sound = {"timing": of_set("s1", "s2", "s10", offset_ms=35.0)}
    chosen = choose(["s1", "s2", "s10"], {"m": report(sound=sound)}.items(), max_sessions=1)
    assert ids(chosen) == ["s1"]
    assert chosen["not_shown"] == ["s2", "s10"]
    none = choose(["s1", "s2", "s10"], {"m": report(sound=sound)}.items(), max_sessions=0)
    assert (ids(none), none["not_shown"]) == ([], ["s1", "s2", "s10"])


def test_some_of_every_split_are_drawn_of_those_with_sound():
    rows = [session(f"{split}{n}", split=split) for split in ("train", "test") for n in range(9)]
    rows += [session("silent", split="validation", audio=None)]
    moved = [{"source_set": "a", "session_id": "train0", "split": "other", "included": True}]
    chosen = choose([], sessions=rows, splits=moved, per_split=2)
    splits = [row["split"] for row in chosen["sessions"]]
    assert sorted(splits) == ["other", "test", "test", "train", "train"]
    assert chosen == choose([], sessions=rows[::-1], splits=moved, per_split=2)
    assert choose([], sessions=rows, per_split=0)["sessions"] == []


def test_a_session_with_several_reasons_stands_once_with_all_of_them():
    sound = {"timing": of_set("x", offset_ms=35.0), "mix": {"dc": of_set("x", dc_offset=0.5)}}
    refused = {
        "copy_in_other_split": {"examples": [{"source_set": "a", "session_id": "x", "n": 7}]}
    }
    labels = {"snare": {"a": [{"session_id": "x", "n": 3}], "b": [{"session_id": "y", "n": 4}]}}
    reports = {"m": report(sound=sound, refused=refused, labels=labels), "a": report(sound=sound)}
    errata = [{"action": "leave_out", "reason": "out of sync"}, {"action": "flag", "reason": "odd"}]
    chosen = choose([], reports.items(), sessions=[session("x", errata=errata)])
    [row] = chosen["sessions"]
    assert [(reason["kind"], reason["says"]) for reason in row["reasons"]] == [
        ("timing", "offset ms 35"),
        ("dc", "mix: dc offset 0.5"),
        ("left_out", "copy in other split, 7 hits"),
        ("left_out", "out of sync"),
        ("sample", "train"),
        ("label", "snare: 3"),
    ]


def test_labels_come_last_and_say_what_the_excerpt_is_to_show():
    labels = {"snare": {"a": [{"session_id": "x", "n": 3}]}}
    sound = {"past_end": of_set("late", seconds=2.0)}
    chosen = choose(["x", "late"], {"m": report(sound=sound, labels=labels)}.items(), per_split=0)
    assert ids(chosen) == ["late", "x"]
    assert [row["focus"] for row in chosen["sessions"]] == [{"end": True}, {"label": "snare"}]


def test_names_of_other_source_sets_and_of_sessions_that_are_gone_are_passed_over():
    sound = {"timing": {"examples": [{"source_set": "b", "session_id": "x"}]} | {"sessions": 1}}
    gone = {"silent": of_set("gone", peak_dbfs=None)}
    chosen = choose(["x"], {"m": report(sound=sound | gone)}.items(), per_split=0)
    assert chosen == {"source_set": "a", "sessions": [], "not_shown": []}


def test_an_anchor_is_of_the_session_and_not_of_its_place():
    one, two = choose(["x", "y"], per_split=5), choose(["y"])
    anchors = {row["session_id"]: row["anchor"] for row in one["sessions"]}
    assert two["sessions"][0]["anchor"] == anchors["y"] != anchors["x"]


@pytest.mark.parametrize("sound", [None, {"mix": None}], ids=["not measured", "no mix"])
def test_a_report_without_sound_names_nobody_for_it(sound):
    assert choose(["x"], {"m": report(sound=sound)}.items(), per_split=0)["sessions"] == []


@pytest.mark.parametrize(
    ("kind", "values", "focus"),
    [
        ("clipped", {"clipped_share": 0.1, "clipped_at": 12.5}, {"at": 12.5}),
        ("clipped", {"clipped_share": 0.1, "clipped_at": None}, {}),
        ("outlier", {"above_median_lu": 12.0, "loudest_at": 3.2}, {"at": 3.2}),
        ("timing", {"offset_ms": 40.0, "drift_ms_per_min": 12.0}, {"end": True}),
        ("timing", {"offset_ms": 40.0, "drift_ms_per_min": -12.0}, {"start": True}),
        ("timing", {"offset_ms": 40.0, "drift_ms_per_min": None}, {}),
        ("past_end", {"events": 2}, {"end": True}),
    ],
    ids=["clipped", "several", "loud", "later and later", "less and less", "short", "past end"],
)
def test_the_excerpt_is_to_show_where_a_fault_is_worst(kind, values, focus):
    reports = {"m": report(sound={kind: of_set("x", **values)})}
    assert choose(["x"], reports.items(), per_split=0)["sessions"][0]["focus"] == focus


def test_a_fault_that_shows_anywhere_leaves_the_place_to_one_that_has_a_place():
    sound = {
        "clipped": of_set("x", "y", clipped_share=0.1, clipped_at=12.5),
        "dc": of_set("x", dc_offset=0.1),
        "outlier": of_set("x", above_median_lu=12.0, loudest_at=3.2),
        "timing": of_set("x", offset_ms=40.0, drift_ms_per_min=None),
    }
    doubt = {"session_id": "z", "family": "crash", "n_hits": 9, "n_accepted": 2}
    sound["silent"] = of_set("z", near_silence_share=0.9)
    chosen = choose(["x", "y", "z"], {"m": report(sound=sound)}.items(), [doubt], per_split=0)
    focus = {row["session_id"]: row["focus"] for row in chosen["sessions"]}
    assert focus == {"x": {"at": 12.5}, "y": {"at": 12.5}, "z": {"doubt": True}}
    kinds = [reason["kind"] for reason in chosen["sessions"][0]["reasons"]]
    assert kinds == ["timing", "clipped", "dc", "outlier"]
