"""The crate: what RO-Crate and the profiles of runs ask, and that the rocrate library reads it."""

import base64
from pathlib import Path

import pytest
from chain_of_jobs import CARD, INVENTORY, MANIFEST, digest, manifest_in, small_chain

from drumcorpus.ground.files.json_files import canonical_json, write_json
from drumcorpus.stages.provenance.attest import STATEMENT_FILE, write_crate
from drumcorpus.stages.provenance.chain import licences, read_chain
from drumcorpus.stages.provenance.crate import make_crate

WITHIN = "https://w3id.org/ro/wfrun"


def chain():
    manifests = small_chain()
    return read_chain([(MANIFEST, manifests[MANIFEST])], manifest_in(manifests))


def entities(**changed):
    settings = {"has_workflow": True, "published": None, "max_jobs": 10} | changed
    described = {"name": "all", "description": "how it came about", "licences": {"toy": "MIT"}}
    crate = make_crate(chain(), parts=[STATEMENT_FILE], **described, **settings)
    found = {each["@id"]: each for each in crate["@graph"]}
    assert len(found) == len(crate["@graph"])  # every @id once
    return found


def ids(value):
    return [each["@id"] for each in (value if isinstance(value, list) else [value])]


def references(value):
    if isinstance(value, list):
        return [ref for each in value for ref in references(each)]
    if isinstance(value, dict) and value.keys() == {"@id"}:
        return [value["@id"]]
    return []


def file_id(path):
    name = base64.urlsafe_b64encode(bytes.fromhex(digest(path))).decode().rstrip("=")
    return f"ni:///sha-256;{name}"


def of_type(found, kind):
    return [each for each in found.values() if kind in ([each["@type"]], each["@type"])[0]]


def test_the_metadata_file_and_the_root_say_which_profiles_they_keep():
    found = entities()
    assert ids(found["ro-crate-metadata.json"]["conformsTo"]) == [
        "https://w3id.org/ro/crate/1.1",
        "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
    ]
    assert found["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    root = found["./"]
    assert ids(root["conformsTo"]) == [
        f"{WITHIN}/process/0.5",
        f"{WITHIN}/workflow/0.5",
        f"{WITHIN}/provenance/0.5",
        "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
    ]
    assert root["mainEntity"] == {"@id": "Snakefile"}
    assert root["license"] == [{"@id": "#licence-MIT"}]
    assert found["#licence-MIT"]["description"] == "licence of toy"


def test_every_reference_leads_to_an_entity():
    found = entities()
    wanted = {
        ref for each in found.values() for value in each.values() for ref in references(value)
    }
    outside = {"https://w3id.org/ro/crate/1.1"}
    assert wanted - found.keys() == outside


def test_the_workflow_ran_from_what_no_run_has_made_to_the_products():
    run = entities()["#run"]
    assert run["instrument"] == {"@id": "Snakefile"}
    sources = [CARD, "resources/taxonomy/components.yaml", "toy"]
    assert ids(run["object"]) == sorted(map(file_id, sources))
    assert ids(run["result"]) == [file_id(MANIFEST)]


def test_every_job_is_an_action_of_its_script_with_its_step():
    found = entities()
    actions = {each["name"]: each for each in of_type(found, "CreateAction")}
    assert sorted(actions) == [
        "4 jobs of drumcorpus",
        "ingest_sessions toy 000",
        "ingest_sessions toy 001",
        "merge_manifest all",
        "take_inventory toy",
    ]
    merged = actions["merge_manifest all"]
    shards = [f"results/events/toy/00{n}.parquet" for n in (0, 1)]
    assert ids(merged["object"]) == sorted(map(file_id, shards))
    tool = found[merged["instrument"]["@id"]]
    assert (tool["name"], tool["softwareVersion"]) == (
        "workflow/scripts/merge_manifest.py",
        digest("merge_manifest")[:16],
    )
    assert ids(tool["softwareRequirements"]) == ["#numpy-2.4.6"]
    assert actions["ingest_sessions toy 001"]["description"] == '{"ingest": {"grid_ms": 5.0}}'
    steps = {
        found[each["object"]["@id"]]["name"]: each["instrument"]["@id"]
        for each in of_type(found, "ControlAction")
    }
    assert steps["ingest_sessions toy 000"] == "#step-ingest_sessions"
    assert found["#step-ingest_sessions"]["workExample"][0]["@id"].startswith("#workflow/scripts/")
    assert len(steps) == 4


def test_a_file_has_the_name_of_its_content_and_the_path_that_the_run_had_for_it():
    found = entities()
    assert found[file_id(MANIFEST)] == {
        "@id": file_id(MANIFEST),
        "@type": "File",
        "name": MANIFEST,
        "alternateName": MANIFEST,
        "sha256": digest(MANIFEST),
        "contentSize": "100",
    }
    raw = found[file_id("toy")]
    assert raw["name"] == "raw files of toy"
    assert raw["description"] == f"3 raw files; the table of them is {INVENTORY}"


def test_of_many_jobs_the_crate_has_the_run_as_a_whole():
    found = entities(max_jobs=3)
    assert f"{WITHIN}/provenance/0.5" not in ids(found["./"]["conformsTo"])
    assert f"{WITHIN}/workflow/0.5" in ids(found["./"]["conformsTo"])
    assert [each["@id"] for each in of_type(found, "CreateAction")] == ["#run"]
    assert file_id("results/events/toy/000.parquet") not in found


def test_files_that_no_workflow_made_are_told_as_processes():
    found = entities(has_workflow=False)
    assert ids(found["./"]["conformsTo"]) == [f"{WITHIN}/process/0.5"]
    assert "mainEntity" not in found["./"]
    assert of_type(found, "ControlAction") == []
    assert len(of_type(found, "CreateAction")) == 4


def test_a_date_is_there_only_if_a_person_states_it():
    assert "datePublished" not in entities()["./"]
    assert entities(published="2026-11-29")["./"]["datePublished"] == "2026-11-29"


def test_licences_are_read_from_cards_that_are_as_they_were_recorded(tmp_path):
    card = tmp_path / CARD
    card.parent.mkdir(parents=True)
    card.write_text("license: CC0-1.0\n")
    assert licences(chain(), tmp_path) == {}  # another card than that of the run
    row = {"path": CARD, "kind": "resource", "name": "card", "sha256": ""}
    import hashlib

    row["sha256"] = hashlib.sha256(card.read_bytes()).hexdigest()
    same = chain()
    same.sources.append(row)
    assert licences(same, tmp_path) == {"toy": "CC0-1.0"}


@pytest.fixture
def crate_folder(tmp_path):
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "Snakefile").write_text("# rules\n")
    settings = {"name": "all", "published": None, "max_jobs": 10}
    write_crate(tmp_path / "crate", chain(), {"s": 1}, checkout=checkout, **settings)
    return tmp_path / "crate"


def test_a_crate_is_a_folder_with_the_statement_and_the_snakefile(crate_folder):
    assert sorted(path.name for path in crate_folder.iterdir()) == [
        "Snakefile",
        "ro-crate-metadata.json",
        "statement.intoto.json",
    ]
    assert (crate_folder / "Snakefile").read_text() == "# rules\n"
    assert (crate_folder / "statement.intoto.json").read_bytes() == canonical_json({"s": 1})


def test_the_rocrate_library_reads_a_crate(crate_folder):
    library = pytest.importorskip(
        "rocrate.rocrate", reason="rocrate is not installed; make readers installs it"
    )
    crate = library.ROCrate(crate_folder)
    assert (crate.version, crate.name) == ("1.1", "all")
    assert crate.mainEntity.id == "Snakefile"
    assert "ComputationalWorkflow" in crate.mainEntity.type
    actions = {each["name"]: each for each in crate.get_by_type("CreateAction")}
    assert len(actions) == 5
    merged = actions["merge_manifest all"]
    assert merged["instrument"]["name"] == "workflow/scripts/merge_manifest.py"
    assert [each["alternateName"] for each in merged["result"]] == [MANIFEST]
    assert sorted(each["name"] for each in merged["object"]) == [
        f"results/events/toy/00{n}.parquet" for n in (0, 1)
    ]
    assert len(crate.mainEntity["step"]) == 3


def test_what_rocrate_writes_of_a_crate_it_reads_again(crate_folder, tmp_path):
    library = pytest.importorskip(
        "rocrate.rocrate", reason="rocrate is not installed; make readers installs it"
    )
    library.ROCrate(crate_folder).write(tmp_path / "again")
    again = library.ROCrate(tmp_path / "again")
    assert len(list(again.get_by_type("CreateAction"))) == 5
    assert Path(tmp_path / "again/statement.intoto.json").read_bytes() == canonical_json({"s": 1})


def test_equal_facts_give_equal_bytes(tmp_path):
    written = []
    for name in ("a", "b"):
        settings = {"checkout": None, "name": "all", "published": None, "max_jobs": 10}
        write_crate(tmp_path / name, chain(), {}, **settings)
        written.append((tmp_path / name / "ro-crate-metadata.json").read_bytes())
    assert written[0] == written[1]
    write_json(tmp_path / "c.json", {})
