"""A run's last words, of what Snakemake and its jobs say."""

import errno
import logging
import os
from enum import Enum
from pathlib import Path

import pytest

from drumcorpus.ground.run.job_files import LOCKS, JobNote, clear_away, read_notes
from drumcorpus.ground.run.snakemake_failures import FailureWatch


class Event(Enum):
    RUN_INFO = "run_info"
    JOB_FINISHED = "job_finished"


@pytest.fixture(autouse=True)
def working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run():
    """A run of 50 jobs of which 7 are done, and a way to log as Snakemake does."""
    watching = FailureWatch()
    watching.jobs_begin()
    logger = logging.Logger("snakemake")
    logger.addFilter(watching)
    logger.info("Job stats:", extra={"event": Event.RUN_INFO, "stats": {"total": 50}})
    for _ in range(7):
        logger.info("Finished", extra={"event": Event.JOB_FINISHED})
    return watching, logger


def fail(title, **words):
    JobNote(title).leave(words)


def test_a_job_that_found_the_disk_full_has_the_last_word(run):
    watching, logger = run
    fail("check_audio egmd 001", what="x.parquet could not be written: full", advice="make room")
    logger.error("RuleException:\nCalledProcessError … returned non-zero exit status 1.")
    assert watching.last_words() == (
        "STOPPED: check_audio egmd 001: x.parquet could not be written: full; what is finished is "
        "kept, 7 of 50 jobs of this run; make room, then run the same command again: it carries "
        "on where it stopped."
    )


def test_snakemake_s_own_files_are_named_as_well_and_no_number_is_shown(run, caplog):
    watching, logger = run
    record = logger.makeRecord("snakemake", logging.ERROR, "x", 1, "", (), None)
    record.msg = (
        "RuleException:\nOSError in file /w/manifest.smk, line 122:\n[Errno 28] No space left on "
        "device: '/w/.snakemake/scripts/tmp1.py'\n  File tempfile.py, line 501, in __exit__"
    )
    assert watching.filter(record)
    assert record.msg.startswith(
        "/w/.snakemake/scripts/tmp1.py could not be written: there is not enough space"
    )
    assert "rrno" not in record.msg and "line 501" not in record.msg
    assert "/w/.snakemake/scripts/tmp1.py could not be written" in watching.last_words()


def test_where_snakemake_does_not_say_which_file_its_folder_is_named(run):
    watching, logger = run
    logger.error(
        "OSError in file x.smk, line 1:\n[Errno 28] No space left on device\n  tempfile.py"
    )
    assert watching.last_words().startswith("STOPPED: .snakemake could not be written: ")


def test_a_killed_job_is_named_with_the_memory_of_the_largest(run):
    watching, logger = run
    note = JobNote("embed_crashes egmd 002")
    logger.error("CalledProcessError in file …\nCommand … died with <Signals.SIGKILL: 9>.")
    said = watching.last_words()
    assert note.title == "embed_crashes egmd 002"
    assert said.startswith("STOPPED: embed_crashes egmd 002 was killed from outside (signal 9)")
    assert " MB of the " in said and "--cores 1" in said


def test_an_error_in_the_data_is_left_to_its_own_words(run):
    watching, logger = run
    fail("ingest_sessions egmd 002", failed="a.mid: no track")
    logger.error("CalledProcessError … returned non-zero exit status 1.")
    assert watching.last_words() == ""


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("together_ingest_0", "What together_ingest_0 had finished is kept."),
        ("together_demo_0", None),
        ("gather_events", None),
    ],
)
def test_of_jobs_done_together_what_is_taken_away_and_comes_back_is_not_listed(run, job, said):
    watching, logger = run
    text = f"Removing output files of failed job {job} since they might be corrupted:\na.parquet"
    record = logger.makeRecord("snakemake", logging.INFO, "x", 1, text, (), None)
    assert watching.filter(record)
    assert record.getMessage() == (said or text)


def test_a_run_that_succeeds_has_no_last_words(run):
    watching, _ = run
    assert watching.last_words() == ""


def test_notes_of_earlier_runs_are_forgotten():
    fail("a", what="full", advice="make room")
    JobNote("b").close()
    killed = JobNote("c")
    assert [note["job"] for note in read_notes()] == ["a", "c"]
    assert killed.title == "c"
    clear_away()
    assert read_notes() == []


def test_what_an_earlier_run_left_is_no_word_of_a_run_that_did_not_begin():
    fail("a", what="full", advice="make room")
    watching = FailureWatch()
    watching.has_failed = True
    assert watching.last_words() == ""


def test_half_written_files_of_the_state_folder_go_when_a_run_begins():
    for folder in (".drumcorpus", ".drumcorpus/raw", ".drumcorpus/digests"):
        Path(folder).mkdir(exist_ok=True)
        Path(folder, ".egmd.json.part").write_text("{")
        Path(folder, "egmd.json").write_text("{}")
    clear_away()
    assert [path.name for path in sorted(Path(".drumcorpus").rglob("*.*"))] == ["egmd.json"] * 3


def test_a_job_that_is_done_leaves_no_block_behind():
    note = JobNote("a")
    assert (LOCKS / "a.lock").stat().st_size == 4096
    note.close()
    assert (LOCKS / "a.lock").stat().st_size == 0


def test_without_room_for_its_note_a_job_does_not_begin(monkeypatch):
    monkeypatch.setattr(os, "pwrite", lambda *arguments: 100)
    with pytest.raises(OSError) as raised:
        JobNote("a")
    assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(LOCKS / "a.lock"))


def test_what_a_job_said_on_another_machine_is_said_whole(run):
    watching, logger = run
    long = "a.wav: 3 s; allowed: 5 s. " * 100
    fail("check_audio egmd 001", failed=long, log="logs/check_audio/egmd/001.log")
    logger.error("Error in rule check_audio: …")
    assert watching.last_words() == "" == watching.words_of_jobs()  # it stands on this terminal
    watching.speak_for_jobs()
    assert watching.words_of_jobs() == (
        f"ERROR in check_audio egmd 001:\n  {long}\n  log: logs/check_audio/egmd/001.log"
    )


def test_of_jobs_done_together_the_one_that_failed_has_the_last_word(run):
    watching, logger = run
    fail("ingest_sessions egmd 002", failed="a.mid: no track", log="logs/ingest_sessions/2.log")
    logger.error("Error in rule together_ingest_egmd_000, jobid: 4")
    assert watching.last_words() == ""
    assert watching.words_of_jobs() == (
        "ERROR in ingest_sessions egmd 002:\n  a.mid: no track\n  log: logs/ingest_sessions/2.log"
    )


def test_of_what_is_too_long_for_a_note_the_end_is_cut_off(run):
    fail("check_audio egmd 001", failed="ü\n" * 5000, log="logs/a.log")
    (note,) = read_notes()
    assert note["failed"].startswith("ü\nü\n") and note["failed"].endswith("…")
    assert len(note["failed"]) > 1000
    assert note["log"] == "logs/a.log"


def test_a_job_of_a_cluster_that_ended_without_a_word_is_named(run):
    watching, logger = run
    watching.speak_for_jobs()
    note = JobNote("check_audio egmd 001")
    logger.error("Error in rule check_audio: …")
    assert watching.words_of_jobs().startswith(
        "STOPPED: check_audio egmd 001 ended without a word: the job asked for too little memory"
    )
    note.close()


def test_a_job_of_a_cluster_that_never_began_is_told_from_one_that_failed(run):
    watching, logger = run
    watching.speak_for_jobs()
    assert watching.words_of_jobs() == ""  # nothing failed
    logger.error("Error in rule check_audio: …")
    assert watching.words_of_jobs().startswith("STOPPED: a SLURM job ended before its work began.")
    watching.speak_for_jobs(lambda: ["node2"])
    assert watching.words_of_jobs().startswith("STOPPED: a SLURM job ended on node2 before its wor")


def test_a_job_that_a_cluster_does_not_take_is_told_from_one_that_failed(run):
    watching, logger = run
    watching.speak_for_jobs()
    said = "sbatch: error: Batch job submission failed: Resource temporarily unavailable"
    for _ in range(3):  # it is tried again
        watching.hear(f"SLURM sbatch failed. The error message was '{said}'.\n    sbatch call: …")
        logger.error("Error in group 7")
    assert watching.words_of_jobs() == (
        "STOPPED: SLURM did not take a job (Resource temporarily unavailable); what is finished is "
        "kept, 7 of 50 jobs of this run; the queue has no room for more of your jobs: wait until "
        "some have ended, or keep fewer in it at a time (--jobs N; jobs that wait count as well), "
        "then run the same command again: it carries on where it stopped."
    )


def test_where_a_job_says_a_disk_is_full_its_node_is_named(run, monkeypatch):
    watching, logger = run
    monkeypatch.setenv("SLURMD_NODENAME", "node2")
    fail("check_audio egmd 001", what="/tmp/x could not be written: full", advice="make room")
    logger.error("Error in rule check_audio: …")
    assert watching.last_words().startswith(
        "STOPPED: check_audio egmd 001 on node2: /tmp/x could not be written: full; what is fin"
    )
