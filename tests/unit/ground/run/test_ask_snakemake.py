"""A product is made again in a folder that lends what is not made, and nothing that is."""

import subprocess
from pathlib import Path

import pytest

from drumcorpus.ground.run import ask_snakemake
from drumcorpus.ground.run.ask_snakemake import make_again, plan_jobs
from drumcorpus.ground.run.state import manifests_stamp

EVENTS, TABLE = "results/events/toy.parquet", "results/manifests/all.parquet"
PLANNED = {
    "jobs": [
        {"rule": "write_demo", "inputs": [], "outputs": [["marker", "data/demo/toy.written"]]},
        {
            "rule": "ingest",
            "inputs": [["after", ".drumcorpus/raw/toy.json"], ["demo", "data/demo/toy.written"]],
            "outputs": [["events", EVENTS]],
        },
        {
            "rule": "merge",
            "inputs": [["events", EVENTS], ["card", "/checkout/resources/card.yaml"]],
            "outputs": [["table", TABLE]],
        },
    ]
}


@pytest.fixture
def working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = ["data/demo/toy/a.wav", "data/demo/toy.written", "data/own/b.wav", "mine.yaml"]
    files += [EVENTS, f"{EVENTS}.manifest.json", TABLE, f"{TABLE}.manifest.json"]
    files += [".drumcorpus/ledger.json", "logs/merge.log", ".hidden"]
    for name in files:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)
    return tmp_path


@pytest.fixture
def asked(monkeypatch):
    """The command lines that snakemake was called with; it always succeeds.

    Each asks for jobs by themselves, and not for those that others would be done with.
    """
    commands = []

    def python(checkout, arguments, **variables):
        assert variables == {"DRUMCORPUS_ALONE": "1"}
        commands.append(arguments)
        return subprocess.CompletedProcess(arguments, 0, "")

    monkeypatch.setattr(ask_snakemake, "_python", python)
    return commands


def seen(folder):
    """What stands in a folder, links marked; what lies behind links is not looked at."""
    return {
        path.relative_to(folder).as_posix() + ("@" if path.is_symlink() else "")
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_one_job_gets_its_inputs_with_their_records_and_all_that_is_not_made(working_folder, asked):
    folder = make_again(Path("/checkout"), [], PLANNED, TABLE, cores=2, whole=False)
    assert seen(folder) == {"data@", "mine.yaml@", EVENTS, f"{EVENTS}.manifest.json"}
    assert folder.parent == working_folder / ".drumcorpus"
    (command,) = asked
    assert command[command.index("--allowed-rules") + 1 :] == ["merge", "--", TABLE]
    assert command[command.index("--cores") + 1] == "2"


def test_lent_records_stay_as_they_are_to_the_next_run(working_folder, asked):
    before = manifests_stamp()
    make_again(Path("/checkout"), [], PLANNED, TABLE, cores=1, whole=False)
    assert manifests_stamp() == before


def test_for_all_jobs_a_demo_that_they_write_is_not_lent(working_folder, asked):
    folder = make_again(Path("/checkout"), [], PLANNED, TABLE, cores=1, whole=True)
    assert seen(folder) == {"data/own@", "mine.yaml@"}
    assert "--allowed-rules" not in asked[0]
    assert (working_folder / "data/demo/toy/a.wav").read_text() == "data/demo/toy/a.wav"


def test_what_would_be_written_to_an_absolute_path_is_refused(working_folder, asked):
    jobs = [{"rule": "merge", "inputs": [], "outputs": [["table", TABLE], ["x", "/else/x"]]}]
    with pytest.raises(ValueError, match=r"^/else/x: would be written in its place"):
        make_again(Path("/checkout"), [], {"jobs": jobs}, TABLE, cores=1, whole=False)
    assert asked == []


def test_where_snakemake_fails_the_folder_goes_and_its_words_are_told(working_folder, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "line\n" * 30 + "\nno such rule\n")
    monkeypatch.setattr(ask_snakemake, "_python", lambda checkout, arguments, **_: failed)
    with pytest.raises(ValueError, match=r"snakemake refused:\n  line\n(.|\n)*no such rule$"):
        make_again(Path("/checkout"), [], PLANNED, TABLE, cores=1, whole=False)
    assert [path.name for path in Path(".drumcorpus").iterdir()] == ["ledger.json"]
    with pytest.raises(ValueError, match="no such rule"):
        plan_jobs(Path("/checkout"), [], [TABLE])
