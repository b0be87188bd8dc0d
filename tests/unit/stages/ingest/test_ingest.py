"""What ingestion makes of what a source set says, whatever the source set."""

import numpy as np
import pyarrow as pa
import pytest
from checkout import REPO
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.schemas import FLAGS, SESSIONS
from drumcorpus.sessions import Refusal
from drumcorpus.stages.ingest.ingest import ingest_sessions, outcome_counts
from drumcorpus.taxonomy import LabelMap, Stroke

DRUMS = LabelMap(
    "drums",
    {"bd": Stroke("kick"), "sd": Stroke("snare")},
    drops={"rev": "reversed_sound", "count": "count_in"},
)
OTHER_KIT = LabelMap("other_kit", {"bd": Stroke("tom_low")}, drops={"sd": "count_in"})


def session(name, **more):
    plain = {"source_set": "made_up", "session_id": name, "group_id": name, "split": "train"}
    return plain | {"is_synthetic": False, "label_map": "drums", "notes": [], "files": []} | more


def hits(*labels, **more):
    found = {"source_label": np.array(labels, dtype=str), "onset": np.arange(1.0, len(labels) + 1)}
    return found | more


SETTINGS = {
    "simultaneous_ms": 5.0,
    "double_trigger_ms": 10.0,
    "context_ms": {"pre": 80.0, "post": 200.0},
    "label_method": "annotation",
    "license": "CC0-1.0",
    "redistributable": True,
}
MAPS = {"drums": DRUMS, "other_kit": OTHER_KIT}
TAXONOMY = load_taxonomy(
    *(REPO / f"resources/taxonomy/{n}.yaml" for n in ("components", "techniques", "dynamics"))
)


@pytest.fixture
def ingest(taxonomy):
    def ingest(answers, sessions, **changes):
        def read_hits(session, read, label_map, options):
            answer = answers[session["session_id"]]
            if isinstance(answer, Exception):
                raise answer
            return dict(answer)

        table = pa.Table.from_pylist(sessions, SESSIONS)
        arguments = table, read_hits, None, MAPS, taxonomy, {}
        return ingest_sessions(*arguments, **SETTINGS | changes)

    return ingest


def ingested_alone(answer):
    """One session of these hits."""
    table = pa.Table.from_pylist([session("a")], SESSIONS)
    arguments = table, lambda *_: dict(answer), None, MAPS, TAXONOMY, {}
    return ingest_sessions(*arguments, **SETTINGS)


def labels(found):
    rows = found.events.to_pylist()
    return [[part["label"] for part in row["components"]] for row in rows]


def test_each_session_is_read_by_its_own_label_map(ingest):
    answers = {"a": hits("bd", "sd"), "b": hits("bd", "sd")}
    found = ingest(answers, [session("a"), session("b", label_map="other_kit")])
    assert labels(found) == [["kick"], ["snare"], ["tom_low"]]
    assert outcome_counts(found.tallies) == {"count_in": 1, "in_event": 3}


def test_a_dropped_label_is_counted_under_the_reason_of_its_map(ingest):
    found = ingest({"a": hits("bd", "rev", "count", "rev", "what")}, [session("a")])
    assert outcome_counts(found.tallies) == {
        "count_in": 1,
        "in_event": 1,
        "reversed_sound": 2,
        "unmapped_label": 1,
    }
    rows = {row["source_label"]: row for row in found.tallies.to_pylist()}
    assert (rows["rev"]["label"], rows["rev"]["n_hits"]) == (None, 2)
    assert rows["bd"]["label"] == "kick"


def test_what_is_looked_up_may_differ_from_what_the_source_says(ingest):
    answer = hits("51", "40", map_label=np.array(["bd", "sd"]))
    found = ingest({"a": answer}, [session("a")])
    assert labels(found) == [["kick"], ["snare"]]
    parts = [row["components"][0]["source_label"] for row in found.events.to_pylist()]
    assert parts == ["51", "40"]


def test_a_session_without_a_label_map_is_not_read(ingest):
    found = ingest({}, [session("a", label_map=None)])
    assert (found.events.num_rows, found.tallies.num_rows, found.refusals) == (0, 0, [])


def test_a_session_may_hold_no_hit(ingest):
    found = ingest({"a": hits(), "b": hits("bd")}, [session("a"), session("b")])
    assert found.events["session_id"].to_pylist() == ["b"]


def test_what_a_reader_does_not_say_is_its_session_s_or_unknown(ingest):
    row = session("a", tempo_bpm=96.0, meter="3/4")
    event = ingest({"a": hits("bd")}, [row]).events.to_pylist()[0]
    assert (event["tempo_bpm"], event["meter"], event["bar"]) == (96.0, "3/4", None)
    part = event["components"][0]
    assert (part["velocity"], part["confidence"], part["instance"]) == (None, 1.0, None)
    assert event["label_method"] == "annotation"
    event = ingest({"a": hits("bd")}, [session("a")]).events.to_pylist()[0]
    assert (event["tempo_bpm"], event["meter"]) == (None, None)


def test_hits_may_have_audio_techniques_and_remarks_of_their_own(ingest):
    answer = hits(
        *("bd", "sd"),
        audio_path=np.array(["k.wav", ""]),
        extra_technique=np.array(["", "brush"]),
        remark=np.array(["repaired", ""]),
        instance=np.array([0, 2]),
        confidence=np.array([0.5, 1.0]),
    )
    first, second = ingest({"a": answer}, [session("a", audio_path="mix.wav")]).events.to_pylist()
    assert (first["audio_path"], second["audio_path"]) == ("k.wav", "mix.wav")
    assert (first["techniques"], second["techniques"]) == ([], ["brush"])
    assert [entry["method"] for entry in first["annotation_history"]] == ["repaired"]
    assert first["components"][0]["confidence"] == 0.5
    assert second["components"][0]["instance"] == 2


def test_an_unknown_technique_stops_with_those_that_are_known(ingest):
    answer = hits("bd", extra_technique=np.array(["brushes"]))
    with pytest.raises(ValueError, match=r"technique 'brushes' is not declared; allowed: bell, br"):
        ingest({"a": answer}, [session("a")])


def test_an_unknown_label_map_stops_with_those_of_the_card(ingest):
    with pytest.raises(ValueError, match="session a: label map 'x'; the card of made_up lists: dr"):
        ingest({"a": hits("bd")}, [session("a", label_map="x")])


def test_a_session_that_cannot_be_read_is_refused_and_the_others_go_on(ingest):
    answers = {"a": UnusableFile("a.txt", "unreadable_annotation", "line 3"), "b": hits("bd")}
    found = ingest(answers, [session("a"), session("b")])
    assert found.refusals == [Refusal("a.txt", "unreadable_annotation", "line 3", "a")]
    assert found.events["session_id"].to_pylist() == ["b"]


def test_a_reader_may_refuse_single_files_of_a_session(ingest):
    refusal = Refusal("x.wav", "unreadable_audio", "no audio", "a")
    found = ingest({"a": hits("bd", refusals=[refusal])}, [session("a")])
    assert found.refusals == [refusal]
    assert found.events.num_rows == 1


def test_hits_with_audio_of_their_own_are_not_held_against_the_session_s(ingest):
    row = session("a", audio_path="mix.wav", audio_duration=1.5)
    found = ingest({"a": hits("bd", "sd")}, [row])
    assert [refusal.reason for refusal in found.refusals] == ["audio_shorter_than_labels"]
    assert found.events["audio_path"].to_pylist() == [None, None]
    own = hits("bd", "sd", audio_path=np.array(["k.wav", "k.wav"]))
    assert ingest({"a": own}, [row]).refusals == []


# Rules that drop strokes, together

STROKES = st.lists(
    st.tuples(
        st.sampled_from(["bd", "sd", "rev", "what"]),
        st.integers(-30, 60),  # ms
        st.sampled_from(["", "k.wav"]),
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=200)
@given(STROKES)
def test_every_stroke_is_in_an_event_or_dropped_for_one_reason_and_of_a_run_one_is_left(strokes):
    names, times, audio = zip(*strokes, strict=True) if strokes else ((), (), ())
    answer = {
        "source_label": np.array(names, dtype=str),
        "onset": np.array(times) / 1000,
        "audio_path": np.array(audio, dtype=str),
    }
    found = ingested_alone(answer)
    counts = outcome_counts(found.tallies)
    assert sum(counts.values()) == len(strokes)
    parts = [part for row in found.events.to_pylist() for part in row["components"]]
    assert counts.get("in_event", 0) == len(parts)
    assert counts.get("before_start", 0) == sum(
        ms < 0 and name in ("bd", "sd") for name, ms, _ in strokes
    )
    expected = 0
    for name in ("bd", "sd"):
        for path in ("", "k.wav"):
            kept = sorted(ms for label, ms, where in strokes if (label, where) == (name, path))
            kept = [ms for ms in kept if ms >= 0]
            expected += sum(
                after - before >= 10 for before, after in zip([-99, *kept], kept, strict=False)
            )
    assert len(parts) == expected


PAIRS = {
    "around the start": ([-0.003, 0.004], {"before_start": 1, "in_event": 1}),
    "before the start": ([-0.007, -0.001], {"before_start": 2}),
    "after the start": ([0.0, 0.007], {"double_trigger": 1, "in_event": 1}),
    "a run over the start": (
        [-0.012, -0.004, 0.003, 0.010, 0.018],
        {"before_start": 2, "double_trigger": 2, "in_event": 1},
    ),
}


@pytest.mark.parametrize("kind", PAIRS)
def test_a_stroke_that_is_dropped_takes_no_other_with_it(kind):
    onsets, expected = PAIRS[kind]
    labels = np.array(["bd"] * len(onsets))
    found = ingested_alone({"source_label": labels, "onset": np.array(onsets)})
    assert outcome_counts(found.tallies) == expected


def test_what_is_wrong_around_strokes_is_a_flag_of_the_session(ingest):
    rows = [
        session("a", annotation_path="a.mid", audio_path="a.wav", channels_cancel=True),
        session("b", annotation_path="b.mid"),
    ]
    answers = {"a": hits("bd", flags={"bad_meter": 2}), "b": hits("bd")}
    found = ingest(answers, rows)
    assert [
        (row["session_id"], row["path"], row["flag"], row["n"]) for row in found.flags.to_pylist()
    ] == [("a", "a.mid", "bad_meter", 2), ("a", "a.wav", "channels_cancel", 1)]
    assert found.flags.schema.equals(FLAGS)


def test_a_known_fault_of_a_session_is_a_flag_unless_the_session_is_left_out(ingest):
    known = {"reason": "out_of_sync", "status": "reported", "source": "x"}
    rows = [
        session("a", errata=[known | {"action": "flag"}]),
        session("b", label_map=None, errata=[known | {"action": "leave_out"}]),
    ]
    found = ingest({"a": hits("bd")}, rows)
    [flag] = found.flags.to_pylist()
    assert (flag["session_id"], flag["path"], flag["flag"]) == ("a", None, "out_of_sync")
    assert flag["detail"] == "reported by x"
    assert found.events["session_id"].to_pylist() == ["a"]
