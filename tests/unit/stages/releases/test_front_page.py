"""The page that one opens first: what is worst stands first, and every page has its sentence."""

import re

import pytest

from drumcorpus.ground.pages.shown import percent
from drumcorpus.stages.releases.front_page import front_page, listed

NOTHING_BLESSED = {"baseline": "none", "sentence": "Nothing is blessed yet."}
BLESSED = {"baseline": "blessed", "sentence": "All is as blessed."}


def health(*statuses, dropped=0):
    return {
        "totals": {"events": 3509, "components": 4000, "sessions": 50, "source_sets": 2},
        "sessions": {"audio_duration": 3723.4},
        "drops": {"dropped": dropped, "hits": 100},
        "gates": [{"gate": f"gate_{n}", "status": status} for n, status in enumerate(statuses)],
    }


def row(name, *, redistributable=True):
    return {
        "source_set": name,
        "title": f"The {name} set",
        "sessions": {"total": 7},
        "audio": 60.0,
        "license": "CC-BY-4.0",
        "redistributable": redistributable,
        "tier": "production",
    }


TOTALS = {"source_sets": 3, "redistributable": 2, "audio": 7200.0}
INVENTORY = {
    "source_sets": [row("a"), row("b"), row("c", redistributable=False)],
    "totals": TOTALS | {"sessions": {"total": 21, "with_labels": 14}},
}
OF_SETS = {"a": health(), "b": health(dropped=40)}
REPORTS = {
    "one": (health("PASS", "WAIVED"), BLESSED),
    "two": (health("PASS", "FAIL", "FAIL"), NOTHING_BLESSED),
}


def page_of(reports=REPORTS, pages=()):
    ages = {"one": "Blessed at release 2025.9, 2 releases ago."}
    return front_page("2026.1", pages, INVENTORY, reports, OF_SETS, ages)


def test_what_fails_and_what_drops_most_stands_first():
    page = page_of()
    assert "2 of 5 gates fail." in page
    assert re.findall(r"<h2>(.*?)</h2>", page)[:2] == ["two", "one"]
    assert re.findall(r"The (.) set", page) == ["b", "a", "c"]
    assert 'href="health/two.html#gates"><code>gate_1</code>' in page
    assert "2:00:00" in page and "1:02:03" in page and percent(0.4) in page
    assert page.count("not to be passed on") == 1
    assert "<p>Nothing is blessed yet.</p>" in page and "1 blessed" in page
    assert "<p>All is as blessed. Blessed at release 2025.9, 2 releases ago.</p>" in page


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        (["PASS", "PASS"], "All 2 gates pass."),
        (["WAIVED", "PASS"], "No gate fails; 1 of 2 is waived."),
        ([], "Nothing was held to gates."),
    ],
    ids=["pass", "waived", "none"],
)
def test_the_banner_follows_from_the_gates(statuses, words):
    assert words in page_of({"one": (health(*statuses), BLESSED)})


def test_every_page_has_a_sentence_and_its_place():
    pages = [
        "releases/trend.html",
        "releases/2026.1/index.html",
        "health/source_sets/a.html",
        "health/source_sets/b.html",
        "inventory.html",
        "train_check/one/clips.html",
        "health/one.html",
        "health/two.html",
    ]
    rows = listed(pages, ["two", "one", "b", "a"])
    assert [(each["path"], each["name"]) for each in rows] == [
        ("health/two.html", "two"),
        ("health/one.html", "one"),
        ("train_check/one/clips.html", "one/clips"),
        ("health/source_sets/b.html", "b"),
        ("health/source_sets/a.html", "a"),
        ("inventory.html", ""),
        ("releases/2026.1/index.html", "2026.1"),
        ("releases/trend.html", ""),
    ]
    assert all(each["sentence"].endswith(".") for each in rows)
    with pytest.raises(ValueError, match=r"^new/x\.html: PAGES has no sentence"):
        listed(["new/x.html"], [])


def test_equal_input_gives_equal_bytes_and_names_are_escaped():
    reports = {"<b>": REPORTS["one"]}
    page = page_of(reports, ["health/<b>.html"])
    assert page == page_of(reports, ["health/<b>.html"])
    assert "<b>" not in page and 'href="health/%3Cb%3E.html"' in page
    assert "://" not in page
