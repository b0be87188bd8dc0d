"""The crash benchmark: its scores, the plain method beside the chain, the harder audio."""

import importlib.util
import sys

import numpy as np
import pytest
import soundfile as sf
from checkout import REPO

BENCH = REPO / "bench/crash_truth"
RATE_HZ = 22_050


def load(name):
    """A module of the benchmark, which is no package."""
    specification = importlib.util.spec_from_file_location(
        f"crash_truth_{name}", BENCH / f"{name}.py"
    )
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


score, centroid_gap, harder = load("score"), load("centroid_gap"), load("harder")


def session(truth, labels, *, accepted=None, confidence=None, since=None):
    """A session as judged: cymbals and names as digits, "110" for three hits."""
    truth, labels = (np.array(list(hits), dtype=int) for hits in (truth, labels))
    accepted = "1" * len(truth) if accepted is None else accepted
    return score.JudgedSession(
        n_cymbals=len(set(truth.tolist())),
        truth=truth,
        labels=labels,
        accepted=np.array(list(accepted), dtype=int).astype(bool),
        confidence=None if confidence is None else np.array(confidence),
        since_other=None if since is None else np.array(since),
    )


def interval(estimate):
    return estimate["low"], estimate["high"]


# --- names and the truth


def test_names_are_matched_as_well_as_they_can_be():
    swapped = session("1112222", "2221111")
    assert swapped.right.tolist() == [True] * 7


def test_a_hit_under_the_other_cymbals_name_is_wrong():
    assert session("111222", "112222").right.tolist() == [True, True, False, True, True, True]


def test_of_two_cymbals_under_one_name_the_more_struck_is_right():
    assert session("1112222", "1111111").right.tolist() == [False] * 3 + [True] * 4


def test_a_name_too_many_is_wrong():
    assert session("111111", "111123").right.tolist() == [True] * 4 + [False] * 2


def test_only_accepted_hits_are_right_or_wrong():
    assert session("111222", "112222", accepted="110111").right.tolist() == [True] * 5


def test_no_hits_are_neither():
    assert score.match_names(np.zeros(0, dtype=int), np.zeros(0, dtype=int)).tolist() == []


@pytest.mark.parametrize(
    ("labels", "index"),
    # 112222: 4 pairs agree, 6 and 7 are together, 15 in all: (4 - 2.8) / (6.5 - 2.8).
    [("222111", 1.0), ("112222", 1.2 / 3.7), ("111111", 0.0)],
)
def test_adjusted_rand_index(labels, index):
    assert score.adjusted_rand(session("111222", labels)) == pytest.approx(index, abs=1e-12)


# --- sessions


@pytest.mark.parametrize(("accepted", "is_so"), [("11110", True), ("1110", False), ("", False)])
def test_a_session_is_accepted_from_four_fifths_of_its_hits(accepted, is_so):
    hits = "1" * len(accepted)
    assert session(hits, hits, accepted=accepted).is_accepted is is_so


def test_sessions_of_two_cymbals():
    scores = score.score_divided(
        [
            session("1112222", "2221111"),  # told apart
            session("111222", "112222"),  # one hit wrong
            session("1112222", "1111111"),  # taken for one
            session("111222", "111222", accepted="111000"),  # in doubt
        ]
    )
    assert (scores["sessions"], scores["hits"]) == (4, 26)
    assert (scores["accepted"]["value"], scores["accepted"]["n"]) == (0.75, 4)
    assert scores["adjusted_rand"]["value"] == round((1 + 1.2 / 3.7 + 0) / 3, 4)
    assert scores["hits_right"] | {"low": 0, "high": 0} == {
        "value": round((7 + 5 + 4) / 20, 4),
        "low": 0,
        "high": 0,
        "n": 20,
    }
    assert (scores["missed_split"]["value"], scores["missed_split"]["n"]) == (0.3333, 3)
    assert scores["least_adjusted_rand"] == 0
    assert scores["told"] == {"1": 1, "2": 2}
    assert (scores["number_right"]["value"], scores["number_right"]["n"]) == (0.6667, 3)


def test_sessions_of_three_cymbals_are_scored_apart():
    scores = score.score_sessions(
        [
            session("111222333", "111222333"),
            session("111222333", "111222222"),  # told as two
            session("111222", "111222"),
        ]
    )
    assert scores["two_cymbals"]["sessions"] == 1
    more = scores["more_cymbals"]
    assert (more["sessions"], more["accepted"]["value"]) == (2, 1.0)
    assert more["told"] == {"2": 1, "3": 1}
    assert more["number_right"]["value"] == 0.5
    assert more["hits_right"]["value"] == round(15 / 18, 4)


def test_hits_in_the_ring_of_another_crash_are_counted_apart():
    scores = score.score_divided(
        [
            session("111222", "111221", since=[np.inf, 5, 5, 0.2, 0.3, 0.29]),
            session("111222", "111222", since=[0.6, 0.59, 0.0, 9, 9, 9], accepted="111110"),
            session("111222", "111222", since=[0.1] * 6, accepted="111000"),  # in doubt
        ]
    )
    near = scores["near_another"]
    assert {bounds: (each["value"], each["n"]) for bounds, each in near.items()} == {
        "0-0.3": (round(2 / 3, 4), 3),
        "0.3-0.6": (1.0, 2),
        "0.6-inf": (1.0, 6),
    }


def test_hits_are_counted_by_what_they_are_named_as():
    confusion = score.confuse(
        2,
        [
            session("111222", "222111"),  # names mean nothing beyond their session
            session("111222", "112222"),
            session("111222", "111223", accepted="111011"),  # a name too many, a hit in doubt
        ],
    )
    assert confusion == {
        "n_cymbals": 2,
        "cymbals": [1, 2],
        "counts": [[8, 1, 0, 0], [0, 7, 1, 1]],
    }


def test_sessions_of_one_cymbal():
    scores = score.score_one(
        [
            session("11111", "11111"),  # accepted as one
            session("11111", "11112"),  # split
            session("22222", "11112", accepted="11110"),  # the other name is not stood by
            session("11111", "11122", accepted="10010"),  # split, though mostly in doubt
            session("11111", "11111", accepted="11100"),  # in doubt
        ]
    )
    assert (scores["accepted_as_one"]["value"], scores["accepted_as_one"]["n"]) == (0.4, 5)
    assert (scores["false_split"]["value"], scores["false_split"]["n"]) == (0.4, 5)


def test_a_session_of_which_nothing_is_said_counts_as_not_accepted():
    silent = score.JudgedSession(2, np.zeros(0, int), np.zeros(0, int), np.zeros(0, bool))
    scores = score.score_divided([silent, session("111222", "111222")])
    assert scores["accepted"]["value"] == 0.5
    assert scores["hits_right"]["value"] == 1.0


def test_over_no_session_there_is_no_score():
    scores = score.score_sessions([])
    nothing = {"value": None, "low": None, "high": None, "n": 0}
    assert scores["two_cymbals"]["accepted"] == nothing
    assert scores["two_cymbals"]["adjusted_rand"] == nothing
    assert scores["two_cymbals"]["hits_right"] == nothing
    assert scores["one_cymbal"]["false_split"] == nothing
    assert scores["calibration"] is None


# --- intervals


@pytest.mark.parametrize(
    ("n_counted", "n", "limits"),
    [(8, 10, (0.4902, 0.9433)), (0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0))],
)
def test_a_share_has_wilsons_interval(n_counted, n, limits):
    assert interval(score.share(n_counted, n)) == limits


def test_a_mean_is_drawn_again_over_sessions():
    # Of two sessions both draws are the first in a quarter of all draws, so both ends are reached.
    assert score.mean([0.0, 1.0]) == {"value": 0.5, "low": 0.0, "high": 1.0, "n": 2}
    estimate = score.mean([0.4, 0.6] * 50)
    assert estimate["value"] == 0.5
    assert interval(estimate) == pytest.approx((0.5 - 0.0196, 0.5 + 0.0196), abs=0.003)


def test_the_hits_of_a_session_stand_and_fall_together():
    right, wrong = np.ones(50, dtype=bool), np.zeros(50, dtype=bool)
    assert interval(score.share_of_hits([right, wrong])) == (0.0, 1.0)


def test_hits_that_are_all_right_leave_room_for_one_that_is_not():
    estimate = score.share_of_hits([np.ones(5, dtype=bool)] * 2)
    assert (estimate["value"], estimate["n"]) == (1.0, 10)
    assert interval(estimate) == (0.7225, 1.0)


def test_the_order_of_a_sessions_hits_changes_no_score():
    rng = np.random.default_rng(3)
    truth = ["".join(rng.choice(["1", "2"], 12)) for _ in range(20)]
    labels = ["".join(rng.choice(["1", "2"], 12)) for _ in range(20)]
    judged = [session(*pair, confidence=rng.random(12)) for pair in zip(truth, labels, strict=True)]
    assert score.score_sessions(judged) == score.score_sessions(judged)


# --- confidence


def test_the_calibration_error_weighs_the_bins_by_their_hits():
    judged = [
        session("1111", "1112", confidence=[0.9, 0.9, 0.9, 0.9]),  # says 0.9, 3 of 4 are right
        session("11", "11", confidence=[0.62, 0.68]),  # says 0.65, all are right
    ]
    calibration = score.calibrate(judged)
    assert calibration["hits"] == 6
    assert calibration["expected_error"]["value"] == round((4 * 0.15 + 2 * 0.35) / 6, 4)
    assert [
        (each["from"], each["to"], each["hits"], each["mean_confidence"], each["right"]["value"])
        for each in calibration["bins"]
    ] == [(0.6, 0.7, 2, 0.65, 1.0), (0.9, 1.0, 4, 0.9, 0.75)]


def test_confidences_on_an_edge_belong_above_it_and_1_to_the_last_bin():
    edges = [0.0, 0.1, 0.3, 0.6, 0.7, 1.0]
    bins = score.calibrate([session("1" * 6, "1" * 6, confidence=edges)])["bins"]
    assert [each["from"] for each in bins] == [0.0, 0.1, 0.3, 0.6, 0.7, 0.9]


def test_hits_in_doubt_do_not_count_for_the_confidence():
    judged = session("111", "112", accepted="110", confidence=[0.8, 0.8, 0.1])
    calibration = score.calibrate([judged])
    assert (calibration["hits"], len(calibration["bins"])) == (2, 1)


# --- the plain method


def test_hits_are_cut_at_the_widest_gap():
    centroids = np.array([5_000, 3_000, 3_100, 5_150, 3_050, 5_050, 3_120, 5_100, 3_010])
    assert centroid_gap.cut_at_gap(centroids).tolist() == [1, 0, 0, 1, 0, 1, 0, 1, 0]


def test_a_gap_with_fewer_than_three_hits_on_a_side_is_no_cut():
    centroids = np.array([3_000.0, 3_020, 3_040, 3_060, 3_080, 3_100, 6_000, 6_010])
    assert centroid_gap.cut_at_gap(centroids).tolist() == [0] * 8


def test_fewer_than_eight_hits_are_not_cut():
    centroids = np.array([3_000.0, 3_010, 3_020, 3_030, 5_000, 5_010, 5_020])
    assert centroid_gap.cut_at_gap(centroids).tolist() == [0] * 7


@pytest.mark.parametrize(
    ("gap_hz", "step_hz", "is_cut"),
    [
        (199.0, 120.0, False),  # 199 of 919 Hz
        (200.0, 120.0, True),
        (100.0, 50.0, True),  # 100 of 400 Hz: a quarter
        (99.0, 50.0, False),
    ],
)
def test_a_gap_must_be_200_hz_or_a_quarter_of_the_range(gap_hz, step_hz, is_cut):
    low = 3_000 + step_hz * np.arange(4)
    high = low[-1] + gap_hz + step_hz * np.arange(4)
    cymbals = centroid_gap.cut_at_gap(np.concatenate([low, high]))
    assert cymbals.tolist() == [0] * 4 + [int(is_cut)] * 4


def test_hits_of_equal_brightness_are_not_cut():
    assert centroid_gap.cut_at_gap(np.full(10, 3_000.0)).tolist() == [0] * 10


@pytest.mark.long  # describes every kit
def test_the_centroid_is_that_of_the_window_around_the_hit():
    times = np.arange(4 * RATE_HZ) / RATE_HZ
    tone = np.where(times < 2, np.sin(2e3 * np.pi * times), np.sin(6e3 * np.pi * times))
    centroids = centroid_gap.mean_centroids(tone, np.array([0.0, 1.0, 2.5]))
    assert centroids == pytest.approx([1_000, 1_000, 3_000], rel=0.1)
    assert 1_000 < centroid_gap.mean_centroids(tone, np.array([1.9]))[0] < 3_000


# --- what makes it harder


def level_db(samples):
    return 10 * np.log10(np.square(samples).mean())


@pytest.fixture
def drums():
    rng = np.random.default_rng(5)
    return 0.1 * rng.normal(size=4 * RATE_HZ) * np.tile(np.geomspace(1, 0.01, RATE_HZ), 4)


def test_the_room_is_12_db_below_the_drums(drums):
    wet = harder.reverberate(drums, RATE_HZ, None, 120.0) - drums
    assert level_db(wet) - level_db(drums) == pytest.approx(-12, abs=1e-6)


def test_the_room_falls_by_60_db_in_0_6_seconds():
    click = np.zeros(RATE_HZ)
    click[0] = 1.0
    room = harder.reverberate(click, RATE_HZ, None, 120.0) - click
    early, late = (room[round(t * RATE_HZ) :][: round(0.05 * RATE_HZ)] for t in (0.1, 0.4))
    assert level_db(early) - level_db(late) == pytest.approx(30, abs=1.5)


def test_the_instruments_are_6_db_below_the_drums_and_the_same_each_time(drums):
    mixed = [
        harder.mix_instruments(drums, RATE_HZ, np.random.default_rng(1), 120.0) for _ in range(2)
    ]
    assert level_db(mixed[0] - drums) - level_db(drums) == pytest.approx(-6, abs=1e-6)
    assert (mixed[0] == mixed[1]).all()
    other = harder.mix_instruments(drums, RATE_HZ, np.random.default_rng(2), 120.0)
    assert (other != mixed[0]).any()


@pytest.mark.skipif("MP3" not in sf.available_formats(), reason="libsndfile writes no MP3")
def test_mp3_keeps_every_sample_in_its_place(drums):
    coded = harder.code_mp3(drums, 44_100, None, 120.0)
    assert len(coded) == len(drums)
    assert level_db(coded - drums) < level_db(drums) - 6
    assert (coded != drums).any()


def test_gains_are_drawn_from_twice_the_renderers_range():
    jitter = harder.WideJitter(np.random.default_rng(4))
    gains_db = np.array([jitter.uniform(-1.5, 1.5) for _ in range(2_000)])
    assert -3 <= gains_db.min() < -2.9
    assert 2.9 < gains_db.max() <= 3
    assert {int(jitter.integers(-1, 2)) for _ in range(100)} == {-1, 0, 1}
