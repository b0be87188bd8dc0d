"""The colours and the order of the series of charts."""

import pytest

from drumcorpus.ground.pages.charts import COLOURS, RAMP, in_order, stacked_bars
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
