"""The crash benchmark's page: what the hits of each cymbal were named as, in pictures."""

import importlib
import json
import re

import pytest
from checkout import REPO


@pytest.fixture
def page(monkeypatch):
    monkeypatch.syspath_prepend(REPO / "bench/crash_truth")
    return importlib.import_module("page")


def test_a_picture_has_a_cell_for_each_cymbal_and_name(page):
    picture = page.draw({"n_cymbals": 2, "cymbals": [1, 2], "counts": [[6, 1, 0, 1], [0, 0, 0, 0]]})
    assert picture["title"] == "Sessions of two cymbals"
    assert [each["name"] for each in picture["columns"]] == [
        "cymbal 1",
        "cymbal 2",
        "another name",
        "in doubt",
    ]
    assert [(cell["n"], cell["share"], cell["right"]) for cell in picture["cells"]] == [
        *[(6, 0.75, True), (1, 0.125, False), (0, 0.0, False), (1, 0.125, False)],
        *[(0, 0.0, False), (0, 0.0, True), (0, 0.0, False), (0, 0.0, False)],
    ]
    assert picture["said"].startswith("cymbal 1 named as cymbal 1: 6 of 8 hits; ")
    places = {(cell["x"], cell["y"]) for cell in picture["cells"]}
    assert len(places) == 8
    assert max(x for x, _ in places) + picture["cell"] == picture["width"]
    assert max(y for _, y in places) + picture["cell"] == picture["height"]


def test_a_run_writes_its_page_with_a_picture_per_kit_condition_and_method(judged_by_both):
    out, _ = judged_by_both
    text = (out / "page.html").read_text()
    record = json.loads((out / "crash_truth.json").read_text())
    assert text.count('role="img"') == sum(len(row["confusions"]) for row in record["rows"])
    assert re.findall(r"<h2[^>]*>([^<]+)</h2>", text)[0] == "blonde_bop"
    for row in record["rows"]:
        assert f"<h3>{row['audio']} · {row['method']}</h3>" in text
    assert "cymbal 3 named as cymbal 3: 4 of 4 hits" in text
    assert "Constants were chosen on it: " in text


def test_the_page_needs_nothing_beside_it_and_escapes_names(page, judged_by_both):
    record = json.loads((judged_by_both[0] / "crash_truth.json").read_text())
    record["rows"] = [row | {"kit": "<b>kit</b>"} for row in record["rows"]]
    text = page.render(record)
    assert "&lt;b&gt;kit&lt;/b&gt;" in text
    assert "Held out: no constant was chosen on it." in text
    assert not re.search(r"<(script|link|img|iframe)|https?://|url\(", text)


def test_what_was_left_out_is_said(page, judged_by_both):
    record = json.loads((judged_by_both[0] / "crash_truth.json").read_text())
    text = page.render(record | {"skipped": {"mp3_128k": "no coder"}})
    assert "mp3_128k is left out: no coder" in text
