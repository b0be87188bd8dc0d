"""A job around its work: what is fresh comes back from where it is kept, and nothing is written."""

import errno
import fcntl
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from drumcorpus.ground.run.job import Job, start_job
from drumcorpus.ground.run.job_files import JobNote, own_temporary_folder
from drumcorpus.ground.run.kept import forget_the_unrecorded, keep, kept_path, put_back, standing
from drumcorpus.ground.run.ledger import LEDGER, record_finished
from drumcorpus.ground.run.run_lock import RUN_LOCK, WORK, take_part
from drumcorpus.ground.run.run_log import RUN_LOG, append_line, megabytes, peak_memory_mb
from drumcorpus.ground.run.run_manifest import read_manifest

CODE = {"digest": "0" * 16, "software": {"numpy": "2.4.6", "soxr": "1.1.0"}, "accepts": "exact"}


class Named:
    """What snakemake gives a script: values by name."""

    def __init__(self, **values):
        vars(self).update(values)

    def items(self):
        return vars(self).items()

    def values(self):
        return vars(self).values()


@pytest.fixture(autouse=True)
def working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(logging, "captureWarnings", lambda capture: None)
    return tmp_path


def snakemake(*, inputs=None, code=CODE, **params):
    return Named(
        rule="count_events",
        input=Named(**(inputs or {})),
        output=Named(table="results/t.json", page="results/t.html"),
        params=Named(code=code, **params),
        wildcards=Named(source_set="egmd"),
        log=["logs/count_events.log"],
        threads=1,
        scriptdir=str(Path(__file__).parent),
    )


def end_of_process():
    """The lock of a job ends with its process; in one process its last reference must go."""
    sys.excepthook = sys.__excepthook__


def make(text="1", **settings):
    """Do the job as a script does; returns whether it had to be made."""
    end_of_process()
    try:
        job = start_job(snakemake(**settings))
    except SystemExit as leave:
        assert leave.code == 0
        return False
    Path("results").mkdir(exist_ok=True)
    for product in ("results/t.json", "results/t.html"):
        part = Path(f"{product}.new")
        part.write_text(text)
        part.replace(product)
    job.finish({"events": 1})
    return True


def remove_outputs():
    """What snakemake does before a job, and after one that has failed."""
    for product in ("results/t.json", "results/t.html"):
        Path(product).unlink(missing_ok=True)


def test_a_finished_job_keeps_its_products_without_a_copy():
    assert make()
    for product in ("results/t.json", "results/t.html"):
        assert Path(product).stat().st_ino == kept_path(product).stat().st_ino


def test_a_fresh_job_gives_the_product_its_place_back():
    make()
    inode = Path("results/t.json").stat().st_ino
    remove_outputs()
    assert not make()
    assert Path("results/t.json").stat().st_ino == inode
    assert Path("results/t.html").read_text() == "1"


def test_one_product_of_two_that_is_gone_comes_back():
    make()
    Path("results/t.html").unlink()
    assert not make()
    assert Path("results/t.html").read_text() == "1"


def test_what_failed_with_other_settings_is_fresh_again_with_the_first():
    make(limit=1)
    remove_outputs()
    end_of_process()
    job = start_job(snakemake(limit=2))  # and fails: snakemake removes what it had begun
    assert isinstance(job, Job)
    del job
    remove_outputs()
    assert not make(limit=1)
    assert Path("results/t.json").read_text() == "1"


def test_a_damaged_product_is_made_again_though_a_sound_one_was_linked_to_it():
    make()
    with Path("results/t.json").open("r+") as product:  # in place: the kept one is damaged as well
        product.write("2")
    remove_outputs()
    assert make()
    assert Path("results/t.json").read_text() == kept_path("results/t.json").read_text() == "1"


def test_a_product_replaced_by_hand_is_put_right_from_the_kept_one_when_it_is_asked_for():
    make()
    Path("edited").write_text("2")
    Path("edited").replace("results/t.json")
    remove_outputs()
    assert not make()
    assert Path("results/t.json").read_text() == "1"


def test_what_is_kept_is_of_the_last_run_that_finished():
    make("1", limit=1)
    remove_outputs()
    make("2", limit=2)
    remove_outputs()
    assert make("1", limit=1)
    assert kept_path("results/t.json").read_text() == "1"


@pytest.mark.parametrize(
    "number", [errno.EPERM, errno.EMLINK, errno.EXDEV], ids=["no links", "too many", "other disk"]
)
def test_where_no_links_are_to_be_had_products_are_copied(monkeypatch, number):
    def refuse(*paths):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(shutil, "copystat", refuse)  # nor can such a file system keep rights
    make()
    assert Path("results/t.json").stat().st_ino != kept_path("results/t.json").stat().st_ino
    remove_outputs()
    assert not make()
    assert Path("results/t.json").read_text() == "1"
    assert sorted(path.name for path in Path("results").iterdir() if path.suffix == ".link") == []


def test_products_of_earlier_versions_without_a_kept_one_are_kept_from_then_on():
    make()
    kept_path("results/t.json").unlink()
    assert not make()
    assert kept_path("results/t.json").is_file()


def test_what_orders_jobs_is_not_recorded_and_makes_nothing_stale():
    Path("verdict.json").write_text("enforce")
    after = {"after": ["verdict.json", "results/other.json"]}
    assert make(inputs=after)
    assert read_manifest("results/t.json")["inputs"] == []
    Path("verdict.json").write_text("report")
    remove_outputs()
    assert not make(inputs=after)


def test_the_versions_of_the_libraries_are_recorded():
    make()
    script = read_manifest("results/t.json")["script"]
    assert script["software"] == {"numpy": "2.4.6", "soxr": "1.1.0"}
    assert script["code"] == "0" * 16


def other(numpy, accepts):
    return CODE | {"software": CODE["software"] | {"numpy": numpy}, "accepts": accepts}


def test_another_version_makes_a_product_stale():
    make()
    remove_outputs()
    assert make("2", code=other("2.5.0", "exact"))
    assert read_manifest("results/t.json")["script"]["software"]["numpy"] == "2.5.0"


def test_a_product_of_another_version_stands_where_the_config_accepts_it():
    make()
    remove_outputs()
    assert not make("2", code=other("2.5.0", "recorded"))
    assert Path("results/t.json").read_text() == "1"
    assert read_manifest("results/t.json")["script"]["software"]["numpy"] == "2.4.6"


def test_the_log_says_what_it_was_made_with(caplog):
    make()
    remove_outputs()
    with caplog.at_level(logging.INFO):
        make(code=other("2.5.0", "recorded"))
    assert "results/t.json: made with numpy 2.4.6, here is 2.5.0" in caplog.messages


def test_other_code_is_stale_whatever_versions_are_accepted():
    make()
    remove_outputs()
    assert make(code=other("2.4.6", "recorded") | {"digest": "1" * 16})


def test_what_has_no_run_manifest_any_more_is_let_go():
    make()
    Path("results/t.html").unlink()
    Path("results/t.html.manifest.json").unlink()
    forget_the_unrecorded()
    assert kept_path("results/t.json").is_file()
    assert not kept_path("results/t.html").exists()


def test_a_killed_job_s_beginnings_are_taken_away():
    make()
    for ending in ("part", "link"):
        Path(f"results/.t.json.{ending}").write_text("half")
    make()
    assert [path.name for path in Path("results").glob(".*")] == []


@pytest.mark.parametrize("is_made", [False, True], ids=["fresh", "made"])
def test_every_start_takes_away_what_a_killed_job_left(is_made):
    make()
    left = [
        Path("results/.t.json.part"),
        Path("results/.t.html.link"),
        Path("results/.t.json.manifest.json.part"),
        Path(".drumcorpus/kept/results/.t.json.link"),
    ]
    for path in left:
        path.write_text("half")
    assert make(**({"changed": 1} if is_made else {})) == is_made
    assert [path for path in left if path.exists()] == []


def test_a_job_takes_away_temporary_folders_that_it_names():
    Path("set/.000.part").mkdir(parents=True)
    Path("set/.000.part/a.wav").write_text("half")
    Path("set/.000.old").symlink_to("elsewhere")
    job = Job(snakemake())
    job.take_away([Path("set/.000.part"), Path("set/.000.old"), Path("set/.001.old")])
    assert list(Path("set").iterdir()) == []


def test_temporary_files_of_a_killed_job_are_gone_at_its_next_start(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    own_temporary_folder("count_events egmd")
    Path(tempfile.gettempdir(), "spilled").write_text("half")
    own_temporary_folder("count_events egmd")
    assert Path(tempfile.gettempdir()).parent == tmp_path / "tmp"
    assert list(Path(tempfile.gettempdir()).iterdir()) == []
    own_temporary_folder("another")
    assert len(list((tmp_path / "tmp").iterdir())) == 2


def test_a_container_that_tells_no_peak_of_memory_fails_no_job(monkeypatch):
    monkeypatch.setattr(Path, "read_text", lambda path, *rest: "Name:\tpython\nVmRSS:\t1 kB\n")
    assert peak_memory_mb() > 1


def test_in_a_folder_of_a_group_every_member_may_write_what_several_runs_write():
    previous = os.umask(0o002)  # as systems set it for folders of a group
    try:
        part = take_part(WORK, ["snakemake"])
        note = JobNote("ingest_sessions egmd 000")
        append_line({"run": "started"})
        record_finished(["results/a.json"])
    finally:
        os.umask(previous)
    written = [RUN_LOCK, note.path, Path(RUN_LOG), LEDGER, LEDGER.with_suffix(".lock")]
    assert [f"{path.stat().st_mode & 0o777:o}" for path in written] == ["664"] * len(written)
    note.close()
    assert part.handle is not None


@pytest.mark.parametrize(("platform", "expected"), [("linux", 102.4), ("darwin", 0.1)])
def test_peak_memory_is_in_megabytes_on_every_system(monkeypatch, platform, expected):
    monkeypatch.setattr(sys, "platform", platform)
    assert megabytes(100_000) == pytest.approx(expected)


def test_a_job_without_room_for_its_first_file_says_so_and_shows_no_trace(tmp_path):
    full = (
        "import errno, os, sys\n"
        "from drumcorpus.ground.run.job import Job\n"
        "job = Job.__new__(Job)\n"
        "job.title, job.note = 'count_events egmd', None\n"
        "job.snakemake = type('S', (), {'log': ['x.log'], 'wildcards': {}, 'rule': 'r'})()\n"
        "error = OSError(errno.ENOSPC, 'No space left on device', 'a.lock')\n"
        "job.started = 0.0\n"
        "job.report_error(OSError, error, None)\n"
    )
    done = subprocess.run([sys.executable, "-c", full], capture_output=True, text=True)
    assert "ERROR in count_events egmd:\n  a.lock could not be written" in done.stderr
    assert "uncaught" not in done.stderr and "rrno" not in done.stderr
    assert done.returncode == 0


def test_the_earlier_product_is_where_it_stands_or_where_it_is_kept():
    Path("results").mkdir()
    Path("results/t.json").write_text("1")
    keep("results/t.json")
    assert standing("results/t.json") == Path("results/t.json")
    Path("results/t.json").unlink()
    assert standing("results/t.json") == kept_path("results/t.json")
    put_back("results/t.json")
    assert Path("results/t.json").read_text() == "1"


def test_a_second_job_of_the_same_product_waits_for_the_first():
    first = Job(snakemake())
    first.begin()
    taken = os.open(".drumcorpus/locks/count_events-egmd.lock", os.O_RDWR)
    with pytest.raises(BlockingIOError):
        fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(taken)
    assert first.title == "count_events egmd"
