"""``python -m drumcorpus plan``: what it refuses, and that it leaves nothing behind."""

import json

import pytest
from command_lines import run_command


def test_help_ends_in_an_example(tmp_path):
    status, said, _ = run_command(tmp_path, "plan", "--help")
    assert status == 0
    assert "python -m drumcorpus plan --configfile mine.yaml --cores 16 all" in said


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        pytest.param(
            ["--config", "use=[egmdd]"], 1, "(did you mean 'egmd'?)", id="a_set_that_is_none"
        ),
        pytest.param(
            ["helth"], 1, "there is none of this name (did you mean 'health'", id="target"
        ),
        pytest.param(
            ["results/none.parquet"], 1, "no rule makes this file", id="a_file_nobody_makes"
        ),
        pytest.param(
            ["--configfile", "gone.yaml"], 1, "config file gone.yaml", id="a_config_that_is_gone"
        ),
        pytest.param(["--directory", "file"], 1, "working folder file", id="a_file_for_a_folder"),
        pytest.param(["--checkout", "."], 2, "holds no Snakefile of drumcorpus", id="no_checkout"),
        pytest.param(["--cores", "0"], 2, "got '0'; wanted: a number from 1 on", id="cores"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_a_sentence(tmp_path, arguments, status, sentence):
    (tmp_path / "file").touch()
    done, said, error = run_command(tmp_path, "plan", *arguments)
    assert (done, said) == (status, "")
    assert sentence in error
    assert "Traceback" not in error
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_first_build_in_a_folder_that_is_not_there_yet(tmp_path):
    status, said, _ = run_command(
        tmp_path,
        "plan",
        "--json",
        "--directory",
        "new",
        "--config",
        "use=[mdb_drums]",
        "--cores",
        "3",
    )
    assert status == 0
    document = json.loads(said)
    assert list(tmp_path.iterdir()) == []
    assert (document["targets"], document["cores"]) == (["all"], 3)
    jobs = document["jobs"]
    assert (jobs["may_work"], jobs["asks"], jobs["stands"]) == (0, 0, 0)
    assert jobs["works"] == sum(row["works"] for row in document["rules"]) > 30
    rules = [row["rule"] for row in document["rules"]]
    assert rules[:2] == ["write_demo", "take_inventory"]
    chain = ["ingest_sessions", "alias_events", "merge_manifest", "enforce_gates", "write_samples"]
    assert sorted(chain, key=rules.index) == chain
    assert {cause["kind"] for row in document["rules"] for cause in row["causes"]} == {"new"}
