"""From hits to events: what belongs together, what it is called, what is left null."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.events import build_events, event_ids
from drumcorpus.hits import HitNames, Hits, double_triggers, group_onsets
from drumcorpus.schemas import EVENTS, SESSIONS

SETTINGS = {
    "simultaneous_ms": 5.0,
    "context_ms": {"pre": 80, "post": 200.0},
    "label_method": "midi",
    "license": "CC-BY-4.0",
    "redistributable": True,
}


def hits_of(rows, label_map):
    """Hits from (source_label, onset) and anything else by name, in their order."""
    names = list(label_map.strokes)
    plain = {"session": 0, "velocity": 0.6, "openness": np.nan, "tempo_bpm": 120.0}
    plain |= {"bar": 1, "beat": 1.0, "meter": "4/4", "confidence": 1.0, "instance": 0}
    plain |= {"audio": -1, "remark": -1, "technique": -1}
    full = [
        plain | {"source_label": label, "stroke": names.index(label), "onset": onset} | more
        for label, onset, more in rows
    ]
    kinds = {"source_label": str, "meter": str, "session": int, "stroke": int, "bar": int}
    kinds |= dict.fromkeys(("instance", "audio", "remark", "technique"), int)
    return Hits(
        **{
            name: np.array([row[name] for row in full], dtype=kinds.get(name, float))
            for name in Hits.__dataclass_fields__
        }
    ).in_order()


def hit(label, onset, **more):
    return label, onset, more


def sessions_of(*names):
    rows = [
        {
            "source_set": "groove_mididataset",
            "session_id": name,
            "group_id": f"gmd/{name}",
            "split": "train",
            "tempo_bpm": 99.0,
            "meter": "9/9",
            "is_synthetic": False,
            "audio_path": f"{name}.wav",
            "notes": [],
            "files": [],
        }
        for name in names
    ]
    return pa.Table.from_pylist(rows, SESSIONS)


@pytest.fixture
def build(taxonomy, td11):
    """Events of hits, as dicts."""

    def build(*rows, sessions=("a",), **changes):
        table = build_events(
            hits_of(rows, td11),
            list(td11.strokes.values()),
            sessions_of(*sessions),
            taxonomy,
            **SETTINGS | changes,
        )
        assert table.schema.equals(EVENTS, check_metadata=True)
        table.validate(full=True)
        return table.to_pylist()

    return build


def starts(onsets, window_ms=5.0, sessions=None):
    session = np.zeros(len(onsets), int) if sessions is None else np.array(sessions)
    return group_onsets(session, np.array(onsets, dtype=float), window_ms / 1000).tolist()


class TestGrouping:
    def test_hits_within_the_window_of_the_first_are_one_event(self):
        assert starts([1.0, 1.002, 1.0049]) == [0]

    def test_hits_further_apart_are_two_events(self):
        assert starts([1.0, 1.0051]) == [0, 1]

    def test_the_window_counts_from_the_first_hit_and_not_from_the_one_before(self):
        # 0, 4 and 8 ms: the third is 4 ms after the second but 8 ms after the first.
        assert starts([0.0, 0.004, 0.008]) == [0, 2]

    def test_a_long_chain_is_cut_again_and_again(self):
        onsets = [step * 0.002 for step in range(10)]  # 0 to 18 ms in steps of 2 ms
        assert starts(onsets) == [0, 3, 6, 9]

    def test_two_sessions_never_share_an_event(self):
        assert starts([1.0, 1.0, 1.001], sessions=[0, 1, 1]) == [0, 1]

    def test_a_chain_does_not_run_on_into_the_next_session(self):
        onsets = [0.0, 0.004, 0.008, 0.008, 0.009, 0.014]
        assert starts(onsets, sessions=[0, 0, 0, 1, 1, 1]) == [0, 2, 3, 5]

    def test_no_hit_makes_no_event(self):
        assert starts([]) == []

    @pytest.mark.parametrize("n_ticks", [5, 6])
    def test_hits_exactly_at_the_window_join_wherever_in_the_session_they_stand(self, n_ticks):
        # At 125 beats a minute and 480 ticks a beat a tick is one millisecond, so that hits
        # five ticks apart are common; what binary fractions round to must not decide.
        for first in range(0, 60_000, 7):
            pair = np.array([first, first + n_ticks]) * (480_000 / (1e6 * 480))
            assert starts(pair) == ([0] if n_ticks == 5 else [0, 1]), f"at {first} ms"

    @settings(deadline=None, max_examples=200)
    @given(st.lists(st.integers(0, 60_000), max_size=60))
    def test_grouping_is_what_a_walk_over_the_hits_finds(self, micros):
        micros = sorted(micros)
        expected, anchor = [], None
        for row, micro in enumerate(micros):
            if anchor is None or micro - anchor > 5000.5:
                expected.append(row)
                anchor = micro
        # Half a microsecond more than 5 ms keeps hits off the window's edge.
        assert starts([micro / 1e6 for micro in micros], window_ms=5.0005) == expected


class TestDoubleTriggers:
    def repeats(self, td11, *rows, window_ms=10.0):
        return double_triggers(hits_of(rows, td11), window_ms / 1000).tolist()

    def test_the_same_pad_within_the_window_is_one_stroke(self, td11):
        rows = hit("38", 1.0), hit("38", 1.009)
        assert self.repeats(td11, *rows) == [False, True]

    def test_another_pad_in_between_does_not_hide_the_repeat(self, td11):
        rows = hit("38", 1.0), hit("36", 1.004), hit("38", 1.009), hit("36", 1.5)
        assert self.repeats(td11, *rows) == [False, False, True, False]

    def test_bow_and_edge_of_one_cymbal_are_two_strokes(self, td11):
        assert self.repeats(td11, hit("49", 1.0), hit("55", 1.001)) == [False, False]

    def test_every_hit_of_a_run_but_the_first_is_a_repeat(self, td11):
        rows = [hit("38", step * 0.009) for step in range(4)]
        assert self.repeats(td11, *rows) == [False, True, True, True]

    def test_two_hits_of_one_instant_are_one_stroke(self, td11):
        assert self.repeats(td11, hit("38", 1.0), hit("38", 1.0)) == [False, True]

    def test_another_session_is_another_stroke(self, td11):
        rows = hit("38", 1.0, session=0), hit("38", 1.0, session=1)
        assert self.repeats(td11, *rows) == [False, False]

    def test_a_window_of_zero_finds_none(self, td11):
        assert self.repeats(td11, hit("38", 1.0), hit("38", 1.0), window_ms=0) == [False, False]

    def test_no_hit_has_no_repeat(self, td11):
        assert self.repeats(td11) == []

    def test_hits_exactly_at_the_window_are_two_strokes_wherever_they_stand(self, td11):
        first = np.arange(0, 600_000, 137)  # ticks of 1 ms, 10 ticks apart
        onsets = np.stack([first, first + 10], axis=1).ravel() * (480_000 / (1e6 * 480))
        rows = [hit("38", onset) for onset in onsets]
        assert sum(self.repeats(td11, *rows)) == 0


class TestEventIds:
    def test_an_id_is_20_hex_digits(self, build):
        (event,) = build(hit("36", 1.0))
        assert len(event["event_id"]) == 20
        assert set(event["event_id"]) <= set("0123456789abcdef")

    def test_ids_are_the_same_for_ever(self):
        # A changed value here orphans every list of event ids that was ever published.
        assert event_ids("groove_mididataset", ["d1/s1/1"] * 2, np.array([0.0, 1.25])) == [
            "d322154fc32c196347e2",
            "884faa9235fa242e3f3e",
        ]

    def test_an_id_does_not_depend_on_other_events_labels_or_sessions(self, build):
        (alone,) = build(hit("36", 1.0))
        among = build(
            hit("38", 0.5, session=0),
            hit("42", 1.0, session=0, velocity=0.1),
            hit("36", 1.0, session=1),
            hit("36", 2.0, session=1),
            sessions=("0", "a"),
        )
        assert among[2]["session_id"] == "a"
        assert among[2]["event_id"] == alone["event_id"]

    def test_ids_differ_between_source_sets_sessions_and_onsets(self):
        sessions = ["a", "a", "b"]
        onsets = np.array([1.0, 1.000001, 1.0])
        ids = event_ids("x", sessions, onsets) + event_ids("y", sessions, onsets)
        assert len(set(ids)) == 6

    def test_names_that_run_together_alike_have_different_ids(self):
        one = event_ids("x", ["a1", "a"], np.array([1e-6, 11e-6]))
        assert len(set(one)) == 2
        assert event_ids("xa", ["b"], np.zeros(1)) != event_ids("x", ["ab"], np.zeros(1))

    def test_noise_below_half_a_microsecond_does_not_change_an_id(self):
        near = np.array([2.0, 2.0 + 4e-7, 2.0 - 4e-7])
        assert len(set(event_ids("x", ["a"] * 3, near))) == 1


class TestEvents:
    def test_simultaneous_hits_become_components_in_order_of_onset(self, build):
        events = build(hit("49", 1.003), hit("36", 1.0), hit("42", 1.3))
        assert [event["onset_time"] for event in events] == [1.0, 1.3]
        labels = [[c["label"] for c in event["components"]] for event in events]
        assert labels == [["kick", "crash"], ["hihat_closed"]]
        assert [c["source_label"] for c in events[0]["components"]] == ["36", "49"]

    def test_an_event_carries_what_its_session_and_its_first_hit_say(self, build):
        (event,) = build(
            hit("36", 1.25, tempo_bpm=138.0, bar=3, beat=2.5, meter="6/8"),
            hit("38", 1.254, tempo_bpm=60.0, bar=4, beat=1.0, meter="4/4"),
        )
        expected = {
            "source_set": "groove_mididataset",
            "session_id": "a",
            "group_id": "gmd/a",
            "split": "train",
            "onset_time": 1.25,
            "offset_time": None,
            "tempo_bpm": 138.0,
            "meter": "6/8",
            "bar": 3,
            "beat": 2.5,
            "style": None,
            "audio_path": "a.wav",
            "annotation_path": None,
            "is_synthetic": False,
            "label_method": "midi",
            "license": "CC-BY-4.0",
            "redistributable": True,
            "context_ms": {"pre": 80.0, "post": 200.0},
            "metadata_ref": "provenance:groove_mididataset/a",
            "negative_example": False,
            "annotation_history": [],
        }
        assert {name: event[name] for name in expected} == expected

    def test_a_component_carries_its_stroke(self, build):
        (event,) = build(hit("55", 1.0, velocity=100 / 127))
        assert event["components"] == [
            {
                "label": "crash",
                "velocity": 0.787402,
                "dynamic_bucket": "medium",
                "openness": None,
                "strike_position": "edge",
                "cymbal": 1,
                "instance": None,
                "confidence": 1.0,
                "source_label": "55",
            }
        ]

    def test_the_order_of_the_hits_leaves_no_trace(self, build):
        rows = [hit(label, onset) for onset in (0.0, 0.5) for label in ("36", "42", "49")]
        assert build(*rows) == build(*reversed(rows))

    def test_onsets_are_kept_to_the_nanosecond(self, build):
        (event,) = build(hit("36", 0.123456789412))
        assert event["onset_time"] == 0.123456789

    def test_an_event_of_a_session_in_the_middle_takes_that_session_s_columns(self, build):
        (event,) = build(hit("36", 1.0, session=1), sessions=("a", "b", "c"))
        assert (event["session_id"], event["audio_path"]) == ("b", "b.wav")

    def test_zero_hits_make_an_empty_table_of_the_same_schema(self, build):
        assert build() == []
        assert build(sessions=()) == []


class TestNulls:
    def test_what_is_unknown_is_null_and_never_nan(self, build):
        (event,) = build(
            hit("36", 1.0, velocity=np.nan, tempo_bpm=np.nan, bar=0, beat=np.nan, openness=np.nan)
        )
        assert [event[name] for name in ("tempo_bpm", "bar", "beat")] == [None] * 3
        (component,) = event["components"]
        names = ("velocity", "dynamic_bucket", "openness")
        assert [component[name] for name in names] == [None] * 3

    def test_a_snare_of_unknown_velocity_is_no_ghost_note(self, build):
        (event,) = build(hit("38", 1.0, velocity=np.nan))
        assert event["techniques"] == []

    def test_openness_is_kept_where_it_is_known(self, build):
        (event,) = build(hit("36", 1.0), hit("42", 1.0, openness=0.0), hit("46", 1.0, openness=1.0))
        openness = {c["source_label"]: c["openness"] for c in event["components"]}
        assert openness == {"36": None, "42": 0.0, "46": 1.0}


class TestDynamics:
    @pytest.mark.parametrize(
        ("velocity", "bucket"),
        [
            (0.0, "ghost"),
            (1 / 127, "ghost"),
            (0.25, "ghost"),
            (0.250001, "light"),
            (0.5, "light"),
            (0.500001, "medium"),
            (0.8, "medium"),
            (0.800001, "accent"),
            (1.0, "accent"),
        ],
    )
    def test_a_bucket_reaches_up_to_and_including_its_bound(self, build, velocity, bucket):
        (event,) = build(hit("36", 1.0, velocity=velocity))
        assert event["components"][0]["dynamic_bucket"] == bucket

    def test_all_velocities_of_midi_have_the_buckets_of_the_bounds(self, build):
        events = build(*(hit("36", v, velocity=v / 127) for v in range(1, 128)))
        buckets = [event["components"][0]["dynamic_bucket"] for event in events]
        counts = {name: buckets.count(name) for name in ("ghost", "light", "medium", "accent")}
        # 31/127 = 0.244, 63/127 = 0.496, 101/127 = 0.795
        assert counts == {"ghost": 31, "light": 32, "medium": 38, "accent": 26}

    @pytest.mark.parametrize("velocity", [0.2499996, 0.25, 0.2500004, 0.2500006])
    def test_ghost_notes_and_the_ghost_bucket_are_cut_at_the_same_velocity(self, build, velocity):
        (event,) = build(hit("38", 1.0, velocity=velocity))
        is_ghost = event["components"][0]["dynamic_bucket"] == "ghost"
        assert event["techniques"] == (["ghost_note"] if is_ghost else [])


class TestTechniques:
    def techniques(self, build, *rows):
        return [event["techniques"] for event in build(*rows)]

    def test_a_technique_stands_on_its_own_event_alone(self, build):
        rows = hit("40", 1.0), hit("38", 2.0), hit("53", 3.0)
        assert self.techniques(build, *rows) == [["rimshot"], [], ["bell"]]

    def test_techniques_of_all_components_stand_once_each_and_sorted(self, build):
        rows = hit("44", 1.0), hit("55", 1.0), hit("59", 1.0), hit("53", 1.001)
        assert self.techniques(build, *rows) == [["bell", "edge", "pedal"]]

    def test_a_soft_snare_is_a_ghost_note(self, build):
        rows = hit("38", 1.0, velocity=31 / 127), hit("38", 2.0, velocity=32 / 127)
        assert self.techniques(build, *rows) == [["ghost_note"], []]

    def test_other_soft_drums_are_no_ghost_notes(self, build):
        rows = [hit(label, i, velocity=0.1) for i, label in enumerate(["36", "40", "37", "42"])]
        assert self.techniques(build, *rows) == [[], ["rimshot"], ["cross_stick"], []]

    def test_a_loud_kick_beside_a_soft_snare_leaves_the_ghost_note(self, build):
        rows = hit("36", 1.0, velocity=1.0), hit("38", 1.0, velocity=0.1)
        assert self.techniques(build, *rows) == [["ghost_note"]]


class TestWhatOnlySomeSourcesSay:
    names = HitNames(("kick.wav", "snare.wav"), ("repaired", "clamped"), ("brush", "flam"))

    def test_hits_of_two_recordings_of_a_session_are_two_events(self, build):
        rows = hit("36", 1.0, audio=0), hit("38", 1.001, audio=1), hit("38", 1.002, audio=1)
        events = build(*rows, names=self.names)
        assert [e["audio_path"] for e in events] == ["kick.wav", "snare.wav"]
        assert [len(e["components"]) for e in events] == [1, 2]

    def test_events_stay_in_order_of_onset_over_recordings(self, build):
        rows = [hit("36", onset, audio=number % 2) for number, onset in enumerate((3.0, 1.0, 2.0))]
        events = build(*rows, hit("36", 2.5), names=self.names)
        assert [e["onset_time"] for e in events] == [1.0, 2.0, 2.5, 3.0]
        assert [e["audio_path"] for e in events] == ["snare.wav", "kick.wav", "a.wav", "kick.wav"]

    def test_one_instant_in_two_recordings_has_two_ids(self, build):
        rows = hit("36", 1.0, audio=0), hit("36", 1.0, audio=1), hit("36", 1.0)
        ids = [event["event_id"] for event in build(*rows, names=self.names)]
        assert len(set(ids)) == 3
        assert build(hit("36", 1.0))[0]["event_id"] in ids

    def test_the_same_label_in_two_recordings_is_no_double_trigger(self, td11):
        rows = hit("36", 1.0, audio=0), hit("36", 1.002, audio=1), hit("36", 1.004, audio=0)
        assert double_triggers(hits_of(rows, td11), 0.01).tolist() == [False, True, False]

    def test_one_label_that_was_looked_up_as_two_is_two_strokes(self, td11):
        rows = hit("36", 1.0), hit("36", 1.002, stroke=1), hit("36", 1.004), hit("36", 1.006)
        assert double_triggers(hits_of(rows, td11), 0.01).tolist() == [False, False, True, True]

    def test_a_remark_stands_once_in_the_history_of_its_event(self, build):
        rows = hit("36", 1.0, remark=1), hit("38", 1.001, remark=1), hit("42", 1.002, remark=0)
        first, second = build(*rows, hit("36", 2.0), names=self.names)
        assert [entry["method"] for entry in first["annotation_history"]] == ["repaired", "clamped"]
        assert first["annotation_history"][0] == {
            "annotation_stage": "ingest",
            "method": "repaired",
            "confidence": None,
            "notes": None,
        }
        assert second["annotation_history"] == []

    def test_a_technique_of_the_hit_joins_those_of_its_stroke(self, build):
        rows = hit("37", 1.0, technique=0), hit("38", 2.0, technique=1)
        first, second = build(*rows, names=self.names)
        assert first["techniques"] == ["brush", "cross_stick"]
        assert second["techniques"] == ["flam"]

    def test_confidence_and_instance_are_kept(self, build):
        rows = hit("45", 1.0, instance=2, confidence=0.1234567), hit("45", 2.0)
        components = [event["components"][0] for event in build(*rows)]
        assert [c["instance"] for c in components] == [2, None]
        assert [c["confidence"] for c in components] == [0.123457, 1.0]
