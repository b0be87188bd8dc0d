"""``plan`` of the small project, asked of the real snakemake: verdicts and reasons with values."""

import json
import os
import shutil

import pytest
import yaml

pytestmark = pytest.mark.workflow


@pytest.fixture(autouse=True)
def a_wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


def plan(project, *arguments):
    """What the command prints as JSON; nothing of the project may change by it."""
    before = state(project)
    command = ("-m", "drumcorpus", "plan", "--configfile", "mine.yaml", "--cores", "2", "--json")
    done = project.run(*command, *arguments)
    assert state(project) == before
    return json.loads(done.said[done.said.index("{\n") :])


def words(project, *arguments):
    done = project.run("-m", "drumcorpus", "plan", "--configfile", "mine.yaml", *arguments)
    return done.said


def state(project):
    """Everything below the project but compiled Python: content by name."""
    return {
        path.relative_to(project.folder).as_posix(): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in sorted(project.folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and path.name != "run.lock"
    }


def verdicts(document):
    """(works, may work, asks) by rule, of those that are not all zero."""
    return {row["rule"]: (row["works"], row["may_work"], row["asks"]) for row in document["rules"]}


def causes(document, *kinds):
    """(kind, name, detail) of the causes of some kinds, with the rules that have them."""
    told = {}
    for row in document["rules"]:
        for cause in row["causes"]:
            if cause["kind"] in kinds:
                key = (cause["kind"], cause["name"], cause["detail"])
                told.setdefault(key, set()).add(row["rule"])
    return told


OWN = ("new", "missing", "changed", "setting", "code", "software", "raw data", "input", "card")


def test_a_built_project_has_nothing_to_do(project):
    document = plan(project)
    assert document["rules"] == []
    assert document["jobs"]["stands"] > 40
    n_jobs = document["jobs"]["stands"]
    assert words(project).splitlines()[-1] == (
        f"Nothing to do: the products of all {n_jobs} jobs on the way to all stand."
    )


@pytest.mark.long
def test_one_changed_setting(project):
    project.configure(crash={"clustering": {"max_cymbals": 2}})
    document = plan(project)
    setting = ("setting", "clustering.max_cymbals", "3 → 2")
    assert causes(document, *OWN) == {setting: {"cluster_crashes", "pool_kits"}}
    told = verdicts(document)
    assert (told["cluster_crashes"], told["pool_kits"]) == ((2, 0, 0), (1, 0, 0))
    assert (told["alias_events"], told["merge_manifest"]) == ((0, 2, 0), (0, 1, 0))
    assert document["jobs"]["works"] == 3
    assert not {"take_inventory", "ingest_sessions", "embed_crashes"} & told.keys()
    said = words(project)
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "setting: clustering.max_cymbals: 3 → 2" in lines
    assert "of pool_kits (1 job), cluster_crashes (2 jobs)" in lines
    # What is planned is what is done.
    made = {job.partition(" ")[0] for job in project.jobs("all")}
    assert {"cluster_crashes", "pool_kits"} <= made <= told.keys()


@pytest.mark.long
def test_changed_code(project):
    module = project.path("src/drumcorpus/stages/manifest/merge.py")
    module.write_text(module.read_text() + "\nANOTHER = 1\n")
    document = plan(project)
    code = ("code", "stages/manifest/merge.py", "changed")
    assert causes(document, *OWN) == {code: {"merge_manifest"}}
    assert document["jobs"]["works"] == 1
    assert verdicts(document)["publish_manifest"] == (0, 1, 0)


def test_a_changed_raw_file_one_that_is_gone_and_a_new_one(project):
    first, second, *_ = sorted(project.path("raw").rglob("*.wav"))
    n_bytes = first.stat().st_size
    first.write_bytes(first.read_bytes()[:-4] + b"\0\1\0\1")
    second.rename(second.with_name("another.wav"))
    document = plan(project)
    (name, rules), *others = causes(document, *OWN).items()
    assert (rules, others) == ({"take_inventory"}, [])
    below = [path.relative_to(project.path("raw")).as_posix() for path in (first, second)]
    new = second.with_name("another.wav").relative_to(project.path("raw")).as_posix()
    assert name == (
        "raw data",
        "groove_mididataset",
        f"1 new ({new}); 1 gone ({below[1]}); 1 written since ({below[0]})",
    )
    (row,) = [row for row in document["rules"] if row["rule"] == "take_inventory"]
    assert row["works"] == 1
    # What is read are these two, beside the tables.
    renamed = second.with_name("another.wav").stat().st_size
    assert 0 <= row["read_bytes"] - n_bytes - renamed < 100_000
    assert document["jobs"]["works"] == 1
    assert verdicts(document)["ingest_sessions"] == (0, 2, 0)


@pytest.mark.long
def test_raw_files_that_only_look_otherwise_are_told_from_products_that_are_kept(project):
    page = project.path("reports/health/prod_combined.html")
    page.unlink()
    document = plan(project)
    assert causes(document, "asked")[
        ("asked", "its product was taken away, and is kept", "prod_combined.html")
    ] == {"render_health"}
    assert document["jobs"]["works"] == document["jobs"]["may_work"] == 0
    assert project.jobs("all") == set()


def test_a_product_that_is_gone_and_not_kept(project):
    path = "results/splits/prod_combined.parquet"
    project.path(path).unlink()
    project.path(f".drumcorpus/kept/{path}").unlink()
    document = plan(project)
    assert causes(document, *OWN) == {("missing", path, ""): {"decide_splits"}}
    assert verdicts(document)["decide_splits"] == (1, 0, 0)


def test_lost_records_let_every_job_ask_and_none_work(project):
    os.utime(project.path("results/splits/prod_combined.parquet.manifest.json"), (1, 1))
    document = plan(project)
    assert document["jobs"]["works"] == document["jobs"]["may_work"] == 0
    assert document["jobs"]["asks"] > 40
    assert document["jobs"]["stands"] == 0


@pytest.mark.long
def test_a_new_source_set_is_named_where_it_is_new(project):
    mine = yaml.safe_load(project.path("mine.yaml").read_text())
    again = {"like": "groove_mididataset", "roots": ["raw_again"], "shards": 1}
    shutil.copytree(project.path("raw"), project.path("raw_again"))
    project.configure(
        use=["groove_mididataset", "groove_again"],
        source_sets=mine["source_sets"] | {"groove_again": again},
    )
    document = plan(project)
    told = verdicts(document)
    assert told["take_inventory"] == (1, 0, 0)
    assert told["ingest_sessions"] == (1, 0, 0)
    assert told["summarise_inventory"] == (1, 0, 0)
    (row,) = [row for row in document["rules"] if row["rule"] == "ingest_sessions"]
    assert row["source_sets"] == ["groove_again"]
    # Its rate is that of the shards that stand, and its sound that of its files.
    assert row["time"] == "measured"
    raw = sum(path.stat().st_size for path in project.path("raw").rglob("*.wav"))
    assert raw <= row["read_bytes"] < raw + 200_000
    assert "new: groove_again" in words(project)


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(["--summary", "all"], id="summary"),
        pytest.param(["--rulegraph", "dot", "--", "all"], id="rulegraph"),
        pytest.param(["--list-rules"], id="rules"),
    ],
)
def test_what_only_looks_needs_no_number_of_cores(project, look):
    done = project.run("-m", "snakemake", "--configfile", "mine.yaml", *look)
    assert "plan" in done.said if look == ["--list-rules"] else "write_index" in done.said


@pytest.mark.long
def test_the_target_says_the_same_in_a_run_that_only_reads(project):
    project.configure(crash={"clustering": {"max_cymbals": 2}})
    before = project.products()
    said = project.snakemake("--quiet", "rules", "--", "plan").said
    assert "plan: what a run would do\n\nrule " in said
    assert "  setting: clustering.max_cymbals: 3 → 2" in said
    said = project.snakemake("--quiet", "rules", "--config", "plan=[crash]", "--", "plan").said
    assert "cluster_crashes" in said
    assert "merge_manifest" not in said
    assert project.products() == before


def test_a_refused_config_says_what_a_run_says(project):
    project.configure(splits={"sead": 3})
    done = project.run("-m", "drumcorpus", "plan", "--configfile", "mine.yaml", check=False)
    ran = project.snakemake("all", check=False)
    (sentence,) = [line for line in ran.said.splitlines() if "sead" in line][:1]
    assert done.returncode == 1
    assert sentence.strip() in done.said
