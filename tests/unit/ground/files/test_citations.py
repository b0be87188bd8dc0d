"""BibTeX of the source sets: read back by a strict parser."""

import re

import pytest
import yaml
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.ground.files.citations import bibliography, citation_of

CARDS = {
    path.stem: card
    for path in sorted((REPO / "resources/source_sets").glob("*.yaml"))
    if "citation" in (card := yaml.safe_load(path.read_text()))
}
DEMO = [
    yaml.safe_load(path.read_text())
    for path in sorted((REPO / "resources/demo/source_sets").glob("*.yaml"))
]
ENTRY = re.compile(r"@(article|inproceedings|misc)\{([a-z0-9_]+),\n((?:  [a-z]+ = \{.*\},\n)+)\}")
FIELD = re.compile(r"  ([a-z]+) = \{(.*)\},")
REQUIRED = {
    "article": {"author", "title", "journal", "year"},
    "inproceedings": {"author", "title", "booktitle", "year"},
    "misc": {"title"},
}


def parse(text):
    """Entries by key, as (kind, fields); raises AssertionError at anything that is none."""
    assert text.endswith("\n")
    entries = {}
    for block in text.removesuffix("\n").split("\n\n"):
        if block.startswith("%"):
            assert "@" not in block
            assert "\n" not in block
            continue
        match = ENTRY.fullmatch(block)
        assert match, block
        kind, key, lines = match.groups()
        fields = dict(FIELD.fullmatch(line).groups() for line in lines.splitlines())
        assert len(fields) == lines.count("\n")
        for value in fields.values():
            assert_balanced(value)
            assert not re.search(r"(?<!\\)[&%$#]", value) or value.startswith("http")
        assert fields.keys() >= REQUIRED[kind]
        assert key not in entries
        entries[key] = (kind, fields)
    return entries


def assert_balanced(value):
    depth = 0
    for char in re.sub(r"\\[{}]", "", value):
        depth += (char == "{") - (char == "}")
        assert depth >= 0, value
    assert depth == 0, value


def test_every_card_with_a_citation_has_an_entry_under_its_name():
    entries = parse(bibliography(CARDS.values()))
    without = {"signaturesounds", "telefunken_sessions"}
    assert entries.keys() == CARDS.keys() - without
    assert list(entries) == sorted(entries)


def test_an_entry_has_the_facts_of_the_card():
    entries = parse(bibliography(CARDS.values()))
    kind, groove = entries["groove_mididataset"]
    assert kind == "inproceedings"
    assert groove == {
        "author": "Jon Gillick and Adam Roberts and Jesse Engel and Douglas Eck and David Bamman",
        "title": "{Learning to Groove with Inverse Sequence Transformations}",
        "booktitle": "International Conference on Machine Learning (ICML)",
        "year": "2019",
        "note": "Data: Groove MIDI Dataset, version 1.0.0; licence: CC-BY-4.0",
        "url": "https://magenta.tensorflow.org/datasets/groove",
    }
    kind, egmd = entries["egmd"]
    assert (kind, egmd["eprint"], egmd["archiveprefix"], egmd["year"]) == (
        "misc",
        "2004.00188",
        "arXiv",
        "2020",
    )
    assert entries["musdb18_hq"][1]["doi"] == "10.5281/zenodo.3338373"
    assert entries["musdb18_hq"][1]["year"] == "2019"
    assert 'St{\\"o}ter' in entries["musdb18_hq"][1]["author"]
    assert entries["slakh2100"][1]["author"].endswith("and Jonathan {Le Roux}")
    assert entries["enst_drums"][1]["author"] == 'Olivier Gillet and Ga{\\"e}l Richard'
    assert entries["enst_drums"][1]["url"] == "https://zenodo.org/records/21506051"


def test_every_licence_is_named():
    text = bibliography(CARDS.values())
    for name, card in CARDS.items():
        assert card["license"].replace("_", "\\_") in text, name


def test_the_demo_has_licences_and_no_citation():
    text = bibliography(DEMO)
    assert parse(text) == {}
    assert text.count("licence: MIT; no citation is known of.") == len(DEMO) > 9


def test_a_set_that_comes_twice_is_cited_once():
    twice = [CARDS["egmd"], dict(CARDS["egmd"])]
    assert bibliography(twice) == bibliography(twice[:1])


def card(citation, title="T"):
    facts = {"name": "s", "title": title, "version": "1", "license": "MIT", "obtain": "ask"}
    return facts | {"citation": citation}


@pytest.mark.parametrize(
    ("citation", "kind", "fields"),
    [
        ("Home page of the set, 2020", "misc", {"title": "{T}"}),
        ('Ann Lee, "A & B"', "misc", {"author": "Ann Lee", "title": "{A \\& B}"}),
        (
            'Ann Lee, Bo Du and Çem Ö, "T_1", Workshop on 100% Sound, 1998.',
            "inproceedings",
            {
                "author": 'Ann Lee and Bo Du and {\\c C}em {\\"O}',
                "booktitle": "Workshop on 100\\% Sound",
                "year": "1998",
            },
        ),
        (
            'Ann Lee, Bo Du, and Zoe\u0301 X, "T", 2019.',
            "misc",
            {"author": "Ann Lee and Bo Du and Zo{\\'e} X"},
        ),
        (
            'Lee et al., "T", Transactions, 2025, doi 10.5334/t.1.',
            "article",
            {"author": "Lee and others", "doi": "10.5334/t.1", "journal": "Transactions"},
        ),
    ],
    ids=[
        *("of another form", "without a place", "special letters"),
        *("a comma before the last", "and others"),
    ],
)
def test_words_become_fields(citation, kind, fields):
    found_kind, found = parse(bibliography([card(citation)]))["s"]
    assert found_kind == kind
    assert found.items() >= fields.items()
    assert "licence: MIT" in found["note"]


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_words_give_valid_bibtex(citation, title):
    parse(bibliography([card(citation, title)]))


def test_nothing_to_cite_is_no_entry():
    assert citation_of(card("none: made for a test")) is None
    assert citation_of(card("Nonesuch Records")) is not None


def test_what_appeared_in_a_journal_is_an_article_of_it():
    star = yaml.safe_load((REPO / "resources/source_sets/star_drums.yaml").read_text())
    entry = citation_of(star)
    assert (entry.kind, entry.fields["year"], entry.fields["doi"]) == (
        "article",
        "2025",
        "10.5334/tismir.244",
    )
    assert entry.fields["journal"].startswith("Transactions of the International Society for Music")
