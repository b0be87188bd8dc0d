"""The training experiments on drawn kits: the whole command, small, and what it is made of."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from checkout import REPO
from printed import command_of, run

BENCH = REPO / "bench/training"
sys.path[:0] = [str(BENCH), str(REPO / "bench/crash_truth")]

import label_arms  # noqa: E402
from excerpts import Events  # noqa: E402
from learned import Said, count, divide  # noqa: E402
from verdicts import (  # noqa: E402
    crash_areas,
    detection_limit,
    draw_groups,
    estimate,
    judge,
    mean_area,
    micro_f,
)
from written import hypothesis_lines  # noqa: E402


def some_events(n_performances=6, per=40):
    """Two kits play performances whose events are a snare, a high tom or one of two crashes."""
    rng = np.random.default_rng(0)
    n = 2 * n_performances * per
    kind = rng.integers(0, 4, n)
    truth = np.zeros((n, 4), bool)
    truth[np.arange(n), kind] = True
    notes = [
        [((38, 48, 49, 57)[each], ("snare", "tom_high", "crash", "crash2")[each])] for each in kind
    ]
    recording = np.repeat(np.arange(2 * n_performances), per)
    return Events(
        ["a", "b"],
        [f"p{number}" for number in range(n_performances)],
        ["snare", "tom_high", "crash", "crash2"],
        recording // n_performances,
        recording % n_performances,
        np.tile(np.arange(per) * 0.5, 2 * n_performances),
        truth,
        notes,
    )


def test_the_page_has_the_table_of_the_results_and_says_what_the_intervals_say():
    rows = json.loads((BENCH / "results.json").read_text())["hypotheses"]
    page = (REPO / "docs/training_experiments.md").read_text()
    table = "\n".join(hypothesis_lines(rows))
    assert table in page
    assert run(command_of("training/written.py"), {}) == f"{table}\n"
    assert {row["seeds"] for row in rows if row["id"].startswith("B")} == {5}
    for row in rows:
        if row["low"] is not None:
            assert row["low"] <= row["value"] <= row["high"]
    of = {row["id"]: row for row in rows}
    assert judge(of["B1"], above=0.75) == of["B1"]["verdict"]
    assert judge(of["B2"], below=0.60) == of["B2"]["verdict"]
    assert judge(of["B3"], above=0.0) == of["B3"]["verdict"]
    assert judge(of["D3, 10 ms"], below=0.02) == of["D3, 10 ms"]["verdict"]


def test_three_seeds_test_every_performance_once_and_no_part_shares_one():
    names = [f"p{number}" for number in range(30)]
    of_event = np.repeat(np.arange(30), 4)
    tested = []
    for seed in range(3):
        parts = divide(names, of_event, seed)
        groups = [
            set(of_event[rows].tolist()) for rows in (parts.train, parts.validation, parts.test)
        ]
        assert [len(group) for group in groups] == [15, 5, 10]
        assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
        tested += groups[2]
    assert sorted(tested) == list(range(30))


def test_the_controls_do_what_they_are_called():
    events = some_events()
    arms = {arm.name: arm for arm in label_arms.controls(events)}
    assert (arms["null"].labels == events.truth).all()
    assert arms["null"].more_seed > 0
    assert np.allclose(arms["shift_60_ms"].onsets - events.onset, 0.060)
    for spread in (10, 20, 40):
        errors = arms[f"jitter_{spread}_ms"].onsets - events.onset
        assert errors.std() == pytest.approx(spread / 1000, rel=0.15)
    for share in (5, 10, 20):
        changed = (arms[f"flips_{share}_percent"].labels != events.truth).any(axis=1)
        assert changed.mean() == pytest.approx(share / 100, abs=0.04)
    permuted = arms["permuted"].labels
    for number in np.unique(events.recording):
        rows = events.recording == number
        assert (permuted[rows].sum(axis=0) == events.truth[rows].sum(axis=0)).all()
    assert (permuted != events.truth).any(axis=1).mean() > 0.5


def test_a_swap_is_of_one_kit_and_deletion_of_crashes_alone():
    events = some_events()
    arms = {arm.name: arm for arm in label_arms.controls(events)}
    of_first = events.kit == 0
    assert (arms["swap"].labels[of_first] == events.truth[of_first][:, [1, 0, 2, 3]]).all()
    assert (arms["swap"].labels[~of_first] == events.truth[~of_first]).all()
    deleted = arms["deleted"].labels
    assert (deleted[:, :2] == events.truth[:, :2]).all()
    kept = deleted[:, 2:].sum() / events.truth[:, 2:].sum()
    assert kept == pytest.approx(0.7, abs=0.08)


def test_the_two_maps_differ_in_what_they_are_known_to_differ_in():
    notes = [[(22, "hihat_closed")], [(55, "crash")], [(57, "crash2")], [(40, "snare_rim")]]
    classes = ["hihat_closed", "crash", "crash2", "snare", "snare_rim"]
    events = SimpleNamespace(
        classes=classes, notes=notes, truth=np.zeros((4, 5), bool), onset=np.arange(4.0)
    )
    corpus, general = (
        [[name for name, is_in in zip(classes, row, strict=True) if is_in] for row in arm.labels]
        for arm in label_arms.maps(events)
    )
    assert corpus == [["hihat_closed"], ["crash"], ["crash2"], ["snare_rim"]]
    assert general == [[], [], ["crash2"], ["snare"]]


def test_a_random_cut_keeps_the_sizes():
    events = some_events()
    cut = label_arms._random_cut(events)
    assert (cut.sum(axis=0) == events.truth.sum(axis=0)).all()
    assert (cut[:, 2:] != events.truth[:, 2:]).any()


def test_counts_and_areas_of_what_was_said():
    events = some_events()
    rows = np.arange(len(events.onset))
    right = Said(rows, events.truth.astype(float), np.full(4, 0.5))
    table = count(events, [right])
    assert table[..., 1:].sum() == 0
    assert table[..., 0].sum() == len(rows)
    weights = draw_groups(6)
    assert micro_f(table, weights)[0] == 1.0
    # Named the other way round in one kit: which is called the first is naming.
    scores = events.truth.astype(float)
    scores[events.kit == 1] = scores[events.kit == 1][:, [0, 1, 3, 2]]
    areas = crash_areas(events, [Said(rows, scores, np.full(4, 0.5))], ("crash", "crash2"))
    assert mean_area(areas, weights)[0] == 1.0
    constant = crash_areas(
        events, [Said(rows, np.zeros((len(rows), 4)), right.thresholds)], ("crash", "crash2")
    )
    assert mean_area(constant, weights)[0] == 0.5


@pytest.mark.parametrize(
    ("low", "high", "expected", "verdict"),
    [
        (0.03, 0.05, {"above": 0.02}, "supported"),
        (0.01, 0.02, {"above": 0.02}, "refuted"),
        (0.01, 0.05, {"above": 0.02}, "not resolvable"),
        (-0.005, 0.005, {"above": -0.01, "below": 0.01}, "supported"),
        (0.02, 0.05, {"above": -0.01, "below": 0.01}, "refuted"),
        (None, None, {"above": 0.0}, "not resolvable"),
    ],
    ids=["above", "not above", "across", "between", "beyond", "few groups"],
)
def test_a_verdict_is_the_side_of_the_whole_interval(low, high, expected, verdict):
    assert judge({"low": low, "high": high}, **expected) == verdict


def test_the_detection_limit_is_the_farther_end():
    assert detection_limit({"low": -0.03, "high": 0.01}) == 0.03
    assert detection_limit({"low": None, "high": None}) is None


def test_few_groups_have_no_interval():
    draws = np.linspace(0, 1, 2_001)
    assert estimate(draws, np.full(9, 5))["low"] is None
    assert estimate(draws, np.full(12, 5))["low"] is not None
    assert estimate(draws, np.array([1_000] + [1] * 20))["low"] is None


@pytest.mark.long
def test_the_command_writes_its_report_twice_the_same(renderer, kits, nine_performances, tmp_path):
    two = ("--kits", str(kits / "muldjord"), str(kits / "bja_pacific"))
    small = (*two, "--seeds", "1", "--arms", "D", "A", "C")
    places = {
        "GMD_ROOT": nine_performances,
        "KIT_DIR": kits / "muldjord",
        "FILE": renderer,
        "OUT": tmp_path / "out",
    }

    def run_small(*more, status=0):
        return run(command_of("training/experiments.py"), places, *small, *more, status=status)

    run_small()
    path = tmp_path / "out/training_experiments.json"
    first = path.read_bytes()
    record = json.loads(first)
    assert record["classes"] == ["kick", "snare", "crash", "crash2"]
    assert record["arms_learned"]["truth"]["f"]["micro"]["value"] > 0.9
    permuted = record["arms_learned"]["permuted"]["loss"]["micro"]["value"]
    assert permuted > 0.1
    assert {row["id"] for row in record["hypotheses"]} >= {"D0", "D1", "D2", "A1", "C2", "C3"}
    run_small()
    assert path.read_bytes() == first
    run_small("--performances", "3", status=2)  # fewer than there are thirds and validation
