"""A rated row keeps what it says, and its rating and uncertainty come to stand on one axis."""

import json
from collections import Counter

import pytest

from drumcorpus.stages.corpora.ratings import (
    Converter,
    Extent,
    Names,
    check_extents,
)
from drumcorpus.stages.corpora.scales import Scale

NAMES = Names(("src_sha256",), "mos", "mos_std_dev", "corpus")
FIVE = Scale("five", "1 to 5", 1, 5, 25, -25, "test")
FULL = Scale("full", "0 to 100", 0, 100, 1, 0, "test", refused_within=(1, 5))
WORSE = Scale("worse", "0 is best", 0, 50, -2, 100, "test")
SCALES = {scale.name: scale for scale in (FIVE, FULL, WORSE)}


def row(**changes):
    fields = {"src": "a.wav", "src_sha256": "ab", "mos": 3.7, "corpus": "five"} | changes
    return {name: value for name, value in fields.items() if value is not ...}


def convert(values, label=None, names=NAMES, line=None):
    converter = Converter(names, SCALES)
    line = json.dumps(values).encode() if line is None else line
    corpus, native, _, converted = converter.convert(line, values, "a.jsonl:7", label)
    return corpus, native, converted and json.loads(converted), converter


def test_the_rating_is_put_on_the_axis_and_the_native_one_stays():
    corpus, native, converted, _ = convert(row(mos_std_dev=0.5, kit={"b": 1, "a": [None]}))
    assert (corpus, native) == ("five", 3.7)
    assert converted == {
        "src": "a.wav",
        "src_sha256": "ab",
        "corpus": "five",
        "kit": {"b": 1, "a": [None]},
        "mos": 67.5,
        "mos_native": 3.7,
        "mos_native_scale": "five",
        "mos_std_dev": 12.5,
        "mos_std_dev_native": 0.5,
        "corpus_source": "five",
    }


def test_a_row_without_an_uncertainty_gets_none():
    assert "mos_std_dev" not in convert(row())[2]
    assert "mos_std_dev_native" not in convert(row())[2]
    null = convert(row(mos_std_dev=None))[2]
    assert (null["mos_std_dev"], null["mos_std_dev_native"]) == (None, None)


def test_where_less_is_better_the_uncertainty_stays_positive():
    converted = convert(row(corpus="worse", mos=10, mos_std_dev=1.5))[2]
    assert (converted["mos"], converted["mos_std_dev"]) == (80.0, 3.0)


def test_a_named_corpus_is_the_scale_and_what_the_row_says_stays():
    corpus, _, converted, _ = convert(row(corpus="nobody's", mos=80), label="full")
    assert corpus == converted["corpus_source"] == converted["mos_native_scale"] == "full"
    assert (converted["corpus"], converted["mos"]) == ("nobody's", 80.0)


def test_columns_may_have_other_names():
    names = Names(("clip",), "rating", "spread", "rater")
    values = {"clip": 7, "rating": 2, "spread": 1, "rater": "five", "mos": "untouched"}
    assert convert(values, names=names)[2] == values | {
        "rating": 25.0,
        "rating_native": 2,
        "rating_native_scale": "five",
        "spread": 25.0,
        "spread_native": 1,
        "corpus_source": "five",
    }


def test_one_column_cannot_be_rating_and_uncertainty():
    with pytest.raises(ValueError, match="the column mos, mos_native stands for two things"):
        Converter(Names(("src",), "mos", "mos", "corpus"), SCALES)


@pytest.mark.parametrize("mos", [0.999, 5.0000001, 5.05, -3, 1e300])
def test_a_rating_out_of_range_is_dropped_with_its_reason_and_never_clipped(mos):
    _, native, converted, converter = convert(row(mos=mos))
    assert (native, converted) == (mos, None)
    assert converter.dropped == Counter(out_of_range=1)
    assert converter.rows_by_corpus == Counter(five=1)


def test_the_ends_of_the_range_are_in_it():
    assert [convert(row(mos=mos))[2]["mos"] for mos in (1, 5)] == [0.0, 100.0]


def test_integers_of_any_length_stay_as_they_are():
    line = b'{"src":"a","src_sha256":"ab","mos":3,"corpus":"five","id":123456789012345678901234567}'
    values = row(src="a", mos=3, id=1.2345678901234568e26)
    assert convert(values, line=line)[2]["id"] == 123456789012345678901234567


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"corpus": "fiv"},
            "corpus: got \"fiv\", which has no scale (did you mean 'five'?); allowed: five, full, "
            "worse. Give a scale of that name, or name the corpus of the shard under corpus_source",
        ),
        ({"src_sha256": ""}, 'src_sha256: got "", by which no item can be told; wanted: text or'),
        ({"src_sha256": None}, "src_sha256: got null, by which no item can be told"),
        ({"src_sha256": ["ab"]}, 'src_sha256: got ["ab"], by which no item can be told'),
        (
            {"mos_native": 3},
            "mos_native: stands in the row already, so that it has been aggregated",
        ),
        ({"corpus_source": "x"}, "corpus_source: stands in the row already"),
        ({"mos_std_dev": "0.5"}, 'mos_std_dev: got the text "0.5"; wanted: number, or null where'),
        ({"mos_std_dev": True}, "mos_std_dev: got the truth true; wanted: number"),
        ({"mos_std_dev": -0.1}, "mos_std_dev: got -0.1; allowed: a standard deviation from 0"),
    ],
    ids=["corpus", "empty", "null", "list", "native", "source", "text", "truth", "negative"],
)
def test_a_row_that_cannot_be_what_it_says_is_refused_by_file_line_and_key(changes, message):
    with pytest.raises(ValueError) as refused:
        convert(row(**changes))
    assert str(refused.value).startswith(f"a.jsonl:7: {message}")


def extent(*values):
    found = Extent()
    for value in values:
        found.add(value)
    return found


def test_ratings_of_another_scale_are_refused_by_shard_unless_the_shard_is_named():
    extents = {("a.jsonl", "full"): extent(1.5, 4.5), ("a.jsonl", "five"): extent(2, 3)}
    with pytest.raises(ValueError) as refused:
        check_extents(extents, SCALES, {})
    assert str(refused.value) == (
        "a.jsonl: full: all 2 ratings lie from 1.5 to 4.5, as on a scale of 1 to 5; that of full "
        "is 0 to 100. Name the corpus of the right scale under corpus_source, a.jsonl=NAME, or "
        "a.jsonl=full if they are meant so"
    )
    check_extents(extents, SCALES, {"a.jsonl": "full"})


@pytest.mark.parametrize("values", [(0, 5), (1, 5.01), (50,), ()], ids=str)
def test_ratings_beyond_the_other_scale_are_taken_as_they_are(values):
    check_extents({("a.jsonl", "full"): extent(*values)}, SCALES, {})
