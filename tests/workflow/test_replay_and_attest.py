"""Replay of the small project, asked of the real snakemake; and what `attestations` writes."""

import json
import shutil

import pytest
import yaml

pytestmark = pytest.mark.workflow

MANIFEST = "results/manifests/prod_combined.parquet"


def replay(project, *arguments, file=MANIFEST):
    """(exit status, what was said) of a replay in the project."""
    command = ("-m", "drumcorpus", "replay", file, "--configfile", "mine.yaml", *arguments)
    done = project.run(*command, check=False)
    return done.returncode, done.said


def differences(project, *arguments, file=MANIFEST):
    """What differs, each thing once: (kind, name, recorded, today, detail)."""
    command = ("-m", "drumcorpus", "replay", file, "--configfile", "mine.yaml", "--json")
    done = project.run(*command, *arguments, check=False)
    said = done.said[done.said.index("{\n") :]
    document = json.loads(said)
    assert done.returncode == {True: 0, False: 1, None: 2}[document["holds"]]
    keys = ("kind", "name", "recorded", "today", "detail")
    return list(dict.fromkeys(tuple(each[key] for key in keys) for each in document["differences"]))


def standing(project):
    """All products, and the records of Snakemake and of the workflow that a run goes by."""
    state = {
        path.relative_to(project.folder).as_posix(): path.read_bytes()
        for path in sorted(project.path(".drumcorpus").rglob("*"))
        if path.is_file() and path.name != "run.lock"
    }
    return project.products() | state


def test_a_built_project_would_be_made_again_as_it_is(project):
    before = standing(project)
    status, said = replay(project)
    assert status == 0
    assert f"{MANIFEST}: today's checkout and inputs would give it again (17 jobs, " in said
    assert standing(project) == before


def test_other_code_is_named_by_script_and_module(project):
    module = project.path("src/drumcorpus/stages/manifest/merge.py")
    module.write_text(module.read_text() + "\nANOTHER = 1\n")
    ((kind, name, recorded, today, detail),) = differences(project)
    assert (kind, name) == ("code", "workflow/scripts/merge_manifest.py")
    assert recorded != today
    assert detail == "stages/manifest/merge.py changed"


def test_a_comment_is_no_other_code(project):
    module = project.path("src/drumcorpus/stages/manifest/merge.py")
    module.write_text(module.read_text() + "\n# another comment\n")
    assert differences(project) == []


def test_another_setting_is_named_with_both_values(project):
    project.configure(splits={"seed": 3})
    assert ("parameter", "splits.seed", "0", "3", "") in differences(project)
    assert {kind for kind, *_ in differences(project)} == {"parameter"}


def test_a_setting_of_the_command_line_counts_as_in_a_run(project):
    found = differences(project, "--config", "crash={clustering: {max_cymbals: 2}}")
    assert found == [("parameter", "clustering.max_cymbals", "3", "2", "")]


def test_raw_files_that_changed_or_are_gone_are_named(project):
    midi = min(project.path("raw").rglob("*.mid"))
    sound = min(project.path("raw").rglob("*.wav"))
    midi.write_bytes(midi.read_bytes() + b"\0")
    sound.unlink()
    found = differences(project)
    raw = {
        name: (today != "", detail) for kind, name, _, today, detail in found if kind == "raw file"
    }
    assert raw == {
        midi.relative_to(project.path("raw")).as_posix(): (True, ""),
        sound.relative_to(project.path("raw")).as_posix(): (False, "is missing"),
    }
    (listing,) = [each for each in found if each[0] == "input"]
    assert listing[1] == "raw files of groove_mididataset"
    assert listing[2] != listing[3]


def test_taxonomy_and_card_are_named(project):
    for path in ("taxonomy/components.yaml", "source_sets/groove_mididataset.yaml"):
        file = project.path(f"resources/{path}")
        file.write_text(file.read_text() + "# a word\n")
    assert [(kind, name) for kind, name, *_ in differences(project)] == [
        ("taxonomy", "resources/taxonomy/components.yaml"),
        ("card", "resources/source_sets/groove_mididataset.yaml"),
    ]


def test_products_that_are_not_built_do_not_count_where_their_records_stand(project):
    project.path("results/splits/prod_combined.parquet").unlink()
    project.path(MANIFEST).unlink()
    assert differences(project) == []


def test_a_chain_that_breaks_off_cannot_be_looked_at(project):
    for ending in ("", ".manifest.json"):
        project.path(f"results/splits/prod_combined.parquet{ending}").unlink()
    ((kind, _, _, _, detail),) = differences(project)
    assert kind == "not looked at"
    assert detail == f"no run manifest of the version that {MANIFEST} was made from is at hand"


def test_a_configuration_that_is_refused_cannot_be_looked_at(project):
    project.configure(splits={"sead": 3})
    status, said = replay(project)
    assert status == 2
    assert "sead" in said


def test_a_product_that_no_rule_makes_today_would_differ_by_its_rule(project):
    project.configure(manifests={"prod_combined": None})
    status, said = replay(project)
    assert status == 1
    assert "rule: merge_manifest" in said


@pytest.mark.long
def test_made_again_elsewhere_it_has_the_digest_that_is_recorded(project):
    before = standing(project)
    status, said = replay(project, "--run", "last")
    assert status == 0
    assert "made again, it has the digest that is recorded" in said
    assert standing(project) == before
    assert not list(project.path(".drumcorpus").glob("replay-*"))


@pytest.mark.long
def test_made_again_from_raw_files_the_digest_decides(project):
    module = project.path("src/drumcorpus/stages/manifest/merge.py")
    module.write_text(module.read_text() + "\nANOTHER = 1\n")
    before = standing(project)
    assert replay(project, "--run", "all", "--cores", "2")[0] == 0  # other code, the same bytes
    assert standing(project) == before
    raw = min(project.path("raw").rglob("*.mid"))
    raw.unlink()
    status, said = replay(project, "--run", "all", "--cores", "2")
    assert status == 1
    assert "made again, it has another digest" in said
    assert standing(project) == before


@pytest.mark.long
def test_a_release_is_replayed_from_its_manifest_and_the_records_beside_it(project, tmp_path):
    # What stood when the release was published, somewhere else; then another run.
    shutil.copytree(project.path("results"), tmp_path / "release/results")
    project.configure(ingest={"simultaneous_ms": 40.0})
    project.snakemake(MANIFEST)
    away = str(tmp_path / f"release/{MANIFEST}.manifest.json")
    records = ("--records", str(tmp_path / "release"))
    found = differences(project, *records, file=away)
    assert ("parameter", "ingest.simultaneous_ms", "5.0", "40.0", "") in found
    # Without the records of that time it is seen that an input is another, and not why.
    kinds = [kind for kind, *_ in differences(project, file=away)]
    assert set(kinds) == {"input", "not looked at"}


@pytest.mark.long
def test_attestations_are_products_with_equal_bytes_each_time(project):
    assert project.jobs("attestations") == {"attest prod_combined", "attest releases/demo"}
    folder = project.path("reports/attestations/prod_combined")
    statement = json.loads((folder / "statement.intoto.json").read_text())
    assert [each["name"] for each in statement["subject"]] == [
        "results/manifests/prod_combined.jsonl",
        MANIFEST,
    ]
    named = [
        each["name"] for each in statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    ]
    raw = [path.relative_to(project.path("raw")) for path in project.path("raw").rglob("*.*")]
    assert {f"groove_mididataset/{path.as_posix()}" for path in raw} <= set(named)
    crate = json.loads((folder / "ro-crate-metadata.json").read_text())
    entities = {each["@id"]: each for each in crate["@graph"]}
    licence = yaml.safe_load(
        project.path("resources/source_sets/groove_mididataset.yaml").read_text()
    )["license"]
    assert entities["./"]["license"] == [{"@id": f"#licence-{licence}"}]
    before = project.products()
    shutil.rmtree(project.path("reports/attestations"))
    shutil.rmtree(project.path(".drumcorpus/kept/reports/attestations"))
    project.snakemake("attestations")
    assert project.products() == before
    project.snakemake("verify")
    statement = "reports/attestations/prod_combined/statement.intoto.json"
    assert differences(project, file=statement) == []
    release = json.loads(
        project.path("reports/attestations/releases/demo/statement.intoto.json").read_text()
    )
    subjects = {each["name"] for each in release["subject"]}
    assert "reports/releases/demo/index.json" in subjects


@pytest.mark.long
def test_an_attestation_follows_what_was_made_anew_with_equal_bytes(project):
    project.snakemake("attestations")
    module = project.path("src/drumcorpus/stages/manifest/merge.py")
    module.write_text(module.read_text() + "\nANOTHER = 1\n")
    made = project.jobs("attestations")
    assert made == {"merge_manifest prod_combined", "attest prod_combined", "attest releases/demo"}
