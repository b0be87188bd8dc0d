"""How scores tell known sounds from others: by hand, and as scikit-learn has it."""

import numpy as np
import pytest
from sklearn import metrics

from drumcorpus.ground.predictions.hit_columns import HitColumns, make_hits
from drumcorpus.ground.statistics import ranking
from drumcorpus.ground.statistics.intervals import make_groups
from drumcorpus.stages.evaluation import open_set_intervals, open_set_sounds
from drumcorpus.stages.evaluation.open_set import figures, open_set
from drumcorpus.stages.evaluation.open_set_intervals import (
    FIGURES,
    count_steps,
    draw_figures,
    figures_of_steps,
)
from drumcorpus.stages.evaluation.reference import Reference, Sessions

W = 50_000


def auroc(known, unknown):
    return figures(known, unknown)["auroc"]


def average_precision(known, unknown):
    return figures(known, unknown)["average_precision"]


def fpr_at_tpr(known, unknown):
    row = figures(known, unknown)
    return row["fpr_at_95_tpr"], row["threshold"]


def reference_of(hits: HitColumns, negatives, unknown_labels, n_sessions, unknown_with_class=()):
    """As `read_reference` has it: labels that are unknown and have no class are no hits."""
    is_unknown = np.isin(hits.label, unknown_labels)
    has_class = ~is_unknown | np.isin(hits.label, unknown_with_class)
    names = [f"s{n}" for n in range(n_sessions)]
    return Reference(
        Sessions(names, ["one"] * n_sessions, names, names),
        hits.take(has_class),
        [],
        {},
        negatives,
        unknown=hits.take(is_unknown),
        is_unknown=is_unknown[has_class],
    )


def told_apart(reference, predictions, unknown_classes=frozenset(), n_draws=200):
    groups = make_groups(reference.sessions.families, reference.sessions.source_sets)
    return open_set(
        reference,
        predictions,
        groups,
        unknown_classes=unknown_classes,
        window=W,
        n_draws=n_draws,
        seed=1,
    )


def test_figures_by_hand():
    known, unknown = np.array([0.9, 0.8, 0.8, 0.3]), np.array([0.8, 0.2])
    # Pairs: 2, 1.5, 1.5 and 1 of 2 each. Precision at 0.9: 1 of 1, at 0.8: 3 of 4, at 0.3: 4 of 5.
    assert auroc(known, unknown) == 6 / 8
    assert average_precision(known, unknown) == pytest.approx((1 + 2 * 0.75 + 0.8) / 4)
    assert fpr_at_tpr(known, unknown) == (0.5, 0.3)


def test_scores_that_are_all_one_know_nothing():
    row = figures(np.full(3, 0.7), np.full(9, 0.7))
    assert (row["auroc"], row["average_precision"], row["fpr_at_95_tpr"]) == (0.5, 0.25, 1.0)


@pytest.mark.parametrize(
    ("n_low", "fpr", "threshold"), [(1, 0.0, 0.9), (2, 1.0, 0.1)], ids=["19 of 20", "18 of 20"]
)
def test_95_percent_are_whole_numbers(n_low, fpr, threshold):
    known = np.array([0.9] * (20 - n_low) + [0.1] * n_low)
    assert fpr_at_tpr(known, np.array([0.5])) == (fpr, threshold)


def test_a_rate_that_no_score_reaches_is_one():
    known = np.array([0.9] * 18 + [-np.inf] * 2)
    assert fpr_at_tpr(known, np.array([0.5])) == (1.0, None)
    assert figures(known, np.array([-np.inf]))["known_without_prediction"] == 2


def test_without_sounds_of_both_kinds_there_is_no_figure():
    for pair in ((np.zeros(0), np.ones(2)), (np.ones(2), np.zeros(0))):
        assert (auroc(*pair), average_precision(*pair), fpr_at_tpr(*pair)) == (
            None,
            None,
            (None, None),
        )


def test_with_ties_the_figures_are_those_of_scikit_learn():
    random = np.random.default_rng(1)
    for _ in range(300):
        n = random.integers(1, 40, 2)
        known, unknown = (random.integers(0, random.integers(1, 12), k) / 8 for k in n)
        truth, score = np.repeat([1, 0], n), np.concatenate([known, unknown])
        assert auroc(known, unknown) == pytest.approx(metrics.roc_auc_score(truth, score))
        assert average_precision(known, unknown) == pytest.approx(
            metrics.average_precision_score(truth, score)
        )
        rates = metrics.roc_curve(truth, score, drop_intermediate=False)
        first = np.argmax(rates[1] >= 0.95 - 1e-12)
        assert fpr_at_tpr(known, unknown) == (pytest.approx(rates[0][first]), rates[2][first])


def test_a_sound_has_the_highest_score_of_what_is_near():
    hits = make_hits([0, 0, 0, 0, 1], [0, 1, 9, 9, 0], [1.0, 1.0, 1.1, 5.0, 0.01])
    predictions = make_hits(
        [0, 0, 0, 0, 0, 1],
        [0, 1, 1, 2, 0, 0],
        [0.95, 1.05, 5.05, 5.0, 8.0, 0.0],
        score=[0.3, 0.6, 0.2, 0.99, 0.4, 0.1],
    )
    negatives = np.array([[0, 7_000_000, 8_000_000], [1, 3_000_000, 4_000_000]])
    row = told_apart(reference_of(hits, negatives, [9], 2), predictions, {2})
    # Known are 0.6 (of two hits at once) and 0.1; unknown 0.2 (said to be unknown: 0.99), 0.4 and
    # nothing; the one at 1.1 s is within 100 ms of a known one.
    assert (row["known"], row["unknown"], row["left_out"]) == (2, 3, 1)
    assert (row["unknown_percussion"], row["negative_examples"]) == (1, 2)
    assert (row["known_without_prediction"], row["unknown_without_prediction"]) == (0, 1)
    assert row["auroc"] == pytest.approx((3 + 1) / 6, abs=1e-9)
    assert (row["fpr_at_95_tpr"], row["threshold"]) == (pytest.approx(2 / 3), 0.1)


def test_a_label_that_is_unknown_is_no_known_sound_though_it_has_a_class():
    hits = make_hits([0, 0], [0, 9], [1.0, 2.0])
    said = make_hits([0, 0], [0, 0], [1.0, 2.0], score=[0.9, 0.4])
    row = told_apart(reference_of(hits, np.zeros((0, 3), int), [9], 1, [9]), said)
    assert (row["known"], row["unknown"], row["auroc"]) == (1, 1, 1.0)
    assert row["intervals"]["auroc"]["resolvable"] is False
    assert (
        told_apart(reference_of(hits.take([0]), np.zeros((0, 3), int), [9], 1), said)["intervals"]
        is None
    )


def test_sounds_are_the_same_whatever_the_blocks(monkeypatch):
    reference, said = drawn_sounds(12, 0)
    sounds = []
    for n_hits in (700_000, 1):  # all at once, and session by session
        monkeypatch.setattr("drumcorpus.stages.evaluation.counting.BLOCK_HITS", n_hits)
        sounds.append(open_set_sounds.score_sounds(reference, said, {3}, W))
    assert len(sounds[0].known) == sounds[0].known_of_session.sum() > 300
    assert (sounds[0].known == sounds[1].known).all()
    assert (sounds[0].known_of_session == sounds[1].known_of_session).all()
    pairs = [sorted(zip(one.session.tolist(), one.unknown.tolist(), strict=True)) for one in sounds]
    assert pairs[0] == pairs[1]
    assert {session for session, _ in pairs[0]} == set(range(12))


def drawn_sounds(n_sessions, n_steps, seed=2):
    """Sessions of known and unknown sounds; scores of `n_steps` values, or any."""
    random = np.random.default_rng(seed)
    parts = []
    for n in range(n_sessions):
        onset = np.sort(random.uniform(0, 60, 60))
        parts.append((np.full(60, n), random.choice([0, 1, 9], 60, p=[0.5, 0.3, 0.2]), onset))
    session, label, onset = (np.concatenate(each) for each in zip(*parts, strict=True))
    score = random.beta(np.where(label == 9, 2, 4) + session % 3 / 4, 2)
    if n_steps:
        score = np.floor(score * n_steps) / n_steps
    said = make_hits(session, np.where(label == 9, 0, label), onset, score=score)
    negatives = np.array([[n, 61_000_000, 62_000_000] for n in range(n_sessions)])
    return reference_of(make_hits(session, label, onset), negatives, [9], n_sessions), said


def of_drawn_groups(sounds, groups, weights):
    """AUROC, AP and FPR of scores that are there as often as their group is drawn."""
    known_group = np.repeat(groups.of_session, sounds.known_of_session)
    known = np.repeat(sounds.known, weights[known_group])
    unknown = np.repeat(sounds.unknown, weights[groups.of_session[sounds.session]])
    truth = np.repeat([True, False], [len(known), len(unknown)])
    scores = np.concatenate([known, unknown])
    return [
        ranking.roc_area(scores, truth),
        ranking.average_precision(scores, truth),
        fpr_at_tpr(known, unknown)[0],
    ]


@pytest.mark.parametrize(
    ("n_steps", "off"), [(7, 1e-9), (0, 0.015)], ids=["few scores", "more than steps"]
)
def test_draws_are_those_of_sounds_drawn_with_their_groups(n_steps, off):
    reference, said = drawn_sounds(30, n_steps)
    groups = make_groups(reference.sessions.families, reference.sessions.source_sets)
    sounds = open_set_sounds.score_sounds(reference, said, set(), W)
    table = count_steps(sounds, groups)
    random = np.random.default_rng(3)
    for _ in range(20):
        weights = np.bincount(random.integers(0, 30, 30), minlength=30)
        drawn = figures_of_steps(np.tensordot(weights, table, 1)[None])[:, 0]
        assert drawn == pytest.approx(of_drawn_groups(sounds, groups, weights), abs=off)


def test_an_interval_is_that_of_drawing_groups_and_widens_where_groups_differ():
    reference, said = drawn_sounds(30, 7)
    row = told_apart(reference, said, n_draws=2_000)
    assert set(row["intervals"]) == set(FIGURES)
    for name in FIGURES:
        ends = row["intervals"][name]
        assert ends["resolvable"]
        assert 0 <= ends["low"] < row[name] < ends["high"] <= 1
        assert ends["groups"] == 30
    again = told_apart(reference, said, n_draws=2_000)
    assert again == row
    # All scores equal: every draw has AUROC one half, and nothing is told apart at any threshold.
    flat = make_hits(said.session, said.label, said.onset / 1e6, score=np.full(len(said), 0.5))
    of_flat = told_apart(reference_of(reference.hits, np.zeros((0, 3), int), [9], 30), flat)
    assert of_flat["intervals"] is None
    constant = told_apart(reference, flat)
    assert constant["unknown_without_prediction"] == 30


def test_an_interval_is_no_wider_for_scores_that_are_binned(monkeypatch):
    reference, said = drawn_sounds(30, 0)
    groups = make_groups(reference.sessions.families, reference.sessions.source_sets)
    ends = []
    for most in (500, 40):
        monkeypatch.setattr(open_set_intervals, "MOST_STEPS", most)
        sounds = open_set_sounds.score_sounds(reference, said, set(), W)
        table = count_steps(sounds, groups)
        exact = [figures(sounds.known, sounds.unknown)[name] for name in FIGURES]
        ends.append(draw_figures(table, exact, groups.strata, n_draws=1_000, seed=4))
    for name in FIGURES:
        fine, coarse = (each[name] for each in ends)
        assert coarse["low"] == pytest.approx(fine["low"], abs=0.02)
        assert coarse["high"] == pytest.approx(fine["high"], abs=0.02)
