"""Names that hold numbers are in the order of the numbers."""

import random

from drumcorpus.ground.files.natural_order import natural_key


def test_numbers_in_names_count_as_numbers_wherever_they_stand():
    ordered = ["", "1", "1.9.2", "1.10", "2026-9", "2026-11", "a", "a2", "a10", "a10b", "b"]
    shuffled = random.Random(1).sample(ordered, len(ordered))
    assert sorted(shuffled, key=natural_key) == ordered


def test_names_that_are_equal_in_numbers_have_one_order_all_the_same():
    names = ["007", "7", "07"]
    assert sorted(names, key=natural_key) == ["007", "07", "7"]
    assert sorted(["٣", "2", "³"], key=natural_key)[0] == "2"  # digits of other scripts are letters
