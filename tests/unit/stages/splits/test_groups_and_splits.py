"""What stays together, and in which split."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.source_sets.shared.groups import work_group, work_splits
from drumcorpus.stages.splits.draw import draw_split, split_sessions

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Actions", "One Minute Smile"), ("Actions", "OneMinuteSmile")),
        (("Angels In Amplifiers", "I'm Alright"), ("AngelsInAmplifiers", "ImAlright")),
        (("Beyoncé", "Déjà Vu"), ("Beyonce", "deja_vu")),
    ],
)
def test_one_work_has_one_group_however_it_is_spelt(one, other):
    assert work_group(*one) == work_group(*other)


def test_two_works_have_two_groups():
    assert work_group("A", "B C") != work_group("A B", "C")
    assert work_group("東京", "夜") != work_group("京都", "夜")
    assert work_group("", "!") == "work/unnamed/unnamed"


def rows(*pairs):
    return [{"group_id": group, "split": split} for group, split in pairs]


def assign(*pairs, **settings):
    sessions = split_sessions(rows(*pairs), **({"seed": 0, "shares": SHARES} | settings))
    return [split for split, _ in sessions]


def test_an_official_split_stays():
    assert assign(("a", "test"), ("b", "train")) == ["test", "train"]


def test_a_session_without_one_takes_its_group_s():
    assert assign(("a", None), ("a", "validation"), ("a", None)) == ["validation"] * 3


def test_a_work_that_another_set_has_divided_stays_in_its_split():
    works = {"work/a/b": "test", "work/c/d": "train"}
    found = assign(("work/a/b", None), ("work/c/d", None), ("work/a/b", "train"), works=works)
    assert found == ["test", "train", "train"]


def test_a_table_of_works_is_read_by_their_groups():
    document = {"works": {"test": ["Actions - One Minute Smile"], "train": ["A - B - C"]}}
    assert work_splits(document) == {
        "work/actions/oneminutesmile": "test",
        "work/a/bc": "train",
    }


def test_a_group_that_leaks_by_itself_does_not_choose_for_the_others():
    assert assign(("a", "train"), ("a", "test"), ("a", None))[2] == assign(("a", None))[0]


@given(st.lists(st.text(min_size=1), min_size=1, unique=True), st.integers(0, 99))
def test_a_group_draws_alone_what_it_draws_among_others(groups, seed):
    together = assign(*[(group, None) for group in groups], seed=seed)
    assert together == [draw_split(group, seed=seed, shares=SHARES) for group in groups]


def test_the_shares_are_kept():
    drawn = [draw_split(f"group {n}", seed=3, shares=SHARES) for n in range(5000)]
    assert drawn.count("train") / 5000 == pytest.approx(0.8, abs=0.02)
    assert drawn.count("test") / 5000 == pytest.approx(0.1, abs=0.02)


def test_a_split_without_a_share_is_never_drawn():
    shares = {"train": 0.5, "validation": 0.0, "test": 0.5}
    assert {draw_split(str(n), seed=0, shares=shares) for n in range(200)} == {"train", "test"}


def test_the_draw_is_the_same_for_ever():
    groups = ("enst/backing/0", "enst/backing/6", "enst/backing/39")
    drawn = [draw_split(group, seed=0, shares=SHARES) for group in groups]
    assert drawn == ["train", "validation", "test"]


def test_the_draw_does_not_depend_on_the_order_in_which_shares_are_written():
    groups = [f"group {n}" for n in range(500)]
    shares = {"train": 0.7, "validation": 0.2, "test": 0.1}
    expected = [draw_split(group, seed=1, shares=shares) for group in groups]
    for order in permutations(shares):
        written = {name: shares[name] for name in order}
        assert [draw_split(group, seed=1, shares=written) for group in groups] == expected
