"""Counts are pooled, absent classes are none, and every mean has its own name."""

import math

import numpy as np
import pytest
from scipy import stats

from drumcorpus.ground.predictions.hit_columns import make_hits
from drumcorpus.ground.statistics.scores import (
    capped,
    effective_number,
    f_measure,
    fold_mean,
    mean_over,
    pooled,
    track_mean,
)
from drumcorpus.stages.evaluation import counting
from drumcorpus.stages.evaluation.counting import count_matches

# Two sessions, classes 0 to 2; of class 2 the reference has none.
REFERENCE = make_hits([0, 0, 0, 1, 1], [0, 0, 1, 0, 0], [1.0, 2.0, 3.0, 1.0, 2.0])
PREDICTED = make_hits([0, 0, 0, 0, 1, 1], [0, 1, 1, 2, 0, 0], [1.03, 2.01, 3.0, 9.0, 1.0, 5.0])


def counted(reference=REFERENCE, predicted=PREDICTED, windows=(20, 50), n_sessions=2):
    return count_matches(
        reference,
        predicted,
        n_sessions=n_sessions,
        n_classes=3,
        headline=50,
        windows=windows,
        curve=(10, 30),
    )


def test_hits_are_counted_by_session_class_and_window():
    counts = counted()
    assert counts.table().tolist() == [
        [[1, 0, 1], [1, 1, 0], [0, 1, 0]],
        [[1, 1, 1], [0, 0, 0], [0, 0, 0]],
    ]
    assert counts.table(20)[0, 0].tolist() == [0, 1, 2]
    assert {ms: tp.tolist() for ms, tp in counts.curve.items()} == {10: [1, 1, 0], 30: [2, 1, 0]}


def test_the_error_budget_says_what_was_taken_for_what():
    """The second hit of class 0 is called class 1; 9.0 and 5.0 are near nothing."""
    counts = counted()
    assert counts.confusions.budget(0, ("BD", "SD", "TT")) == {
        "found": 2,
        "taken_for": {"SD": 1},
        "missed": 1,
        "said_instead_of": {},
        "phantom": 1,
    }
    assert counts.confusions.budget(1, ("BD", "SD", "TT"))["said_instead_of"] == {"BD": 1}
    assert counts.confusions.budget(2, ("BD", "SD", "TT"))["phantom"] == 1
    table = counts.confusions.table
    assert table[:3].sum() == len(REFERENCE)
    assert table[:, :3].sum() == len(PREDICTED)


def test_blocks_of_sessions_add_up(monkeypatch):
    whole = counted()
    monkeypatch.setattr("drumcorpus.stages.evaluation.counting.BLOCK_HITS", 1)
    parts = counted()
    assert parts.table().tolist() == whole.table().tolist()
    assert parts.confusions.table.tolist() == whole.confusions.table.tolist()
    assert parts.offsets.table.sum() == whole.offsets.table.sum() == 3


def test_exact_duplicates_of_a_class_are_merged_and_counted_on_both_sides():
    twice = make_hits([0, 0, 0], [0, 0, 1], [1.0, 1.0, 1.0])
    counts = counted(twice, twice, n_sessions=1)
    assert counts.table()[0].tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert counts.merged.tolist() == [[1, 0, 0], [1, 0, 0]]


def test_a_class_without_reference_has_no_score():
    assert pooled(np.array([0, 5, 0])) == {
        "reference": 0,
        "predicted": 5,
        "tp": 0,
        "fp": 5,
        "fn": 0,
        "precision": None,
        "recall": None,
        "f": None,
    }
    assert pooled(np.array([0, 0, 4]))["f"] == 0.0
    assert pooled(np.array([0, 0, 4]))["precision"] is None


def test_macro_micro_and_the_mean_over_tracks_are_three_numbers():
    table = counted().table()
    values = f_measure(table.sum(axis=0))
    assert values[0] == pytest.approx(4 / 7)
    assert values[1] == pytest.approx(2 / 3)
    assert math.isnan(values[2])
    assert mean_over(values) == pytest.approx((4 / 7 + 2 / 3) / 2)
    assert pooled(table.sum(axis=(0, 1)))["f"] == pytest.approx(6 / 11)
    assert track_mean(table)[0] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert track_mean(table)[1] == pytest.approx(2 / 3)


def test_the_fold_mean_is_over_folds_of_all_classes():
    table = counted().table()
    folds = {"first": ["a"], "second": ["b"]}
    mean = fold_mean(table, ["a", "b"], folds)
    assert mean["folds"]["first"] == {"f": pytest.approx(4 / 7), "sessions": 1}
    assert mean["f"] == pytest.approx((4 / 7 + 1 / 2) / 2)


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"], ["a", "b", "b"]])
def test_folds_that_do_not_part_the_sessions_are_refused(names):
    with pytest.raises(ValueError, match="every session that is scored in one fold"):
        fold_mean(counted().table(), ["a", "b"], {"all": names})


def test_capped_counts_are_whole_parts_and_bound_what_one_session_weighs():
    table = np.array([[[1_450, 100, 0]], [[5, 0, 5]]])
    parts = capped(table)
    assert parts.dtype == np.int64
    assert parts[1].tolist() == [[5_000, 0, 5_000]]
    assert parts[0, 0, 0] == 1_450 * 14  # 20 / 1450 in thousandths
    assert f_measure(parts.sum(axis=0))[0] < f_measure(table.sum(axis=0))[0]


def test_the_effective_number_falls_where_one_group_has_most():
    assert effective_number(np.array([7, 7, 7])) == pytest.approx(3)
    assert effective_number(np.array([1_450, 1, 1])) == pytest.approx(1.0028, abs=1e-4)
    assert effective_number(np.array([0, 0])) == 0


def test_timing_is_told_in_signed_milliseconds():
    offsets = [-30, -10, 0, 10, 12, 25]
    times = np.arange(6) + 1.0
    reference = make_hits(np.zeros(6), np.zeros(6), times)
    predicted = make_hits(np.zeros(6), np.zeros(6), times + np.array(offsets) / 1_000)
    counts = counted(reference, predicted, n_sessions=1)
    assert counts.offsets.figures(counts.offsets.table[0]) == {
        "matches": 6,
        "median_ms": 5.0,
        "mad_ms": 11.0,
        "beyond_20_ms": 2 / 6,
    }
    assert counts.offsets.figures(counts.offsets.table[1]) is None


def test_velocity_is_told_within_sessions_where_the_reference_varies():
    """Session 0 follows in order and is louder throughout; session 1 has one velocity alone."""
    n = 12
    times = np.arange(n) + 1.0
    ours = np.concatenate([np.linspace(0.1, 0.65, n), np.full(n, 0.5)])
    theirs = np.concatenate([np.linspace(0.1, 0.65, n) + 0.2, np.linspace(0, 1, n)])
    session = np.repeat([0, 1], n)
    sides = [
        make_hits(session, np.zeros(2 * n), np.tile(times, 2), velocity)
        for velocity in (ours, theirs)
    ]
    figures = counted(*sides).velocities.figures(0)
    assert figures["sessions"] == 1
    assert figures["spearman_median"] == pytest.approx(1)
    assert figures["mean_absolute_error"] == pytest.approx(0.2, abs=1e-4)
    assert counted(*sides).velocities.figures(1) is None


def test_rank_correlations_are_spearman_s_with_ties():
    random = np.random.default_rng(4)
    n = 40
    times = np.arange(n) + 1.0
    ours, theirs = random.integers(0, 9, (2, n)) / 10
    sides = [make_hits(np.zeros(n), np.zeros(n), times, v) for v in (ours, theirs)]
    figures = counted(*sides, n_sessions=1).velocities.figures(0)
    assert figures["spearman_median"] == pytest.approx(stats.spearmanr(ours, theirs).statistic)


def test_recall_is_told_by_velocity_and_polyphony():
    reference = make_hits(np.zeros(3), np.zeros(3), [1, 2, 3], [0.2, 0.9, np.nan], [1, 2, 5])
    predicted = make_hits([0, 0], [0, 0], [2.0, 3.0])
    slices = counted(reference, predicted, n_sessions=1).slices
    assert slices.velocity[0].tolist() == [[1, 0], [0, 0], [1, 1], [1, 1]]
    assert slices.polyphony[0].tolist() == [[1, 0], [1, 1], [1, 1]]


def test_many_sessions_of_few_hits_are_cut_into_blocks_whose_keys_have_room(monkeypatch):
    n_sessions = 50
    hits = make_hits(range(n_sessions), [n % 3 for n in range(n_sessions)], [1.0] * n_sessions)
    whole = counted(hits, hits, n_sessions=n_sessions).table()
    assert whole.sum(axis=(0, 1)).tolist() == [n_sessions, 0, 0]
    sizes = []
    monkeypatch.setattr(counting, "MOST_KEYS", 20)
    merge = counting.merge_onsets
    monkeypatch.setattr(
        counting,
        "merge_onsets",
        lambda first, second, **options: (
            sizes.append(int(first[0].max())) or merge(first, second, **options)
        ),
    )
    assert (counted(hits, hits, n_sessions=n_sessions).table() == whole).all()
    assert max(sizes) < 20
    assert len(sizes) == 9  # of six sessions with three classes each
