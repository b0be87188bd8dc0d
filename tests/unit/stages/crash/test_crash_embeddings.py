"""Crash hits described: features, reasons, and what a stroke's strength may not move."""

import numpy as np
import pytest

from drumcorpus.stages.crash.embeddings import ORDER_FEATURE, embed_hits, feature_names

RATE_HZ = 22_050
FINE = [name.startswith("fine_") for name in feature_names()]


def cymbal(seed, *, gain=1.0, duration=1.5):
    """Sum of 60 decaying modes at random frequencies: the seed is the cymbal."""
    rng = np.random.default_rng(seed)
    frequencies_hz = rng.uniform(300, 9_000, 60)
    phases = rng.uniform(0, 2 * np.pi, 60)
    times = np.arange(int(duration * RATE_HZ)) / RATE_HZ
    modes = np.sin(2 * np.pi * frequencies_hz[:, None] * times + phases[:, None])
    return (gain / 60 * modes.sum(axis=0) * np.exp(-2 * times)).astype(np.float32)


def session(hits, *, duration, noise=1e-4):
    """Audio with a cymbal at each (onset, samples), over a little noise."""
    rng = np.random.default_rng(9)
    audio = rng.normal(0, noise, int(duration * RATE_HZ)).astype(np.float32)
    for onset, samples in hits:
        start = round(onset * RATE_HZ)
        audio[start : start + len(samples)] += samples[: len(audio) - start]
    return audio


def correlation(one, other):
    return np.corrcoef(one[FINE], other[FINE])[0, 1]


def test_every_hit_has_a_row_and_every_column_a_name_of_its_own():
    audio = session([(1.0, cymbal(1)), (3.0, cymbal(2))], duration=5)
    embeddings, reasons = embed_hits(audio, RATE_HZ, np.array([1.0, 3.0]))
    names = feature_names()
    assert embeddings.shape == (2, len(names)) == (2, len(set(names)))
    assert embeddings.dtype == np.float32
    assert np.isfinite(embeddings).all()
    assert reasons == [None, None]


def test_fine_structure_is_the_cymbals_and_not_the_strokes_strength():
    hits = [(1.0, cymbal(1)), (4.0, cymbal(1, gain=0.05)), (7.0, cymbal(2))]
    (loud, soft, other), _ = embed_hits(
        session(hits, duration=10), RATE_HZ, np.array([1.0, 4.0, 7.0])
    )
    assert correlation(loud, soft) > 0.95
    assert abs(correlation(loud, other)) < 0.3


def test_what_rang_before_the_onset_is_taken_away():
    ringing = cymbal(2, gain=4.0, duration=3.0)
    audio = session([(2.0, cymbal(1))], duration=5)
    (clean,), _ = embed_hits(audio, RATE_HZ, np.array([2.0]))
    audio[RATE_HZ : 4 * RATE_HZ] += ringing
    onset = np.array([2.0])
    (subtracted,), _ = embed_hits(audio, RATE_HZ, onset)
    (kept,), _ = embed_hits(audio, RATE_HZ, onset, background_floor=1.0)
    assert correlation(clean, subtracted) > correlation(clean, kept) + 0.03


def test_the_next_crash_does_not_enter_the_description_of_a_hit():
    onsets = np.array([1.0, 1.2])
    alone = session([(1.0, cymbal(1))], duration=4)
    followed = session([(1.0, cymbal(1)), (1.2, cymbal(2, gain=4.0))], duration=4)
    (clean,), _ = embed_hits(alone, RATE_HZ, onsets[:1])
    (cut, _), _ = embed_hits(followed, RATE_HZ, onsets)
    (blind,), _ = embed_hits(followed, RATE_HZ, onsets[:1])
    assert correlation(clean, cut) > 0.9
    assert correlation(clean, cut) > correlation(clean, blind) + 0.1


def test_a_band_that_does_not_rise_at_the_onset_counts_little():
    times = np.arange(4 * RATE_HZ) / RATE_HZ
    steady = (0.5 * np.sin(2 * np.pi * 4_000 * times)).astype(np.float32)
    plain = session([(1.0, cymbal(1))], duration=4)
    (alone,), _ = embed_hits(plain, RATE_HZ, np.array([1.0]))
    (with_tone,), _ = embed_hits(plain + steady, RATE_HZ, np.array([1.0]))
    (blind,), _ = embed_hits(plain + steady, RATE_HZ, np.array([1.0]), background_floor=1.0)
    band = (4_000 - 300) // 43  # the band that holds 4 kHz
    assert abs(with_tone[band]) < 1
    assert correlation(alone, with_tone) > 0.8
    assert correlation(alone, with_tone) >= correlation(alone, blind)


def test_shape_features_have_their_units():
    times = np.arange(3 * RATE_HZ) / RATE_HZ
    tone = np.where(times >= 1, np.sin(2 * np.pi * 1_000 * times) * np.exp(-3 * (times - 1)), 0)
    embeddings, _ = embed_hits(tone.astype(np.float32), RATE_HZ, np.array([1.0]))
    value = dict(zip(feature_names(), embeddings[0].tolist(), strict=True))
    assert value["shape_centroid_hz"] == pytest.approx(1_000, abs=11)
    assert value["shape_rolloff_hz"] == pytest.approx(1_000, abs=11)  # one bin
    assert value["shape_flatness"] < 0.01
    loudest_mel = np.argmax([value[f"mel_mean_{i}"] for i in range(24)])
    assert value[f"mel_decay_{loudest_mel}"] == pytest.approx(-3 * 20 / np.log(10), rel=0.02)


def test_the_order_feature_rises_with_the_modes():
    times = np.arange(RATE_HZ) / RATE_HZ
    low, high = (
        (0.2 * np.sin(2 * np.pi * frequency_hz * times)).astype(np.float32)
        for frequency_hz in (700, 2_900)
    )
    audio = session([(1.0, low), (3.0, high)], duration=5)
    embeddings, _ = embed_hits(audio, RATE_HZ, np.array([1.0, 3.0]))
    column = feature_names().index(ORDER_FEATURE)
    assert embeddings[0, column] < embeddings[1, column]


def test_each_bad_hit_keeps_its_row_and_says_why():
    audio = session([(1.0, cymbal(1)), (5.0, cymbal(1))], duration=8)
    audio[2 * RATE_HZ : 3 * RATE_HZ] = 0
    audio[round(5.3 * RATE_HZ)] = np.nan
    onsets = np.array([1.0, 2.2, 5.0, 7.95, 8.0, 1e6])
    embeddings, reasons = embed_hits(audio, RATE_HZ, onsets)
    assert reasons == [
        None,
        "silent_window",
        "not_finite",
        "too_short_after_onset",
        "onset_past_end",
        "onset_past_end",
    ]
    assert np.isfinite(embeddings[0]).all()
    assert np.isnan(embeddings[1:]).all()


def test_crashes_struck_at_once_tell_of_neither_cymbal():
    audio = session([(at, cymbal(1)) for at in (1.0, 3.0, 3.02, 5.0)], duration=8)
    alone = embed_hits(audio, RATE_HZ, np.array([1.0, 5.0]))[0]
    embeddings, reasons = embed_hits(audio, RATE_HZ, np.array([1.0, 3.0, 3.02, 5.0]))
    assert reasons == [None, "another_of_family_at_once", "another_of_family_at_once", None]
    np.testing.assert_array_equal(embeddings[[0, 3]], alone)


def test_two_crash_strokes_after_one_another_are_both_described():
    audio = session([(1.0, cymbal(1)), (1.05, cymbal(1))], duration=4)
    _, reasons = embed_hits(audio, RATE_HZ, np.array([1.0, 1.05]))
    assert reasons == [None, None]


def test_an_infinity_in_the_background_is_not_finite_too():
    audio = session([(1.0, cymbal(1))], duration=4)
    audio[round(0.9 * RATE_HZ)] = np.inf
    _, reasons = embed_hits(audio, RATE_HZ, np.array([1.0]))
    assert reasons == ["not_finite"]


def test_a_hit_at_time_zero_and_one_near_the_end_are_described():
    audio = session([(0.0, cymbal(1)), (2.0, cymbal(1))], duration=2.43)
    embeddings, reasons = embed_hits(audio, RATE_HZ, np.array([0.0, 2.0]))
    assert reasons == [None, None]
    assert correlation(*embeddings) > 0.7


def test_more_hits_than_a_batch_are_described_as_they_are_alone():
    onsets = np.arange(150) * 0.7 + 0.5
    audio = session([(onset, cymbal(i % 3)) for i, onset in enumerate(onsets)], duration=108)
    together, _ = embed_hits(audio, RATE_HZ, onsets)
    last_two, _ = embed_hits(audio, RATE_HZ, onsets[-2:])
    assert np.allclose(together[-2:], last_two, rtol=1e-3, atol=1e-3)


def test_equal_input_gives_equal_bytes():
    audio = session([(1.0, cymbal(1)), (3.0, cymbal(2))], duration=5)
    first, second = (embed_hits(audio, RATE_HZ, np.array([1.0, 3.0]))[0] for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_no_hits_give_no_rows():
    embeddings, reasons = embed_hits(np.zeros(10, np.float32), RATE_HZ, np.array([]))
    assert embeddings.shape == (0, len(feature_names()))
    assert reasons == []


@pytest.mark.parametrize(
    ("samples", "onsets", "settings", "message"),
    [
        (np.zeros((10, 2), np.float32), [0.0], {}, "mix down"),
        (np.zeros(10, np.int16), [0.0], {}, "float samples"),
        (np.zeros(10, np.float32), [[0.0]], {}, "vector"),
        (np.zeros(10, np.float32), [1.0, 0.0], {}, "sorted"),
        (np.zeros(10, np.float32), [-0.1], {}, "negative"),
        (np.zeros(10, np.float32), [np.nan], {}, "NaN"),
        (np.zeros(10, np.float32), [0.0], {"frequency_range_hz": (300, 12_000)}, "rate"),
        (np.zeros(10, np.float32), [0.0], {"window_starts": (0.2, 0.1)}, "rise"),
        (np.zeros(10, np.float32), [0.0], {"background_starts": (-0.05,)}, "before 0"),
        (np.zeros(10, np.float32), [0.0], {"background_floor": 0.0}, "background_floor"),
        (np.zeros(10, np.float32), [0.0], {"band_hz": 2.0}, "band_hz"),
    ],
    ids=[
        "stereo",
        "integers",
        "onsets a matrix",
        "not sorted",
        "negative",
        "NaN",
        "range above half the rate",
        "windows fall",
        "background after the stroke",
        "no floor",
        "band too narrow",
    ],
)
def test_wrong_arguments_are_refused_with_the_likely_mistake(samples, onsets, settings, message):
    with pytest.raises(ValueError, match=message):
        embed_hits(samples, RATE_HZ, np.array(onsets), **settings)
