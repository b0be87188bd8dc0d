"""The experiment with networks on drawn kits: what arms are labelled by, and the command, small."""

import json
import sys

import numpy as np
import pytest
from checkout import REPO
from printed import command_of, run

torch = pytest.importorskip("torch", reason="torch is not installed: requirements-torch.lock")

sys.path[:0] = [str(REPO / "bench/training"), str(REPO / "bench/crash_truth")]

import networks  # noqa: E402

CLASSES = ("snare_rim", "hihat_closed", "crash", "crash2")
# Of one kit: a rim, two hi-hat notes of which General MIDI knows one, and both crashes.
STROKES = [
    (0.0, 40, "snare_rim"),
    (0.5, 42, "hihat_closed"),
    (1.0, 22, "hihat_closed"),
    (1.5, 55, "crash"),
    (2.0, 57, "crash2"),
    (2.5, 44, "hihat_pedal"),
]


@pytest.mark.parametrize(
    ("arm", "expected"),
    [
        ("truth", ["snare_rim", "hihat_closed", "hihat_closed", "crash", "crash2"]),
        ("corpus_map", ["snare_rim", "hihat_closed", "hihat_closed", "crash", "crash2"]),
        ("general_midi", ["hihat_closed", "crash2"]),
    ],
)
def test_what_an_arm_calls_the_strokes(arm, expected):
    onsets, numbers = networks.labelled(STROKES, arm, CLASSES)
    assert [CLASSES[number] for number in numbers] == expected
    assert (np.diff(onsets) > 0).all()
    assert networks.labelled([], arm, CLASSES)[0].shape == (0,)


def test_a_verdict_is_of_the_kit_that_was_left_out():
    right = np.tile(np.array([[90, 5, 5], [80, 10, 10]]), (20, 1, 1))
    fewer = np.tile(np.array([[90, 5, 5], [40, 10, 50]]), (20, 1, 1))
    tables = {
        "truth": {"unseen": right, "seen": right},
        "general_midi": {"unseen": fewer, "seen": right},
    }
    rows = networks.hypotheses_of(tables, ("kick", "hihat_closed"))
    assert [(row["id"], row["verdict"]) for row in rows] == [
        ("N1", "supported"),
        ("N2", "supported"),
        ("N3", "refuted"),
    ]
    # 340 of 370 against 260 of 330; 80 of 90 against 40.
    assert [row["value"] for row in rows] == [0.1310, 0.4444, 0.0]


def test_counts_of_seeds_are_summed_performance_by_performance():
    first = {"truth": {"unseen": np.array([[[5, 1, 2]], [[0, 0, 0]]])}}
    second = {"truth": {"unseen": np.array([[[0, 0, 0]], [[7, 3, 4]]])}}
    summed = networks.sum_tables([first, second])["truth"]["unseen"]
    assert summed.tolist() == [[[5, 1, 2]], [[7, 3, 4]]]


@pytest.mark.long
def test_the_command_tells_what_general_midi_costs(renderer, kits, nine_performances, tmp_path):
    small = ("--kits", str(kits / "muldjord"), str(kits / "bja_pacific"), "--threads", "1")
    places = {
        "GMD_ROOT": nine_performances,
        "KIT_DIR": kits / "muldjord",
        "FILE": renderer,
        "OUT": tmp_path / "out",
    }

    def run_small(*more, status=0):
        return run(command_of("training/networks.py"), places, *small, *more, status=status)

    run_small("--epochs", "2", "--pieces", "16")
    path = tmp_path / "out/networks-bja_pacific-0.json"
    record = json.loads(path.read_text())
    assert record["classes"] == ["kick", "snare", "crash", "crash2"]
    (seed,) = record["seeds"]
    assert seed["performances"] == {"train": 4, "validation": 2, "test": 3}
    assert seed["arms"]["truth"]["parameters"] == 43_732
    assert seed["hypotheses"] == record["hypotheses"]
    assert {(row["kit"], row["arm"]) for row in record["figures"]} == {
        (kit, arm) for kit in ("unseen", "seen") for arm in ("truth", "general_midi")
    }
    assert [row["id"] for row in record["hypotheses"]] == ["N1", "N3"]  # the kits have no hi-hat
    run_small("--epochs", "2", "--pieces", "16", "--seeds", "0", "1")  # from its checkpoints
    again = json.loads((tmp_path / "out/networks-bja_pacific-0-1.json").read_text())
    kept = ("curve", "thresholds", "ap", "cpu_s", "waited")
    of_first = [each["seeds"][0]["arms"]["truth"] for each in (record, again)]
    assert len({json.dumps([arm[key] for key in kept]) for arm in of_first}) == 1
    assert [row["seed"] for row in again["seeds"]] == [0, 1]
    assert again["figures"] != record["figures"]
    run_small("--seeds", "1", "1", status=2)
    run_small("--arms", "general_midi", status=2)
    run_small("--left-out", "nobody", status=1)
