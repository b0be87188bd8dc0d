"""Files of a release that its contents list are held against them by `verify`."""

import json
from pathlib import Path

import pytest
from test_verify import Plan, found, make, refusal, verified

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.run.released import copies_stand, half_copied, place_in_release

FOLDER = "reports/releases/2026-11"
CONTENTS = f"{FOLDER}/contents.json"
INDEX = f"{FOLDER}/index.html"
COPY = f"{FOLDER}/manifests/prod.jsonl"
PLAN = Plan({"release": [CONTENTS, INDEX]})


def row(path, data=b"[1]\n", copied=True):
    described = {"path": path, "sha256": sha256_bytes(data), "bytes": len(data)}
    return described | {"copied": copied, "place": f"results/{path}"}


ROWS = [row("manifests/prod.jsonl"), row("index.html"), row("large.parquet", copied=False)]


@pytest.fixture(autouse=True)
def release(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make(INDEX)
    make(CONTENTS, lambda path: path.write_text(json.dumps({"files": ROWS})))
    Path(COPY).parent.mkdir()
    Path(COPY).write_text("[1]\n")
    return tmp_path / FOLDER


def test_a_copy_that_the_contents_list_is_as_recorded_and_in_the_listing():
    whole = verified(plan=PLAN)
    assert whole.problems == []
    assert [file.shown for file in whole.products] == [CONTENTS, INDEX, COPY]


def test_a_copy_that_is_missing_or_changed_is_named_with_the_contents_to_make_again():
    Path(COPY).write_text("[2]\n")
    assert found(plan=PLAN) == {COPY: "changed"}
    assert f"--forcerun {CONTENTS}" in refusal(PLAN)
    assert found(plan=PLAN, level="quick") == {}  # of equal size
    Path(COPY).write_text("[1, 2]\n")
    assert found(plan=PLAN, level="quick") == {COPY: "changed"}
    Path(COPY).unlink()
    assert found(plan=PLAN) == {COPY: "missing"}
    [problem] = verified(plan=PLAN).problems
    assert problem.target == CONTENTS


def test_a_file_of_a_rule_without_its_run_manifest_is_named_though_the_contents_list_it():
    Path(f"{INDEX}.manifest.json").unlink()
    assert found(plan=PLAN) == {INDEX: "extra"}
    assert f"--forcerun {INDEX}" in refusal(PLAN)
    # Of another release no rule makes it: its contents are what there is to hold it against.
    assert found(plan=Plan({"release": [CONTENTS]}, lasting=[FOLDER])) == {}


def test_a_file_that_nothing_lists_is_extra():
    Path(f"{FOLDER}/manifests/other.jsonl").write_text("[1]\n")
    assert found(plan=PLAN) == {f"{FOLDER}/manifests/other.jsonl": "extra"}
    # What is listed as lying elsewhere must not lie here.
    Path(f"{FOLDER}/manifests/other.jsonl").rename(f"{FOLDER}/large.parquet")
    assert found(plan=PLAN) == {f"{FOLDER}/large.parquet": "extra"}


def test_where_the_contents_are_damaged_they_are_named_and_not_the_copies():
    Path(CONTENTS).write_text("{}")
    assert found(plan=PLAN) == {CONTENTS: "changed"}
    Path(CONTENTS).unlink()
    assert found(plan=PLAN) == {CONTENTS: "missing"}


def test_a_release_of_another_name_is_held_to_its_own_contents():
    plan = Plan({"release": ["reports/releases/2027-01/index.html"]}, lasting=[FOLDER])
    make("reports/releases/2027-01/index.html")
    assert found(plan=plan) == {}
    Path(COPY).unlink()
    assert found(plan=plan) == {COPY: "missing"}


def test_copies_stand_where_all_that_no_rule_makes_are_as_listed(release):
    contents = {"files": ROWS}
    outputs = [INDEX]
    assert copies_stand(FOLDER, contents, outputs)
    Path(INDEX).unlink()  # as Snakemake does before a job
    assert copies_stand(FOLDER, contents, outputs)
    assert not copies_stand(FOLDER, contents, [])
    Path(COPY).write_text("[2]\n")
    assert not copies_stand(FOLDER, contents, outputs)
    Path(COPY).unlink()
    assert not copies_stand(FOLDER, contents, outputs)


def test_products_are_filed_as_they_stand_below_results_or_reports():
    assert place_in_release("results/export/prod/clips/CITE.bib") == "export/prod/clips/CITE.bib"
    assert place_in_release("reports/inventory.json") == "inventory.json"
    assert half_copied(FOLDER, ["results/manifests/prod.jsonl"]) == [
        Path(f"{FOLDER}/manifests/.prod.jsonl.part")
    ]
