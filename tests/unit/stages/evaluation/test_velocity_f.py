"""F with velocity is mir_eval's, session by session."""

import mir_eval
import numpy as np
import pytest

from drumcorpus.ground.predictions.hit_columns import NO_VELOCITY, VELOCITY_PARTS, make_hits
from drumcorpus.ground.statistics.matching import match_onsets, merge_onsets
from drumcorpus.stages.evaluation.velocity_f import VelocityF


def figures_of(reference, predictions, n_classes=3):
    sides = (reference, predictions)
    keys = [side.session.astype(int) * n_classes + side.label for side in sides]
    onsets = merge_onsets(
        *[(key, side.onset) for key, side in zip(keys, sides, strict=True)], each_once=True
    )
    counted = VelocityF(n_classes)
    counted.add(onsets, match_onsets(onsets, 50_000), sides)
    return counted.figures()


def theirs(session, reference, predictions):
    """Hits within the tolerance, of mir_eval with notes of one length and a pitch by class."""
    columns = []
    for side in (reference, predictions):
        rows = side.session == session
        onset = side.onset[rows] / 1e6
        velocity = side.velocity[rows] / VELOCITY_PARTS * 127
        pitch = 100.0 * 2.0 ** side.label[rows]
        columns += [np.stack([onset, onset + 0.1], axis=1), pitch, velocity]
    matching = mir_eval.transcription_velocity.match_notes(
        *columns, onset_tolerance=0.05, offset_ratio=None, strict=False
    )
    return len(matching)


def test_matches_are_those_of_mir_eval():
    random = np.random.default_rng(1)
    n = 400
    session = np.sort(random.integers(0, 20, n))
    # So far apart that what is matched with what leaves no choice.
    onset = np.arange(n) * 0.3
    label, velocity = random.integers(0, 3, n), random.integers(1, 128, n) / 127
    reference = make_hits(session, label, onset, velocity)
    heard = np.clip(0.5 * velocity + 0.2 + random.normal(0, 0.06, n), 0, 1)
    said = np.where(random.random(n) < 0.1, (label + 1) % 3, label)
    kept = random.random(n) < 0.9
    moved = onset + random.uniform(-0.045, 0.045, n)
    predictions = make_hits(session[kept], said[kept], np.abs(moved)[kept], heard[kept])
    row = figures_of(reference, predictions)
    assert row["sessions"] == 20
    assert (row["reference"], row["predicted"]) == (n, kept.sum())
    expected = sum(theirs(number, reference, predictions) for number in range(20))
    assert 100 < expected < n
    assert row["tp"] == expected


def test_a_session_without_velocities_or_that_does_not_vary_does_not_count():
    times, ones = [1.0, 2.0, 3.0], np.zeros(3)
    flat = make_hits(ones, ones, times, [0.5, 0.5, 0.5])
    varied = make_hits(ones, ones, times, [0.2, 0.5, 0.9])
    lacking = make_hits(ones, ones, times, [0.2, np.nan, 0.9])
    assert lacking.velocity[1] == NO_VELOCITY
    assert figures_of(flat, varied) is None
    assert figures_of(lacking, varied) is None
    assert figures_of(varied, lacking) is None
    assert figures_of(varied, varied)["f"] == 1.0
    # A system that says one velocity is fitted by the mean, 0.533 of a range of 0.7.
    assert figures_of(varied, flat)["f"] == pytest.approx(1 / 3)


def test_half_a_million_matches_of_one_session_are_fitted_as_few_are():
    random = np.random.default_rng(5)
    n = 500_000  # sums of products beyond 64 bits
    velocity = random.integers(1, 128, n) / 127
    onset = np.arange(n) * 0.15
    heard = np.clip(0.7 * velocity + 0.25 + random.normal(0, 0.05, n), 0, 1)
    ones = np.zeros(n)
    row = figures_of(make_hits(ones, ones, onset, velocity), make_hits(ones, ones, onset, heard))
    slope, offset = np.polyfit(heard, velocity, 1)
    near = np.abs(slope * heard + offset - velocity) < 0.1 * (velocity.max() - velocity.min())
    assert row["tp"] == pytest.approx(near.sum(), rel=1e-4)
    assert near.mean() > 0.8
