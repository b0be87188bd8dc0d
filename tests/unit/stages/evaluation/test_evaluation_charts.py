"""Where the marks of the charts of an evaluation are."""

import pytest

from drumcorpus.stages.evaluation.page_charts import (
    confusion_table,
    curve,
    error_budget,
    forest,
    symmetric_ends,
)

CLASSES = ("BD", "SD", "TT")
# BD: 6 found, 2 said SD, 1 missed, 3 phantoms; SD: 4 found; TT: never struck, said twice.
ERRORS = {
    "BD": {"found": 6, "taken_for": {"SD": 2}, "missed": 1, "said_instead_of": {}, "phantom": 3},
    "SD": {"found": 4, "taken_for": {}, "missed": 0, "said_instead_of": {"BD": 2}, "phantom": 0},
    "TT": {"found": 0, "taken_for": {}, "missed": 0, "said_instead_of": {}, "phantom": 2},
}


def row(f, low, high, *, resolvable=True, **more):
    return {"f": f, "low": low, "high": high, "resolvable": resolvable} | {
        "groups": 12,
        "effective_groups": 11.5,
        **more,
    }


def test_a_forest_has_intervals_where_they_are_and_says_where_there_are_none():
    rows = {
        "BD": row(0.8, 0.7, 0.9),
        "SD": row(0.5, None, None, resolvable=False, group_range=[0.25, 1.0]),
        "TT": row(None, None, None, resolvable=False, group_range=None),
    }
    drawn = {each["name"]: each for each in forest(rows, "f")["rows"]}
    assert (drawn["BD"]["state"], drawn["BD"]["at"], drawn["BD"]["line"]) == (
        "resolved",
        800,
        [700, 900],
    )
    assert (drawn["SD"]["state"], drawn["SD"]["line"]) == ("not resolvable", [250, 1000])
    assert (drawn["TT"]["state"], drawn["TT"]["at"], drawn["TT"]["line"]) == ("absent", None, None)


def test_differences_stand_around_0():
    rows = {"BD": {"difference": -0.05, **row(None, -0.15, 0.05)}}
    assert symmetric_ends(rows) == (-0.2, 0.2)
    chart = forest(rows, "difference", symmetric_ends(rows))
    assert (chart["rows"][0]["at"], chart["rows"][0]["line"]) == (375, [125, 625])
    assert [tick["text"] for tick in chart["ticks"]] == ["-0.2", "-0.1", "0", "+0.1", "+0.2"]
    assert symmetric_ends({"BD": {"difference": None, "low": None, "high": None}}) == (-0.02, 0.02)


def test_a_curve_leaves_out_what_has_no_value():
    assert curve([(5, 0.25), (50, None), (100, 1.0)])["path"] == "M5,75 L100,0"
    assert curve([(5, None)]) is None


def test_the_error_budget_counts_every_hit_once_and_every_phantom():
    bars = error_budget(ERRORS, CLASSES)
    assert [row["total"] for row in bars["rows"]] == [12, 4, 2]
    assert [(s["series"], s["n"], s["width"]) for s in bars["rows"][0]["segments"]] == [
        ("found", 6, 500.0),
        ("taken for another", 2, 166.67),
        ("missed", 1, 83.33),
        ("phantom", 3, 250.0),
    ]


def test_the_confusions_are_shares_of_what_was_struck():
    rows = confusion_table(ERRORS, CLASSES)
    assert [[cell["n"] for cell in row["cells"]] for row in rows] == [
        [6, 2, 0, 1],
        [0, 4, 0, 0],
        [0, 0, 0, 0],
        [3, 0, 2, None],
    ]
    assert rows[0]["cells"][1] == {"n": 2, "share": pytest.approx(2 / 9), "right": False}
    assert rows[0]["cells"][0]["right"]
    assert [cell["share"] for cell in rows[2]["cells"]] == [0, 0, 0, 0]
