"""Durations and sizes in words, and tables of plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.stages.export.amounts import duration_in_words, size_in_words, text_table


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.28, "0.28 s"),
        (9.99, "10 s"),
        (59.6, "1 min 0 s"),
        (61.2, "1 min 1 s"),
        (3599.7, "1 h 0 min"),
        (41 * 3600 + 12 * 60 + 9, "41 h 12 min"),
        (3600 * 1234, "1,234 h 0 min"),
    ],
)
def test_a_duration_is_read_in_its_two_largest_units(seconds, words):
    assert duration_in_words(seconds) == words


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (24_740, "24.7 kB"),
        (999_960, "1 MB"),
        (12_345_678_901, "12.3 GB"),
        (319 * 10**9, "319 GB"),
        (2 * 10**18, "2,000 PB"),
    ],
)
def test_a_size_is_read_in_decimal_units(n_bytes, words):
    assert size_in_words(n_bytes) == words


@given(st.floats(0, 10**9))
def test_no_duration_has_sixty_seconds_or_minutes(seconds):
    words = duration_in_words(seconds)
    assert " 60 " not in f" {words} "


def test_names_stand_left_and_numbers_right():
    table = text_table(["split", "set", "n"], [["train", "a", "1,000"], ["test", "bb", "2"]], 2)
    assert table.splitlines() == [
        "  split  set      n",
        "  train  a    1,000",
        "  test   bb       2",
    ]
