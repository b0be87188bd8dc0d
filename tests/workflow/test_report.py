"""The report of Snakemake carries every page that the run made, each with its caption."""

import base64
import json

import pytest

pytestmark = pytest.mark.workflow
PAGES = {
    "Cymbals": ["reports/crash/label_changes.html", "reports/crash/review.html"],
    "Health": [
        "reports/health/prod_combined.html",
        "reports/health/source_sets/groove_mididataset.html",
    ],
    "Provenance": ["reports/provenance/prod_combined.html"],
    "Sources": ["reports/ingest.html", "reports/inventory.html"],
    "Splits": ["reports/splits/prod_combined.html"],
}


@pytest.fixture(scope="module")
def carried(built, tmp_path_factory):
    """What the report holds, by path."""
    report = tmp_path_factory.mktemp("report") / "report.html"
    built.snakemake("--report", str(report), "--", "all")
    text = report.read_text()
    start = text.index("{", text.rindex("var results ="))
    return json.JSONDecoder().raw_decode(text[start:])[0]


def test_every_page_is_in_the_report(carried):
    assert {path for paths in PAGES.values() for path in paths} <= set(carried)


def test_no_page_is_without_a_caption_and_a_name(carried):
    assert [path for path, page in carried.items() if not page["caption"]] == []
    assert [path for path, page in carried.items() if not page["labels"]] == []


def test_the_pages_are_carried_as_they_are(carried, built):
    for paths in PAGES.values():
        for path in paths:
            content = carried[path]["data_uri"].partition("base64,")[2]
            assert base64.b64decode(content) == built.path(path).read_bytes()
