"""Numbers of raw text: what a person writes is read, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.ground.files.ranges import (
    FILE_BYTES,
    LEVEL,
    ONSET,
    TEMPO,
    meter,
    number,
    whole_number,
    within,
)

NO_NUMBERS = {
    "nothing": "",
    "no field": None,
    "blanks": "  ",
    "not a number": "nan",
    "infinity": "-inf",
    "infinity in words": "Infinity",
    "hexadecimal": "0x10",
    "an underscore": "1_000",
    "Arabic digits": "١٢٠",
    "full-width digits": "\uff11\uff12\uff10",
    "a superscript": "12²",
    "a minus of typography": "\u22121",
    "a comma": "1,5",
    "an exponent of four digits": "1e0001",
    "an exponent past all": "1e308",
    "a number of a thousand digits": "1" * 1000,
    "zeros without end": "0" * 5000 + "1",
    "two numbers": "1 2",
    "a line end within": "1\n2",
    "a NUL": "1\0",
    "a point": ".",
    "an exponent alone": "e5",
}


@pytest.mark.parametrize("text", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_what_is_no_number_in_range_is_refused_with_what_was_got(text):
    with pytest.raises(
        ValueError, match="wanted: a number, a time from -86,400 to 86,400 s"
    ) as error:
        number(text, ONSET)
    assert len(str(error.value)) < 200
    with pytest.raises(ValueError, match="wanted: digits alone, a size from 0"):
        whole_number(text, FILE_BYTES)


@pytest.mark.parametrize(
    ("text", "value"),
    [("120", 120.0), (" 1.5 ", 1.5), ("+2.", 2.0), (".5", 0.5), ("1.25E+02", 125.0), ("-0", 0.0)],
)
def test_what_a_person_or_matlab_writes_is_read(text, value):
    assert str(number(text, ONSET)) == str(value)


@pytest.mark.parametrize("text", ["0", "0.5", "1000.5", "-120", "9e99"])
def test_a_tempo_has_a_range(text):
    with pytest.raises(ValueError, match="a tempo from 1 to 1,000 quarter notes a minute"):
        number(text, TEMPO)


@given(st.floats(-86_400, 86_400))
def test_every_time_that_python_writes_comes_back(value):
    assert number(repr(value), ONSET) == value


@given(st.text(max_size=12))
def test_any_text_is_a_number_in_range_or_refused(text):
    try:
        assert ONSET.low <= number(text, ONSET) <= ONSET.high
    except ValueError as error:
        assert "wanted" in str(error)


@pytest.mark.parametrize(("text", "read"), [("4-4", "4/4"), ("6/8", "6/8"), ("13-16", "13/16")])
def test_a_meter_is_read(text, read):
    assert meter(text) == read


@pytest.mark.parametrize("text", ["", "4", "0-4", "4-0", "4-3", "100-4", "4-4-4", "٤-٤", "c", "-4"])
def test_what_is_no_meter_is_refused(text):
    with pytest.raises(ValueError, match="a meter such as 4-4"):
        meter(text)


@pytest.mark.parametrize("value", [True, None, "1", 1e4, -1e4, float("nan"), float("inf"), 10**400])
def test_of_a_document_only_a_number_in_range_counts(value):
    assert within(value, LEVEL) is None
    assert within(-18, LEVEL) == -18.0
