"""Licences, citations, Croissant and RO-Crate of a release."""

import importlib.util
import json

import pyarrow as pa
import pytest

from drumcorpus.event_columns import EVENT_COLUMNS, PARTS_OF_COLUMNS
from drumcorpus.ground.files.digests import content_name, sha256_file
from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import ANNOTATION, COMPONENT, EVENTS
from drumcorpus.stages.releases.contents import hold_files, list_contents
from drumcorpus.stages.releases.licences import report_licences
from drumcorpus.stages.releases.metadata import crate_of_release, croissant_of_release
from drumcorpus.stages.releases.releases import index_release, render_release_page

FREE = {
    **{"name": "free", "title": "Free Set", "version": "1", "license": "CC-BY-4.0"},
    **{"license_url": "https://a.example/by", "license_verified": "2026-11-20"},
    **{"redistributable": True, "forbids": [], "attribution": "A <b>", "obtain": "x"},
    "citation": 'Ann Lee, "Drums", 2019.',
}
BOUND = FREE | {
    **{"name": "bound", "title": "Bound Set", "license": "research only", "license_url": None},
    **{"license_verified": None, "redistributable": False, "attribution": "B"},
    "forbids": ["commercial use", "passing on"],
}
MIXED = FREE | {"name": "mixed", "title": "Mixed Set", "forbids": ["commercial use"]}
CARDS = {"bound": BOUND, "free": FREE, "mixed": MIXED}


def audited(sessions, licenses, redistributable, merged=True):
    return {
        **{"merged": merged, "n_referenced_sessions": sessions, "n_events": 10 * sessions},
        **{"n_sessions": sum(licenses.values()), "licenses": licenses},
        "redistributable_sessions": redistributable,
    }


AUDIT = {
    "sets": {
        "mixed": audited(2, {"CC-BY-4.0": 2, "CC-BY-NC-4.0": 1}, 2),
        "free": audited(4, {"CC-BY-4.0": 4}, 4),
        "bound": audited(1, {"research only": 1}, 0),
        "staged": audited(0, {"MIT": 5}, 5, merged=False),
    }
}


def test_what_all_sets_together_forbid_is_told_with_who_forbids_it():
    found = report_licences("1", {"prod": AUDIT}, CARDS)["manifests"]["prod"]
    assert list(found["source_sets"]) == ["bound", "free", "mixed"]
    assert found["licenses"] == ["CC-BY-4.0", "CC-BY-NC-4.0", "research only"]
    assert found["forbids"] == {"commercial use": ["bound", "mixed"], "passing on": ["bound"]}
    assert found["not_passed_on"] == ["bound", "mixed"]
    assert found["unread"] == ["bound"]
    row = found["source_sets"]["mixed"]
    assert (row["sessions"], row["events"], row["audited_sessions"]) == (2, 20, 3)
    assert row["session_licenses"] == {"CC-BY-4.0": 2, "CC-BY-NC-4.0": 1}


def test_a_merged_set_without_a_card_is_named():
    with pytest.raises(ValueError, match=r"prod: no card of free, mixed"):
        report_licences("1", {"prod": AUDIT}, {"bound": BOUND})


def test_the_page_says_what_may_not_be_done(tmp_path):
    licences = report_licences("1", {"prod": AUDIT}, CARDS)
    empty = list_contents("1", [], [], copy_below_mb=1.0)
    page = render_release_page(index_release("1", tmp_path, [], {}), empty, licences)
    assert "Sound cut from bound, mixed may not be passed on, or not all of it" in page
    assert "Forbidden by bound, mixed: commercial use." in page
    assert "Nobody has read the licence of bound" in page
    assert "2 of 3 sessions" in page
    assert "A &lt;b&gt;" in page and "<b>" not in page


@pytest.fixture
def release(tmp_path, monkeypatch):
    """A manifest of two events, and its release with one file that is too large to copy."""
    monkeypatch.chdir(tmp_path)
    events = [
        {"event_id": f"e{n}", "onset_time": 0.5 * n, "components": [{"label": "kick"}]}
        for n in range(2)
    ]
    (tmp_path / "results/manifests").mkdir(parents=True)
    (tmp_path / "results/sampling").mkdir()
    table, large = "results/manifests/prod.parquet", "results/sampling/prod.parquet"
    write_table(table, pa.Table.from_pylist(events, EVENTS))
    write_table(large, pa.table({"weight": list(range(50_000))}))
    products = [{"path": path, "sha256": sha256_file(path), "rows": 2} for path in (table, large)]
    rows = hold_files("reports/releases/2026-11-30", products, copy_below_mb=0.02)
    assert [row["copied"] for row in rows] == [True, False]
    export = {"manifest": "prod", "export": "clips", "place": "results/export/prod/clips"}
    export |= {"files": 3, "bytes": 5, "listing": "export/prod/clips/SHA256SUMS"}
    contents = list_contents("2026-11-30", rows, [export], copy_below_mb=0.02)
    return tmp_path / "reports/releases/2026-11-30", contents


def test_croissant_names_the_data_and_the_columns_of_events(release):
    document = croissant_of_release(release[1], CARDS, "@misc{a}")
    assert document["name"] == "drumcorpus-2026-11-30"
    assert (document["version"], document["datePublished"]) == ("2026.11.30", "2026-11-30")
    assert document["license"] == ["https://a.example/by", "research only"]
    urls = {row["@id"]: row["contentUrl"] for row in document["distribution"]}
    assert urls == {
        "manifests/prod.parquet": "manifests/prod.parquet",
        "sampling/prod.parquet": "../../../results/sampling/prod.parquet",
    }
    assert [row["@id"] for row in document["recordSet"]] == ["prod"]
    fields = document["recordSet"][0]["field"]
    assert [field["name"] for field in fields] == EVENTS.names
    assert json.dumps(document).count("null where not known") > 5


def test_mlcroissant_reads_the_events_of_a_release(release):
    if importlib.util.find_spec("mlcroissant") is None:
        pytest.skip("mlcroissant is not installed; make readers installs it")
    import mlcroissant

    folder, contents = release
    (folder / "croissant.json").write_text(
        json.dumps(croissant_of_release(contents, CARDS, "@misc{a}"))
    )
    dataset = mlcroissant.Dataset(folder / "croissant.json")
    assert dataset.metadata.ctx.issues.errors == set()
    rows = list(dataset.records("prod"))
    assert [row["prod/event_id"] for row in rows] == [b"e0", b"e1"]
    assert [part["prod/components/label"] for part in rows[1]["prod/components"]] == [b"kick"]


def test_the_crate_has_every_file_and_who_is_to_be_named(release):
    contents = release[1]
    crate = crate_of_release(contents, CARDS, [("index.html", "The page")])
    entities = {each["@id"]: each for each in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    root = entities["./"]
    large = content_name(contents["files"][1]["sha256"])
    parts = {each["@id"] for each in root["hasPart"]}
    assert parts == {"manifests/prod.parquet", large, "index.html", "#export/prod/clips"}
    assert entities[large]["alternateName"] == "results/sampling/prod.parquet"
    assert entities["manifests/prod.parquet"]["sha256"] == contents["files"][0]["sha256"]
    assert root["creditText"] == "B; A <b>"
    linked = {
        each["@id"]
        for entity in crate["@graph"]
        for value in entity.values()
        for each in (value if isinstance(value, list) else [value])
        if isinstance(each, dict)
    }
    assert linked - set(entities) == {"https://w3id.org/ro/crate/1.1"}


def test_rocrate_reads_the_crate_of_a_release(release):
    rocrate = pytest.importorskip(
        "rocrate.rocrate", reason="rocrate is not installed; make readers installs it"
    )
    folder, contents = release
    (folder / "ro-crate-metadata.json").write_text(
        json.dumps(crate_of_release(contents, CARDS, []))
    )
    crate = rocrate.ROCrate(folder)
    assert crate.name == "drumcorpus, release 2026-11-30"
    assert {each.id for each in crate.data_entities} >= {"manifests/prod.parquet"}


@pytest.mark.parametrize(
    ("first", "second", "licences"),
    [
        (("L", "https://a.example"), ("L", "https://b.example"), {"L"}),
        (("L", "https://a.example"), ("M", "https://a.example"), {"L; M"}),
        (("L", "https://a.example"), ("L", None), {"L"}),
        (('by "track" <#%>', None), ("é: x", None), {'by "track" <#%>', "é: x"}),
    ],
    ids=["two_addresses", "two_names", "no_address", "names_in_words"],
)
def test_every_licence_that_a_crate_refers_to_is_described_in_it_once(first, second, licences):
    cards = {
        name: FREE | {"name": name, "license": licence, "license_url": url}
        for name, (licence, url) in (("a", first), ("b", second))
    }
    empty = list_contents("1", [], [], copy_below_mb=1.0)
    graph = crate_of_release(empty, cards, [])["@graph"]
    ids = [each["@id"] for each in graph]
    assert len(ids) == len(set(ids))
    assert all(each.isascii() and not set(each) & set(' "<>') for each in ids)
    by_id = {each["@id"]: each for each in graph}
    referred = [each["@id"] for each in by_id["./"]["license"]]
    assert {by_id[name]["name"] for name in referred} == licences
    assert {by_id[f"#{name}"]["license"]["@id"] for name in cards} == set(referred)


@pytest.mark.parametrize(
    ("names", "meanings"),
    [
        (EVENTS.names, EVENT_COLUMNS),
        ([field.name for field in COMPONENT], PARTS_OF_COLUMNS["components"]),
        ([field.name for field in ANNOTATION], PARTS_OF_COLUMNS["annotation_history"]),
        ([field.name for field in EVENTS.field("context_ms").type], PARTS_OF_COLUMNS["context_ms"]),
    ],
    ids=["events", "components", "history", "context"],
)
def test_every_column_of_an_event_is_explained_and_no_other(names, meanings):
    assert list(meanings) == names
