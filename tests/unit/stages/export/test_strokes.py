import math

import pyarrow as pa
import pytest
from checkout import REPO
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.export.class_maps import make_class_maps
from drumcorpus.stages.export.layout import STROKE
from drumcorpus.stages.export.strokes import (
    class_id_lists,
    event_class_id_lists,
    multi_hot,
    strokes_of,
    technique_lists,
)
from drumcorpus.stages.export.windows import WINDOWS

RATE = 1000
TAXONOMY = REPO / "resources/taxonomy"
LABELS = list(read_yaml(TAXONOMY / "components.yaml"))
CLASSES = read_yaml(TAXONOMY / "class_maps.yaml")
MAPS = make_class_maps(LABELS, CLASSES)
NO_IDS = {name: [] for name in MAPS.ids}
RING_MS = dict.fromkeys(LABELS, 250) | {"crash": 3000, "crash2": 3000, "cowbell": 0}


def stroke(label, velocity=0.5, **changes):
    return {"label": label, "velocity": velocity, "confidence": 1.0} | changes


def event(event_id, onset, *components, **changes):
    return {
        "event_id": event_id,
        "source_set": "egmd",
        "session_id": "s1",
        "audio_path": "s1.wav",
        "split": "train",
        "onset_time": onset,
        "techniques": [],
        "components": [c if isinstance(c, dict) else stroke(c) for c in components],
    } | changes


def window(start, length, **changes):
    return {
        "session_id": "s1",
        "audio_path": "s1.wav",
        "start_sample": start,
        "n_samples": length,
    } | changes


def tables(windows, events):
    return pa.Table.from_pylist(windows, WINDOWS), pa.Table.from_pylist(events, EVENTS)


def struck_of(windows, events):
    tables_ = tables(windows, events)
    return strokes_of(*tables_, MAPS, sample_rate_hz=RATE, ring_ms=RING_MS)


def heard(lists):
    """(event, label, onset in ms) of each window."""
    return [
        [(s["event_id"], s["label"], round(s["onset"] * 1000, 3)) for s in found]
        for found in lists.to_pylist()
    ]


EVENTS_OF_A_SECOND = [
    event("a", 0.5, "crash"),
    event("b", 1.0, "kick", "hihat_closed"),
    event("c", 1.25, "snare"),
    event("d", 1.5, "kick"),
]


def test_what_sounds_in_a_window():
    struck = struck_of([window(1000, 500), window(1260, 200), window(-80, 280)], EVENTS_OF_A_SECOND)
    assert heard(struck.strokes) == [
        [("b", "kick", 0.0), ("b", "hihat_closed", 0.0), ("c", "snare", 250.0)],
        [],
        [],
    ]
    assert heard(struck.ringing) == [
        [("a", "crash", -500.0)],
        [("a", "crash", -760.0), ("c", "snare", -10.0)],  # b rang until 1.25
        [],
    ]
    assert struck.strokes.type == struck.ringing.type == pa.list_(STROKE)


def test_the_borders_of_a_window():
    """The start is inside, the end is not; what rings until the very start does not ring in."""
    events = [
        event("ends", 0.75, "kick"),  # rings until 1.0
        event("rings", 0.751, "kick"),
        event("first", 1.0, "kick"),
        event("last", 1.499, "kick"),
        event("after", 1.5, "kick"),
        event("dry", 0.999, "cowbell"),
    ]
    struck = struck_of([window(1000, 500)], events)
    assert [e for e, *_ in heard(struck.strokes)[0]] == ["first", "last"]
    assert [e for e, *_ in heard(struck.ringing)[0]] == ["rings"]


def test_equal_onsets_stand_by_event_id_and_components_as_they_are():
    events = [
        event("z", 1.0, "kick"),
        event("m", 1.0, "snare", "kick"),
        event("a", 1.0, "crash"),
        event("late", 1.1, "kick"),
    ]
    struck = struck_of([window(900, 500)], events)
    assert [(e, label) for e, label, _ in heard(struck.strokes)[0]] == [
        ("a", "crash"),
        ("m", "snare"),
        ("m", "kick"),
        ("z", "kick"),
        ("late", "kick"),
    ]
    assert struck.first.tolist() == [True, True, False, True, True]
    assert struck.event.tolist() == [2, 1, 1, 0, 3]


def test_other_sessions_and_recordings_are_not_heard():
    events = [
        event("other session", 1.0, "kick", session_id="s2"),
        event("other recording", 1.0, "kick", audio_path="t.wav"),
        event("no recording", 1.0, "kick", audio_path=None),
        event("own", 1.0, "kick"),
    ]
    struck = struck_of([window(900, 500), window(900, 500, audio_path="t.wav")], events)
    assert [[e for e, *_ in found] for found in heard(struck.strokes)] == [
        ["own"],
        ["other recording"],
    ]


def test_a_stroke_says_all_that_is_known_of_it():
    component = stroke("crash2", 0.8, openness=0.25, cymbal=2, confidence=0.9)
    events = [
        event("a", 1.0, component, stroke("kick", None, confidence=None), techniques=["flam"])
    ]
    found = struck_of([window(900, 500)], events).strokes.to_pylist()[0]
    assert found == [
        {"onset": 1.0 - 0.9, "event_id": "a", "label": "crash2", "velocity": 0.8, "openness": 0.25}
        | {"cymbal": 2, "confidence": 0.9, "techniques": ["flam"]},
        {"onset": 1.0 - 0.9, "event_id": "a", "label": "kick", "velocity": None, "openness": None}
        | {"cymbal": None, "confidence": None, "techniques": ["flam"]},
    ]


def test_class_ids_of_every_map():
    events = [
        event("a", 1.0, "crash3", "kick"),
        event("b", 1.1, "cowbell"),
        event("c", 9.0, "crash"),
    ]
    rows, table = tables([window(900, 500, event=1), window(4000, 500), window(8999, 9)], events)
    struck = strokes_of(rows, table, MAPS, sample_rate_hz=RATE, ring_ms=RING_MS)
    assert class_id_lists(struck, 3, MAPS).to_pylist() == [
        {
            "components": [LABELS.index("kick"), LABELS.index("crash3"), LABELS.index("cowbell")],
            "classes_3": [0],
            "classes_5": [0, 3],
            "classes_8": [0, 4, 5],
            "classes_18": [0, 8, 16],
        },
        NO_IDS,
        {
            "components": [LABELS.index("crash")],
            "classes_3": [],
            "classes_5": [3],
            "classes_8": [5],
            "classes_18": [8],
        },
    ]
    own = event_class_id_lists(rows, table, MAPS).to_pylist()
    assert own[1:] == [None, None]
    assert own[0]["components"] == [LABELS.index("cowbell")]
    assert own[0]["classes_3"] == []
    names = [MAPS.classes["classes_8"][number] for number in (0, 4, 5)]
    assert names == ["BD", "BE", "CY"]


def test_techniques_of_a_window_stand_once():
    events = [
        event("a", 1.0, "snare", "kick", techniques=["flam", "roll"]),
        event("b", 1.1, "snare", techniques=["brush", "flam"]),
        event("c", 9.0, "snare", techniques=["ghost"]),
    ]
    rows, table = tables([window(900, 500), window(2000, 10), window(8000, 2000)], events)
    struck = strokes_of(rows, table, MAPS, sample_rate_hz=RATE, ring_ms=RING_MS)
    lists = technique_lists(struck, 3, table)
    assert lists.to_pylist() == [["brush", "flam", "roll"], [], ["ghost"]]


def test_multi_hot():
    ids = pa.array([[0, 2], [], None, [1]], pa.list_(pa.int32()))
    assert multi_hot(ids, 3).tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize("name", ["velocity", "openness", "confidence"])
@pytest.mark.parametrize("value", [math.nan, math.inf], ids=str)
def test_what_is_no_number_is_refused(name, value):
    events = [event("a", 1.0, "kick"), event("b", 1.0, "kick", stroke("snare", **{name: value}))]
    with pytest.raises(
        ValueError, match=f"event b: {name}: expected a number or null, got {value}"
    ):
        struck_of([window(0, 10)], events)


def test_a_label_that_is_none_is_refused():
    with pytest.raises(ValueError, match="no component: gong; allowed: kick"):
        struck_of([window(0, 10)], [event("a", 1.0, "gong")])


@pytest.mark.parametrize(
    ("windows", "events"),
    [([], []), ([], [event("a", 1.0, "kick")]), ([window(0, 10)], [])],
    ids=["nothing", "no window", "no event"],
)
def test_nothing_makes_nothing(windows, events):
    rows, table = tables(windows, events)
    struck = strokes_of(rows, table, MAPS, sample_rate_hz=RATE, ring_ms=RING_MS)
    assert struck.strokes.to_pylist() == struck.ringing.to_pylist() == [[] for _ in windows]
    ids = class_id_lists(struck, len(windows), MAPS).to_pylist()
    assert ids == [NO_IDS for _ in windows]
    assert technique_lists(struck, len(windows), table).to_pylist() == [[] for _ in windows]
    assert event_class_id_lists(rows, table, MAPS).to_pylist() == [None for _ in windows]


# Times on a coarse grid, so that onsets are equal and stand at the borders of windows.
ONSETS = st.integers(-3, 60).map(lambda steps: steps / 20) | st.floats(-0.2, 3.0)
SESSIONS = st.sampled_from([("s1", "a.wav"), ("s1", "b.wav"), ("s2", "a.wav"), ("s3", None)])


@st.composite
def shards(draw):
    """Events and windows of a few sessions, in any order."""
    windows, events = [], []
    for number in range(draw(st.integers(0, 12))):
        session_id, audio_path = draw(SESSIONS)
        labels = draw(st.lists(st.sampled_from(LABELS), max_size=3))
        own = {"session_id": session_id, "audio_path": audio_path}
        own["techniques"] = draw(st.sampled_from([[], ["flam"], ["brush", "flam"]]))
        events.append(event(f"e{number * 7 % 12:02d}", draw(ONSETS), *labels, **own))
    for _ in range(draw(st.integers(0, 6))):
        session_id, audio_path = draw(SESSIONS)
        start = draw(st.integers(-5, 50).map(lambda steps: 50 * steps))
        own = {"session_id": session_id, "audio_path": audio_path}
        own["event"] = draw(st.none() | st.integers(0, len(events) - 1)) if events else None
        windows.append(window(start, draw(st.sampled_from([1, 50, 280, 1000, 4000])), **own))
    ring = draw(st.lists(st.sampled_from([0, 50, 250, 3000]), min_size=25, max_size=25))
    return windows, events, dict(zip(LABELS, ring, strict=True))


def slowly(windows, events, ring_ms):
    """As `strokes_of` states it, over all events for every window."""
    inside, ringing = [], []
    for w in windows:
        start, duration = w["start_sample"] / RATE, w["n_samples"] / RATE
        found = ([], [])
        for e in sorted(events, key=lambda e: (e["onset_time"], e["event_id"])):
            if (e["session_id"], e["audio_path"]) != (w["session_id"], w["audio_path"]):
                continue
            onset = e["onset_time"] - start
            for component in e["components"]:
                one = {name: component.get(name) for name in ("label", "velocity", "confidence")}
                one |= {"onset": onset, "event_id": e["event_id"], "techniques": e["techniques"]}
                if 0 <= onset < duration:
                    found[0].append(one)
                elif onset < 0 and -onset < ring_ms[component["label"]] / 1000:
                    found[1].append(one)
        inside.append(found[0])
        ringing.append(found[1])
    return inside, ringing


def ids_slowly(labels):
    """Class ids of labels, by map."""
    ids = {"components": sorted({LABELS.index(label) for label in labels})}
    for name, of in CLASSES.items():
        order = list(dict.fromkeys(of[label] for label in LABELS if of[label]))
        ids[name] = sorted({order.index(of[label]) for label in labels if of[label]})
    return ids


@settings(max_examples=200, deadline=None)
@given(shards())
def test_a_slow_computation_finds_the_same(shard):
    windows, events, ring_ms = shard
    rows, table = tables(windows, events)
    struck = strokes_of(rows, table, MAPS, sample_rate_hz=RATE, ring_ms=ring_ms)
    inside, ringing = slowly(windows, events, ring_ms)
    names = {"onset", "event_id", "label", "velocity", "confidence", "techniques"}
    for lists, expected in ((struck.strokes, inside), (struck.ringing, ringing)):
        got = [[{n: s[n] for n in names} for s in found] for found in lists.to_pylist()]
        assert got == expected
    ids = class_id_lists(struck, len(windows), MAPS).to_pylist()
    assert ids == [ids_slowly([s["label"] for s in found]) for found in inside]
    techniques = technique_lists(struck, len(windows), table).to_pylist()
    assert techniques == [sorted({t for s in found for t in s["techniques"]}) for found in inside]
    assert event_class_id_lists(rows, table, MAPS).to_pylist() == [
        None
        if w["event"] is None
        else ids_slowly([c["label"] for c in events[w["event"]]["components"]])
        for w in windows
    ]
