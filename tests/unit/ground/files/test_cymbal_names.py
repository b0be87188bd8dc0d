"""Cymbals in names: what a text names, what it does not, and which table of words is refused."""

import copy

import pytest
import yaml
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.ground.files.cymbal_names import (
    NOTHING,
    Cymbal,
    Naming,
    distinct_cymbals,
    find_cymbals,
    read_cymbal_words,
)

DOCUMENT = yaml.safe_load((REPO / "resources/crash/cymbal_words.yaml").read_text())
WORDS = read_cymbal_words(DOCUMENT)
FAMILIES = {
    row["family"]
    for row in yaml.safe_load((REPO / "resources/taxonomy/components.yaml").read_text()).values()
}
MAKERS, SERIES, KINDS = zip(
    *[
        (maker, series, kind)
        for maker, row in DOCUMENT["makers"].items()
        for series in [None, *row["series"]]
        for kind in ("crash", "ride", "china", "splash")
    ],
    strict=True,
)


def named(text):
    return [cymbal.in_words() for cymbal in find_cymbals(text, WORDS).cymbals]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("crash16i__crash1", "crash, 16 in"),
        ("crash20i__ride-cup1", "crash ride, 20 in"),
        ("SabianCrash-Hard", "Sabian crash"),
        ("ZildjianSplash-Softest", "Zildjian splash"),
        ("SabianHatSemiOpen-Med", "Sabian hi-hat"),
        ('Crash/Ride (Paiste Rude Crash/Ride 18")', "Paiste RUDE crash ride, 18 in"),
        ("ZildjianACustom16Crash", "Zildjian A Custom crash, 16 in"),
        ("Sabian AA 18 Crash 3", "Sabian AA crash, 18 in"),
        ("Zildjian K crash, 45 cm", "Zildjian K crash, 18 in"),
        ('Cymbal Crash 13,5" Zildjian', "Zildjian crash, 13.5 in"),
        ("HHX crash", "Sabian HHX crash"),
        ('Istanbul 22"', "Istanbul, 22 in"),
        ("zildjian hats", "Zildjian hi-hat"),
    ],
)
def test_a_name_of_a_cymbal_is_read(text, words):
    assert find_cymbals(text, WORDS).is_clear
    assert named(text) == [words]


@pytest.mark.parametrize(
    "text",
    [
        "Cymbal Crash 16",  # the sixteenth file of a pack
        "16 Crash",
        "Crash 2",
        "DRUM HI HAT - M60 FET hypercardioid - API 1608",
        "DRUMS - OH L - ELA M 260",
        "Snare 14''",
        "Dream pop snare",
        "Crash 16 in stereo",
        'Crash 99"',
        "Zildjianesque",
        "A crash in the S series",
    ],
)
def test_what_does_not_name_a_cymbal_is_not_read(text):
    assert find_cymbals(text, WORDS) == NOTHING


def test_the_readme_of_a_real_kit_is_read_line_by_line():
    lines = [
        "Crash 16'' Sabian \"B8 Pro, Thin Crash\"",
        "Crash 20'' Paiste 1000 \"Power Crash 20''\", made in Switzerland",
        "Hihat Paiste 1000 14'' \"Rude\", made in Switzerland",
        "Toms: 12X8 13X9 16X16 (hi, mid, low-foor)",
        'Snare "piccolo" 14X4',
    ]
    assert [named(line) for line in lines] == [
        ["Sabian B8 Pro crash, 16 in"],
        ["Paiste 1000 crash, 20 in"],
        ["Paiste hi-hat, 14 in"],  # two series: which one is left open
        [],
        [],
    ]


def test_several_diameters_of_one_kind_are_as_many_cymbals():
    text = 'Crashes: 16" and 18" Zildjian A Custom'
    assert find_cymbals(text, WORDS) == Naming(
        tuple(Cymbal("Zildjian", "A Custom", "crash", size) for size in (16.0, 18.0))
    )


def test_a_list_in_one_line_is_divided():
    text = '14" Zildjian A hats, 16" Sabian AAX crash and 20" Paiste 2002 ride'
    assert named(text) == [
        "Zildjian A hi-hat, 14 in",
        "Sabian AAX crash, 16 in",
        "Paiste 2002 ride, 20 in",
    ]


@pytest.mark.parametrize("text", ["two Zildjian crashes", '2x 16" Zildjian crash'])
def test_an_unclear_number_of_cymbals_is_said(text):
    assert not find_cymbals(text, WORDS).is_clear


def test_cymbals_that_may_be_one_count_once():
    a, b = Cymbal("Zildjian", None, "crash", 16.0), Cymbal("Zildjian", None, "crash", 18.0)
    vague = Cymbal("Zildjian", None, "crash")
    assert distinct_cymbals([vague, a, b, a]) == [a, b]
    assert distinct_cymbals([vague]) == [vague]
    assert distinct_cymbals([vague, Cymbal(kind="ride", diameter_in=20.0)]) != [vague]


@given(
    st.sampled_from(list(zip(MAKERS, SERIES, KINDS, strict=True))),
    st.integers(8, 24),
    st.sampled_from(['{}"', "{}in", "{} inch", "{}''"]),
    st.sampled_from([" ", "_", "-", ", "]),
)
def test_what_is_written_out_is_read_back(names, inches, form, between):
    maker, series, kind = names
    first = (
        f"{maker} {DOCUMENT['makers'][maker]['series'][series]['words'][0]}" if series else maker
    )
    text = between.join([form.format(inches), first, kind])
    assert find_cymbals(text, WORDS) == Naming((Cymbal(maker, series, kind, float(inches)),))


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text):
    naming = find_cymbals(text, WORDS)
    for cymbal in naming.cymbals:
        assert cymbal.maker is None or cymbal.maker in DOCUMENT["makers"]
        assert cymbal.kind is None or cymbal.kind in DOCUMENT["kinds"]
        assert cymbal.diameter_in is None or 6 <= cymbal.diameter_in <= 30


@given(
    st.lists(
        st.builds(
            Cymbal,
            st.sampled_from([None, "Sabian", "Paiste"]),
            st.none(),
            st.sampled_from([None, "crash"]),
            st.sampled_from([None, 16.0, 18.0]),
        ),
        max_size=8,
    )
)
def test_every_cymbal_may_be_one_that_is_counted_and_these_differ(cymbals):
    apart = distinct_cymbals(cymbals)
    assert apart == distinct_cymbals(cymbals[::-1])
    assert all(any(cymbal.may_be(other) for other in apart) for cymbal in cymbals)
    assert not any(a.may_be(b) for n, a in enumerate(apart) for b in apart[:n])


def test_kinds_are_of_the_taxonomy():
    read_cymbal_words(DOCUMENT, "words.yaml", FAMILIES)
    with pytest.raises(ValueError, match=r"words\.yaml: kinds: crash: family: got 'crash'; allow"):
        read_cymbal_words(DOCUMENT, "words.yaml", ["ride", "cymbal", "hihat"])


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (
            ("makers", "Sabian", "sources"),
            ["book"],
            "makers: Sabian: sources: got 'book'; declared",
        ),
        (
            ("makers", "Sabian", "words"),
            ["paiste"],
            "makers: Paiste: words: 'paiste' stands in mak",
        ),
        (("makers", "Sabian", "words"), ["-"], "makers: Sabian: words: '-' has no letter"),
        (("makers", "Sabian", "words"), [], "makers.Sabian.words: got []; wanted: 1 or more"),
        (("makers", "Sabian", "weak"), "yes", "makers.Sabian.weak: got 'yes'; wanted: boolean"),
        (
            ("kinds", "ride", "words"),
            ["crash"],
            "kinds: ride: words: 'crash' stands in kinds: crash",
        ),
        (("kinds", "ride", "size"), 20, "kinds.ride: unknown key 'size'"),
        (("diameters", "least_in"), 40, "diameters: least_in: got 40; allowed: below most_in, 30"),
        (("diameters", "units", "centimetre", "words"), ["in"], "units: centimetre: 'in' stands"),
        (("verified",), "today", "verified: got 'today'"),
    ],
    ids=lambda value: "/".join(value) if isinstance(value, tuple) else None,
)
def test_a_bad_table_is_refused_with_file_and_key(place, value, message):
    document = copy.deepcopy(DOCUMENT)
    block = document
    for key in place[:-1]:
        block = block[key]
    block[place[-1]] = value
    with pytest.raises(ValueError, match="words\\.yaml: ") as caught:
        read_cymbal_words(document, "words.yaml")
    assert message in str(caught.value)
