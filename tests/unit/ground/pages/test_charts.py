"""The colours and the order of the series of charts."""

import pytest

from drumcorpus.ground.pages.charts import (
    COLOURS,
    RAMP,
    histogram,
    in_order,
    ranges,
    shaded_places,
    stacked_bars,
)
from drumcorpus.vocabulary import NO_VALUE


@pytest.mark.parametrize("colours", [COLOURS, RAMP], ids=["names", "ramp"])
def test_what_has_no_value_has_no_place_in_the_order_of_colours(colours):
    series = ["ghost", NO_VALUE, "accent"]
    chart = stacked_bars({"row": dict.fromkeys(series, 1)}, series, colours=colours)
    assert [entry["colour"] for entry in chart["legend"]] == [colours[0], "none", colours[1]]
    assert [s["colour"] for s in chart["rows"][0]["segments"]] == [colours[0], "none", colours[1]]


def test_what_has_no_value_comes_last():
    rows = {"row": {NO_VALUE: 1, "b": 2, "a": 3, "first": 4}}
    assert in_order(rows, (), first=("first",)) == ["first", "a", "b", NO_VALUE]


def test_bins_of_unequal_width_stand_on_a_logarithmic_axis_and_count_by_their_area():
    chart = histogram([("1", 10), ("10", 10), ("1k", 5)], edges=[1, 10, 1_000, 10_000])
    columns = chart["columns"]
    assert [column["width"] for column in columns] == pytest.approx([23.5, 47, 23.5])
    assert [column["x"] for column in columns] == pytest.approx([0.75, 26.5, 75.75])
    assert [column["height"] for column in columns] == [100.0, 50.0, 50.0]
    areas = [column["width"] * column["height"] for column in columns]
    assert areas[0] == pytest.approx(areas[1]) == pytest.approx(2 * areas[2])
    assert [label["text"] for label in chart["x_labels"]] == ["1", "10", "1k"]
    assert histogram([("1", 0)], edges=[1, 10]) is None


def test_ranges_share_one_axis_of_round_numbers():
    chart = ranges({"a": [-4, -2, 0, 2, 6], "b": [0, 0, 1, 1, 3]})
    assert [tick["text"] for tick in chart["ticks"]] == ["-4", "-2", "0", "2", "4", "6"]
    first, second = chart["rows"]
    assert (first["line"], first["box"], first["middle"]) == ([0, 1000], [200, 400], 400)
    assert (second["line"], second["box"], second["middle"]) == ([400, 700], [400, 100], 500)
    assert ranges({"a": [3, 3, 3, 3, 3]}, zero=True)["ticks"][0] == {"at": 0, "text": "0"}
    assert ranges({"a": [3, 3, 3, 3, 3]})["rows"][0]["middle"] == 0
    assert ranges({}) is None


def test_places_are_shaded_by_their_share_of_the_row_and_the_most_are_named():
    chart = shaded_places({"kick": [20, 0, 10, 1], "snare": [0, 0, 0, 3]}, ["1", "2"], 2)
    kick, snare = chart["rows"]
    assert [(shade["colour"], shade["path"]) for shade in kick["shades"]] == [
        ("r0", "M3 0h1v1h-1z"),
        ("r2", "M2 0h1v1h-1z"),
        ("r3", "M0 0h1v1h-1z"),
    ]
    assert kick["most"] == [{"at": 1, "n": 20}, {"at": 2, "n": 10}, {"at": 2.5, "n": 1}]
    assert (kick["total"], snare["most"], chart["n_places"]) == (31, [{"at": 2.5, "n": 3}], 4)
    assert [tick["at"] for tick in chart["ticks"]] == [0, 50]
    assert shaded_places({}, ["1"], 2) is None


def test_ranges_of_several_charts_reach_the_same_values():
    ticks = [tick["text"] for tick in ranges({"a": [1, 1, 1, 1, 1]}, reach=[-4, 6])["ticks"]]
    assert ticks == ["-4", "-2", "0", "2", "4", "6"]
