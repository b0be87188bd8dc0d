"""Source and sound compared: who agrees, who does not, and who is not judged."""

import numpy as np
import pyarrow as pa
import pytest
from cymbal_families import CRASH
from sklearn.metrics import adjusted_rand_score

from drumcorpus.schemas import CYMBAL_ASSIGNMENTS
from drumcorpus.stages.crash.agreement import (
    adjusted_rand,
    compare_session,
    compare_with_sound,
    summarise_agreement,
)
from drumcorpus.stages.crash.settings import AgreementSettings

SETTINGS = AgreementSettings(min_hits=3, min_accepted=0.8, min_adjusted_rand=0.5)
ONE, TWO = [1] * 10, [1] * 5 + [2] * 5
SURE = [True] * 10


@pytest.mark.parametrize("seed", range(8))
def test_the_index_is_that_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 1 + seed % 4, 30), rng.integers(5, 8, 30)
    assert adjusted_rand(a, b) == pytest.approx(adjusted_rand_score(a, b), abs=1e-12)


@pytest.mark.parametrize("groups", [[0] * 9, list(range(9)), [], [3]])
def test_equal_partitions_agree_wholly(groups):
    assert adjusted_rand(np.array(groups, int), np.array(groups, int)) == 1.0


@pytest.mark.parametrize(
    ("numbers", "sound", "reason", "agrees"),
    [
        (ONE, [0] * 10, "agrees", True),
        (TWO, [1] * 5 + [0] * 5, "agrees", True),
        (TWO, [0] * 10, "sounds_as_one", False),
        (ONE, TWO, "sounds_as_several", False),
        (TWO, [0, 1] * 5, "divided_otherwise", False),
    ],
)
def test_sound_and_source_agree_or_differ_for_a_reason(numbers, sound, reason, agrees):
    row = compare_session(numbers, sound, SURE, SETTINGS)
    assert (row["reason"], row["agrees"]) == (reason, agrees)
    assert row["n_hits"] == 10
    assert row["n_cymbals_metadata"] == len(set(numbers))
    assert row["n_cymbals_sound"] == len(set(sound))


def test_one_hit_in_ten_placed_otherwise_still_agrees_and_one_in_five_does_not():
    numbers = np.repeat([1, 2], 20)
    for n_otherwise, agrees in ((2, True), (4, False)):
        sound = numbers.copy()
        sound[:n_otherwise], sound[20 : 20 + n_otherwise] = 2, 1
        row = compare_session(numbers, sound, np.full(40, True), SETTINGS)
        assert row["agrees"] is agrees, row


def test_a_cymbal_struck_too_seldom_to_be_heard_apart_is_left_out():
    row = compare_session([1] * 10 + [2] * 2, [0] * 12, [True] * 12, SETTINGS)
    assert row == {
        "n_hits": 12,
        "n_cymbals_metadata": 1,
        "n_cymbals_sound": 1,
        "adjusted_rand": 1.0,
        "agrees": True,
        "reason": "agrees",
    }


@pytest.mark.parametrize(
    ("numbers", "accepted", "reason"),
    [
        (TWO, [True] * 7 + [False] * 3, "sound_undecided"),
        (TWO, [False] * 10, "sound_undecided"),
        ([1, 1, 2, 2, 2], [True] * 5, "too_few_hits"),
        ([1, 2, 3, 4, 5, 6], [True] * 6, "too_few_hits"),
        ([], [], "too_few_hits"),
    ],
)
def test_where_the_sound_cannot_tell_the_session_is_not_judged(numbers, accepted, reason):
    row = compare_session(numbers, [0] * len(numbers), accepted, SETTINGS)
    assert row == {
        "n_hits": len(numbers),
        "n_cymbals_metadata": len(set(numbers)),
        "n_cymbals_sound": None,
        "adjusted_rand": None,
        "agrees": None,
        "reason": reason,
    }


def test_a_hit_in_doubt_does_not_count_against_the_source():
    sound = [0] * 5 + [1] * 3 + [0] * 2
    assert compare_session(TWO, sound, [True] * 8 + [False] * 2, SETTINGS)["agrees"] is True


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"three arrays of shape \(n_hits,\)"):
        compare_session([1, 2], [1], [True, True], SETTINGS)


def assignments(rows, accepted=True, method="metadata_override"):
    """Assignments from (session, label)."""
    return pa.Table.from_pylist(
        [
            {"event_id": str(number), "session_id": session, "component_index": 0, "label": label}
            | {"method": method, "accepted": accepted, "family": "crash"}
            for number, (session, label) in enumerate(rows)
        ],
        CYMBAL_ASSIGNMENTS,
    )


def test_every_numbered_session_has_a_row_whatever_the_order_of_the_hits():
    names = ["b", "a"] * 8
    told = assignments(list(zip(names, ["x", "x", "y", "x"] * 4, strict=True)))
    heard = assignments(list(zip(names, ["x"] * 16, strict=True)), method="spectral_cluster")
    rows = compare_with_sound(told, heard, [CRASH], SETTINGS, method="metadata_override")
    found = [(row["session_id"], row["reason"]) for row in rows]
    assert found == [("b", "sounds_as_one"), ("a", "agrees")]


def test_sessions_that_the_source_does_not_number_have_none():
    heard = assignments([("a", "x")] * 8, method="spectral_cluster")
    assert compare_with_sound(heard, heard, [CRASH], SETTINGS, method="metadata_override") == []
    nothing = CYMBAL_ASSIGNMENTS.empty_table()
    assert compare_with_sound(nothing, nothing, [CRASH], SETTINGS, method="metadata_override") == []


def test_assignments_of_other_hits_are_refused():
    with pytest.raises(ValueError, match="not of the same hits"):
        tables = [assignments([("a", "x")] * n_hits) for n_hits in (8, 7)]
        compare_with_sound(*tables, [CRASH], SETTINGS, method="m")


def test_the_report_counts_every_numbered_session_and_lists_those_that_differ():
    two, one = [1, 2] * 4, [0] * 8
    sure = [True] * 8
    rows = [
        {"session_id": "b", "family": "crash"} | compare_session(two, one, sure, SETTINGS),
        {"session_id": "a", "family": "crash"} | compare_session(two, one, sure, SETTINGS),
        {"session_id": "c", "family": "crash"}
        | compare_session(two, [0, 1, 0, 1, 0, 1, 1, 0], sure, SETTINGS),
        {"session_id": "d", "family": "crash"} | compare_session(two, two, sure, SETTINGS),
        {"session_id": "e", "family": "crash"} | compare_session(two, two, [False] * 8, SETTINGS),
    ]
    few = {"session_id": "f", "family": "crash"} | compare_session([1], [1], [True], SETTINGS)
    report = summarise_agreement({"slakh": rows, "egmd": [few], "enst": []})
    assert [row["source_set"] for row in report["source_sets"]] == ["egmd", "enst", "slakh"]
    counts = {"numbered": 6, "agree": 1, "differ": 3, "not_judged": 2}
    assert report["totals"].items() >= counts.items()
    assert sum(report["totals"]["by_reason"].values()) == 6
    slakh = report["source_sets"][2]
    assert [row["session_id"] for row in slakh["differing"]] == ["a", "b", "c"]
    assert slakh["differing"][0] == rows[1]
    assert report["source_sets"][1]["numbered"] == 0
