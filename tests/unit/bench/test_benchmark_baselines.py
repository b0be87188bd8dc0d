"""The baselines of the benchmark write what a submission is read by."""

import sys

import numpy as np
import pytest
import yaml
from checkout import REPO

sys.path[:0] = [str(REPO / "bench/benchmark")]

from baselines import FEATURES, Heard, learned, performance_of, write_submission  # noqa: E402
from material import chosen  # noqa: E402

from drumcorpus.stages.evaluation.submissions import read_submission  # noqa: E402
from drumcorpus.stages.train_check.features import band_edges, feature_names  # noqa: E402

CLASSES = ["BD", "SD", "TT", "HH", "CY+RD"]
SAID = {"system": "x", "version": "1", "license": "MIT", "command": "x", "trained_on": "nothing"}


def heard(numbers, seed):
    """Onsets whose spectrum rises in a band of their class: the lowest is BD, the highest CY+RD."""
    random = np.random.default_rng(seed)
    names = feature_names(FEATURES)
    features = random.normal(-40, 1, (len(numbers), len(names)))
    n_bands = len(band_edges(FEATURES)) - 1
    for row, number in enumerate(numbers):
        first = number * n_bands // len(CLASSES)
        features[row, -1 - n_bands + first : -1 - n_bands + first + n_bands // 5] += 60
    onset = np.arange(len(numbers)) / 2
    return Heard(onset, np.full(len(numbers), 0.75), features.astype(np.float32))


@pytest.fixture(scope="module")
def systems(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    recordings, truth = {}, {}
    for place in range(8):
        numbers = np.tile(np.arange(5), 8)
        path = folder / f"drummer1/session1/{place}_rock_90_beat_4-4_kit.wav"
        recordings[path] = heard(numbers, place)
        truth[path] = np.eye(5, dtype=bool)[numbers]
    return learned(recordings, truth, CLASSES)


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("all_kick", ["BD"] * 5),
        ("nearest_class", CLASSES),
        ("boosted_trees", CLASSES),
        # The second of the five bands begins below 150 Hz.
        ("loudest_band", ["BD", "BD", "SD", "SD", "HH"]),
    ],
    ids=["all kick", "nearest class", "boosted trees", "loudest band"],
)
def test_a_baseline_calls_onsets_as_it_is_called(systems, name, called):
    rows, classes, scores = systems[name][0](heard(range(5), 99))
    assert list(rows) == list(range(5))
    assert classes.tolist() == called
    assert ((scores > 0) & (scores <= 1)).all()


def test_a_submission_has_its_lines_in_order_and_is_read(systems, tmp_path):
    of = {"drummer1/x": heard([1, 0], 5), "y": heard([], 6)}
    write_submission(tmp_path / "mine", SAID | {"split": "mdb_drums_8"}, of, systems["all_kick"][0])
    submission = read_submission(tmp_path / "mine")
    assert (submission.said, submission.split) == (SAID, "mdb_drums_8")
    lines = (tmp_path / "mine/predictions/drummer1/x.tsv").read_text().splitlines()
    assert lines == [
        "onset_time\tlabel\tscore",
        "0.000000\tBD\t0.750000",
        "0.500000\tBD\t0.750000",
    ]
    assert (tmp_path / "mine/predictions/y.tsv").read_text() == "onset_time\tlabel\tscore\n"
    assert yaml.safe_load((tmp_path / "mine/submission.yaml").read_text())["license"] == "MIT"


def test_a_performance_is_that_of_its_kits_and_only_those_of_a_length_are_chosen(tmp_path):
    names = [tmp_path / f"d/s/1_rock_90_beat_4-4_{kit}.wav" for kit in ("a", "b")]
    assert len({performance_of(name) for name in names}) == 1
    rows = [
        {"id": str(seconds), "split": split, "duration": str(seconds)}
        for seconds in (19.9, 20, 59.9, 60)
        for split in ("test", "train")
    ]
    assert sorted(row["duration"] for row in chosen(rows, "test")) == ["20", "59.9"]
