"""The ride beside a crash: what it sounds like alone is taken out of the hits that it reaches."""

import numpy as np
import pyarrow as pa
import pytest
from cymbal_families import CRASH, RIDE
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.schemas import CYMBAL_EMBEDDINGS, EVENTS
from drumcorpus.stages.crash.companions import (
    N_DIRECTIONS,
    N_STROKES,
    Companion,
    directions_of,
    embed_beside,
)
from drumcorpus.stages.crash.embeddings import embed_hits, feature_names
from drumcorpus.stages.crash.hits import count_embeddings, embed_cymbals

RATE_HZ = 22_050
FINE = np.array([name.startswith("fine_") for name in feature_names()])
NAN = float("nan")


def cymbal(seed, gain=1.0):
    """Sum of 60 decaying modes at random frequencies: the seed is the cymbal."""
    rng = np.random.default_rng(seed)
    frequencies_hz, phases = rng.uniform(300, 9_000, 60), rng.uniform(0, 2 * np.pi, 60)
    times = np.arange(int(1.5 * RATE_HZ)) / RATE_HZ
    modes = np.sin(2 * np.pi * frequencies_hz[:, None] * times + phases[:, None])
    return (gain / 60 * modes.sum(axis=0) * np.exp(-4 * times)).astype(np.float32)


CRASHES = {"crash": cymbal(1), "crash2": cymbal(2), "ride_bow": cymbal(3, 0.7)}


def recording(strokes, duration):
    """Audio of (onset, label) strokes over a little noise."""
    audio = np.random.default_rng(9).normal(0, 1e-4, round(duration * RATE_HZ)).astype(np.float32)
    for onset, label in strokes:
        start = round(onset * RATE_HZ)
        if label in CRASHES:
            audio[start : start + round(1.5 * RATE_HZ)] += CRASHES[label][: len(audio) - start]
    return audio


def events(*rows):
    """Events of one session from (onset, {label: velocity}) or (onset, {…}, audio_path)."""
    table = []
    for number, (onset, struck, *path) in enumerate(rows):
        components = [
            {"label": label, "velocity": velocity, "source_label": label}
            for label, velocity in struck.items()
        ]
        row = {"event_id": f"e{number}", "session_id": "s", "onset_time": onset}
        row |= {"audio_path": path[0] if path else "a.wav", "components": components}
        table.append(dict.fromkeys(EVENTS.names) | row)
    return pa.Table.from_pylist(table, EVENTS)


def embed(table, audio, companion=RIDE.labels):
    return embed_cymbals(
        table, [CRASH], lambda path, spans: audio, sample_rate_hz=RATE_HZ, companion=companion
    )


def patterns(vectors):
    fine = np.array(vectors)[:, FINE]
    fine -= fine.mean(axis=1, keepdims=True)
    return fine / np.linalg.norm(fine, axis=1, keepdims=True)


def companion(*strokes):
    """Strokes of (onset, velocity), all by themselves."""
    onsets, velocities = np.array(strokes, dtype=float).reshape(len(strokes), 2).T
    return Companion(onsets, velocities, np.ones(len(strokes), dtype=bool))


SESSION = [
    *[(2.0 * n, {"ride_bow": 90.0}) for n in range(4)],
    (8.0, {"crash": 80.0}),
    (11.0, {"crash": 80.0, "ride_bow": 90.0}),
    (14.0, {"crash2": 80.0}),
    (17.0, {"crash2": 80.0, "ride_bow": 90.0}),
]


@pytest.fixture(scope="module")
def session():
    strokes = [(onset, label) for onset, struck in SESSION for label in struck]
    return events(*SESSION), recording(strokes, 20)


def test_what_the_ride_brings_in_is_taken_out_and_the_cymbal_stays(session):
    with_ride = patterns(embed(*session, companion=())["embedding"].to_pylist())
    without = patterns(embed(*session)["embedding"].to_pylist())
    # crash, crash with the ride, crash2, crash2 with the ride
    assert with_ride[1] @ with_ride[3] > 0.25  # the ride is in both
    assert abs(without[1] @ without[3]) < 0.15
    assert without[0] @ without[1] > with_ride[0] @ with_ride[1] + 0.05
    assert without[2] @ without[3] > with_ride[2] @ with_ride[3] + 0.05
    assert min(without[0] @ without[1], without[2] @ without[3]) > 0.75


def test_hits_that_no_stroke_reaches_are_described_as_without(session):
    plain, less = embed(*session, companion=()), embed(*session)
    assert less["n_taken_out"].to_pylist() == [0, N_DIRECTIONS, 0, N_DIRECTIONS]
    assert plain["n_taken_out"].to_pylist() == [0] * 4
    for row in (0, 2):
        assert less["embedding"][row] == plain["embedding"][row]
    changed = np.array(less["embedding"].to_pylist()) != plain["embedding"].to_pylist()
    assert changed[1][FINE].all() and not changed[:, ~FINE].any()
    counts = {"cymbal_hits": 4, "undescribed": 0, "less_their_companion": 2}
    assert count_embeddings(less) == counts


def test_nothing_of_what_the_ride_sounds_like_alone_is_left(session):
    table, audio = session
    less = patterns(embed(table, audio)["embedding"].to_pylist())
    alone, _ = embed_hits(audio, RATE_HZ, np.array([0.0, 2.0, 4.0, 6.0]))
    taken_out = directions_of(alone[:, FINE])
    assert np.abs(less[[1, 3]] @ taken_out.T).max() < 1e-6
    assert taken_out @ taken_out.T == pytest.approx(np.eye(N_DIRECTIONS))
    assert taken_out.sum(axis=1) == pytest.approx(np.zeros(N_DIRECTIONS), abs=1e-9)
    assert patterns(alone)[0] @ taken_out.T @ taken_out @ patterns(alone)[0] > 0.95


@pytest.mark.parametrize(
    ("strokes", "reached"),
    [
        ([(0.971, 20)], True),
        ([(0.969, 90)], False),
        ([(1.029, 20)], True),
        ([(1.2, 40)], True),
        ([(1.2, 39)], False),
        ([(1.2, 39), (1.3, 41)], True),
        ([(1.2, NAN)], True),
        ([(1.38, 90)], False),
        ([], False),
    ],
    ids=[
        "just_before_softly",
        "before",
        "at_once_softly",
        "later_at_half_the_velocity",
        "later_softly",
        "later_softly_and_firmly",
        "later_without_velocity",
        "after_the_last_window",
        "none",
    ],
)
def test_a_stroke_reaches_a_hit_at_once_with_it_or_firmly_before_its_end(strokes, reached):
    hits, velocities = np.array([1.0]), np.array([80.0])
    assert companion(*strokes).reaches(hits, velocities).tolist() == [reached]


def test_a_hit_ends_with_the_next_and_one_without_velocity_is_reached():
    hits, velocities = np.array([1.0, 1.15]), np.array([80.0, NAN])
    assert companion((1.3, 90)).reaches(hits, velocities).tolist() == [False, True]
    assert companion((1.3, 1)).reaches(hits, velocities).tolist() == [False, True]
    # Strokes at once are of one hit: the next is the one after both.
    hits = np.array([1.0, 1.01, 1.5])
    assert companion((1.3, 90)).reaches(hits, np.full(3, 80.0)).tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("rides", "hits", "learned_from"),
    [
        ([1.0, 3.0, 5.0], [], [1.0, 3.0, 5.0]),
        ([1.0, 3.0, 5.0], [2.9], [1.0, 5.0]),
        ([1.0, 3.0, 5.0], [3.2], [1.0, 5.0]),
        ([1.0, 3.0, 5.0], [3.0], [1.0, 5.0]),
        ([1.0, 1.01, 3.0, 3.0], [], [1.0, 3.0]),
        ([1.0], [1.2], []),
    ],
    ids=["no_hit", "into_a_ring", "cut_by_a_hit", "at_once", "two_at_once", "never"],
)
def test_a_stroke_is_alone_where_no_hit_rings_or_follows(rides, hits, learned_from):
    strokes = companion(*[(onset, 80) for onset in rides])
    assert strokes.learned_from(np.array(hits)).tolist() == learned_from


def test_strokes_with_another_drum_teach_nothing_and_of_others_the_loudest_do():
    velocities = [80.0] * 50 + [NAN] * 20 + [90.0, 70.0] * 5
    strokes = companion(*[(float(n), velocity) for n, velocity in enumerate(velocities)])
    learned_from = strokes.learned_from(np.array([])).tolist()
    assert learned_from == [0, 1, 2, 3, 4, 5, 6, 70, 72, 74, 76, 78]
    strokes.by_itself[:50] = False
    learned_from = strokes.learned_from(np.array([])).tolist()
    assert learned_from == [50, 51, *range(70, 80)]
    assert len(learned_from) == N_STROKES


def test_strokes_by_themselves_are_found_in_the_events_of_their_recording():
    crash = (9.0, {"crash": 80.0, "ride_bow": 80.0})
    alone = [(1.0, {"ride_bow": 80.0}), (2.0, {"ride_bow": 80.0, "ride_bell": 80.0})]
    kick = [(n, {"ride_bow": 80.0, "kick": 80.0}) for n in (3.0, 4.0)]
    elsewhere = [(5.0, {"ride_bow": 80.0}, "b.wav")]
    audio = recording([(9.0, "crash"), (9.0, "ride_bow"), (1.0, "ride_bow")], 12)
    taken_out = lambda *rows: embed(events(*rows), audio)["n_taken_out"].to_pylist()  # noqa: E731
    assert taken_out(*kick, *elsewhere, crash) == [0]
    assert taken_out(*alone, *kick, crash) == [2]
    assert taken_out(alone[0], (1.02, {"snare": 80.0}), crash) == [0]
    # Without velocities a stroke at once reaches the hit all the same.
    nothing = (9.0, {"crash": None, "ride_bow": None})
    assert taken_out(alone[0], nothing) == [1]


def test_only_a_family_that_numbers_its_cymbals_is_less_the_ride(session):
    table, audio = session
    hits = embed_cymbals(
        table, [RIDE], lambda path, spans: audio, sample_rate_hz=RATE_HZ, companion=CRASH.labels
    )
    assert set(hits["n_taken_out"].to_pylist()) == {0}


def test_the_strokes_that_teach_are_asked_for_with_the_hits(session):
    table, audio = session
    asked = []

    def read(path, spans):
        asked.append(spans)
        return audio

    embed_cymbals(table, [CRASH], read, sample_rate_hz=RATE_HZ, companion=RIDE.labels)
    (spans,) = asked
    heard = spans[:, 0] + 0.203
    assert heard.tolist() == pytest.approx([0.0, 2.0, 4.0, 6.0, 8.0, 11.0, 14.0, 17.0])
    embed_cymbals(
        events(*SESSION[:5]), [CRASH], read, sample_rate_hz=RATE_HZ, companion=RIDE.labels
    )
    assert (asked[1][:, 0] + 0.203).tolist() == pytest.approx([8.0])  # no hit is reached


def test_tables_in_parts_and_slices_say_the_same(session):
    table, audio = session
    whole = embed(table, audio)
    chunked = pa.concat_tables([table.slice(0, 3), table.slice(3, 1), table.slice(4)])
    assert embed(chunked, audio).equals(whole)
    more = pa.concat_tables([events((0.5, {"snare": 1.0})), table])
    assert embed(more.slice(1), audio).equals(whole)


@pytest.mark.parametrize("audio_path", [None, "broken.wav"], ids=["no_audio", "unreadable"])
def test_where_no_sound_is_to_be_had_nothing_is_taken_out(audio_path):
    rows = [(onset, struck, audio_path) for onset, struck in SESSION]

    def read(path, spans):
        raise ValueError("broken")

    hits = embed_cymbals(
        events(*rows), [CRASH], read, sample_rate_hz=RATE_HZ, companion=RIDE.labels
    )
    assert hits.schema == CYMBAL_EMBEDDINGS
    assert hits["embedding"].null_count == hits["n_taken_out"].to_pylist().count(0) == 4


def test_what_strokes_of_one_sample_span_by_rounding_is_no_direction():
    rng = np.random.default_rng(5)
    one, other = rng.normal(size=(2, 202))
    equal = one + 1e-5 * rng.normal(size=(12, 202))
    [direction] = directions_of(equal)
    assert abs(direction @ (one - one.mean()) / np.linalg.norm(one - one.mean())) > 0.9999
    [again] = directions_of(equal[::-1] + 1e-5 * rng.normal(size=(12, 202)))
    assert abs(direction @ again) > 0.9999
    # Another way to strike it, however seldom, is one.
    assert len(directions_of(np.vstack([equal, other]))) == 2


def test_strokes_by_themselves_have_none_but_their_own_kind_beside_them():
    onsets = np.array([0.0, 1.0, 1.02, 2.0, 2.02, 3.0])
    own = np.array([True, True, True, True, False, True])
    found = Companion.among(onsets, np.arange(6.0), own)
    assert found.onsets.tolist() == [0.0, 1.0, 1.02, 2.0, 3.0]
    assert found.velocities.tolist() == [0.0, 1.0, 2.0, 3.0, 5.0]
    assert found.by_itself.tolist() == [True, True, True, False, True]


def test_directions_are_as_many_as_there_are():
    assert directions_of(np.zeros((0, 5))).shape == (0, 5)
    assert directions_of(np.full((3, 5), np.nan)).shape == (0, 5)
    assert directions_of(np.full((3, 5), 2.0)).shape == (0, 5)
    one = np.array([[1.0, 0, 0, 0, 0]])
    assert directions_of(np.vstack([one, 2 * one, one + 7])).shape == (1, 5)


@settings(max_examples=60, deadline=None)
@given(
    hits=st.lists(st.floats(0, 20), max_size=8),
    strokes=st.lists(
        st.tuples(st.floats(0, 20), st.one_of(st.none(), st.floats(1, 127)), st.booleans()),
        max_size=12,
    ),
)
def test_any_strokes_leave_a_row_for_every_hit(hits, strokes):
    onsets, rides = np.array(sorted(hits)), sorted(strokes, key=lambda stroke: stroke[0])
    ride = Companion(
        np.array([at for at, *_ in rides]),
        np.array([velocity for _, velocity, _ in rides], dtype=float),
        np.array([alone for *_, alone in rides], dtype=bool),
    )
    audio = np.random.default_rng(1).normal(0, 0.1, 20 * RATE_HZ).astype(np.float32)
    vectors, reasons, n_taken_out = embed_beside(
        audio, RATE_HZ, onsets, np.full(len(onsets), 80.0), ride
    )
    plain, plain_reasons = embed_hits(audio, RATE_HZ, onsets)
    assert reasons == plain_reasons
    assert np.isfinite(vectors).all(axis=1).tolist() == [reason is None for reason in reasons]
    untouched = n_taken_out == 0
    assert np.array_equal(vectors[untouched], plain[untouched], equal_nan=True)
    for onset in ride.learned_from(onsets):
        assert not ((onsets > onset - 1.0) & (onsets < onset + 0.373)).any()
