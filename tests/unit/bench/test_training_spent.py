"""What a training took is that of the processes that trained, and not of the one that asks."""

import sys

import pytest
from checkout import REPO

sys.path.insert(0, str(REPO / "bench/training"))

from spent import Spent


class Clock:
    """Seconds of CPU that a test sets."""

    def __init__(self, now=0.0):
        self.now = now

    def __call__(self):
        return self.now


def train(checkpoint, seconds, *, clock=None, waited=0.25, is_other=False):
    """A process that learns one epoch for each of `seconds`; returns what it would record.

    One with other settings takes no checkpoint up.
    """
    clock = clock or Clock(100.0)
    spent = Spent(checkpoint, clock)
    done = int(checkpoint.read_text()) if checkpoint.exists() and not is_other else 0
    if done:
        clock.now += 1
        spent.said(f"seed 0: goes on after epoch {done}")
    for each in seconds:
        clock.now += each
        done += 1
        checkpoint.write_text(str(done))
        spent.said(f"seed 0, epoch {done} of at most 9: loss 1, validation 1, best 1")
    clock.now += 1000  # what is done after learning is not part of it
    return spent.of(done, waited)


@pytest.fixture
def checkpoint(tmp_path):
    return tmp_path / "truth-0.pt"


def test_a_training_that_stands_is_recorded_with_what_it_took(checkpoint):
    first = train(checkpoint, [20, 30, 10])
    assert first == {"cpu_s": 60, "waited": 0.25}
    assert train(checkpoint, [], waited=0.0) == first
    assert train(checkpoint, [], waited=0.0) == first


def test_a_training_that_was_stopped_has_the_time_of_both_processes(checkpoint):
    train(checkpoint, [20, 30])
    # One second to take it up again.
    assert train(checkpoint, [40], waited=0.5) == {"cpu_s": 91, "waited": 0.5}


def test_where_nobody_kept_the_time_it_is_null(checkpoint):
    checkpoint.write_text("2")
    assert train(checkpoint, [], waited=0.0) == {"cpu_s": None, "waited": None}
    assert train(checkpoint, [10], waited=0.5) == {"cpu_s": None, "waited": 0.5}


def test_notes_of_another_number_of_epochs_do_not_count(checkpoint):
    train(checkpoint, [20, 30])
    checkpoint.write_text("3")  # killed between the checkpoint and its notes
    assert train(checkpoint, [], waited=0.0) == {"cpu_s": None, "waited": None}


def test_a_training_with_other_settings_begins_anew_and_so_do_its_notes(checkpoint):
    train(checkpoint, [20])
    assert train(checkpoint, [5, 6, 7], is_other=True) == {"cpu_s": 18, "waited": 0.25}


@pytest.mark.parametrize(
    "text", ['{"epochs": 2, "cpu', "", "[]", "{}"], ids=["cut_off", "empty", "list", "other"]
)
def test_of_damaged_notes_nothing_is_known(checkpoint, text):
    train(checkpoint, [20, 30])
    checkpoint.with_name(f"{checkpoint.name}.spent.json").write_text(text)
    assert train(checkpoint, [], waited=0.0) == {"cpu_s": None, "waited": None}


def test_notes_without_a_checkpoint_are_of_a_training_that_is_gone(checkpoint):
    train(checkpoint, [20, 30])
    checkpoint.unlink()
    assert train(checkpoint, [5]) == {"cpu_s": 5, "waited": 0.25}
