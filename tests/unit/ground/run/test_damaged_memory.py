"""Whatever stands in the place of what is remembered in a working folder stops nothing."""

import datetime
import json
import os
from pathlib import Path

import pytest

from drumcorpus.ground.run import state
from drumcorpus.ground.run.job_files import LOCKS, JobNote
from drumcorpus.ground.run.kept import KEPT, keep, kept_path, put_back
from drumcorpus.ground.run.ledger import ASKED, LEDGER, read_asked, read_ledger, record_asked
from drumcorpus.ground.run.ledger import record_finished as finish
from drumcorpus.ground.run.python_modules import PythonFiles
from drumcorpus.ground.run.raw_state import stamp_path, write_stamp
from drumcorpus.ground.run.run_lock import RUN_LOCK, WORK, take_part

PRODUCT = "results/a.json"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def put_folder(path):
    (path / "inside").mkdir(parents=True)


def put_pipe(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)


def put_file_for_folder(path):
    put(path.parent, b"no folder")


WAYS = pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: put(path, b""), id="empty"),
        pytest.param(lambda path: put(path, b'{"stamp": "x", "n_ask'), id="cut"),
        pytest.param(lambda path: put(path, b"\x00\xff\xfe"), id="binary"),
        pytest.param(lambda path: put(path, b"[[]]"), id="list"),
        pytest.param(
            lambda path: put(path, b'{"stamp": {}, "n_asked": "x", "products": 5, "day": 5}'),
            id="other types",
        ),
        pytest.param(put_folder, id="folder"),
        pytest.param(put_pipe, id="pipe"),
        pytest.param(put_file_for_folder, id="file for its folder"),
    ],
)


@WAYS
def test_what_was_seen_of_raw_data(damage):
    damage(stamp_path("egmd"))
    path = write_stamp("egmd", "seen")
    assert json.loads(path.read_text()) == {"stamp": "seen", "n_asked": 0}
    write_stamp("egmd", "seen", anew=True)
    assert json.loads(path.read_text()) == {"stamp": "seen", "n_asked": 1}


@WAYS
def test_the_run_manifests_that_a_run_left(damage):
    damage(state.MANIFESTS_LEFT)
    assert state.records_are_lost()
    state.remember_manifests()
    finish([PRODUCT])
    put(Path(".snakemake/metadata/record"), b"{}")
    assert not state.records_are_lost()


@WAYS
def test_the_day_of_planning(damage):
    today = datetime.date.today().isoformat()
    damage(state.PLANNED)
    assert state.day_of_planning(is_main=False, works=False) == today
    assert state.day_of_planning(is_main=True, works=True) == today
    assert json.loads(state.PLANNED.read_text()) == {"day": today}


@WAYS
def test_the_ledger(damage):
    damage(LEDGER)
    finish([PRODUCT])
    assert read_ledger() == {PRODUCT}


@WAYS
def test_what_the_last_run_set_out_to_make(damage):
    damage(ASKED)
    record_asked([PRODUCT])
    assert read_asked() == {PRODUCT}


@WAYS
def test_what_was_read_of_python_files(damage, tmp_path):
    (tmp_path / "code.py").write_text("x = 1\n")
    damage(state.PYTHON_FILES)
    files = PythonFiles(state.PYTHON_FILES)
    files.read(tmp_path / "code.py")
    files.save()
    again = PythonFiles(state.PYTHON_FILES)
    again.read(tmp_path / "code.py")
    assert again.n_parsed == 0


@WAYS
def test_what_is_kept_of_a_product(damage):
    damage(kept_path(PRODUCT))
    put(Path(PRODUCT), b"{}")
    keep(PRODUCT)
    Path(PRODUCT).unlink()
    put_back(PRODUCT)
    assert Path(PRODUCT).read_bytes() == b"{}"


def test_a_file_in_place_of_all_that_is_kept():
    put(KEPT, b"no folder")
    assert state.nothing_is_kept()
    put(Path(PRODUCT), b"{}")
    keep(PRODUCT)
    assert kept_path(PRODUCT).read_bytes() == b"{}"


@pytest.mark.parametrize("put_odd", [put_folder, put_pipe], ids=["folder", "pipe"])
def test_the_locks_of_jobs_of_the_ledger_and_of_the_run(put_odd):
    for path in (LOCKS / "take_inventory-egmd.lock", LEDGER.with_suffix(".lock"), RUN_LOCK):
        put_odd(path)
    JobNote("take_inventory egmd").close()
    finish([PRODUCT])
    assert take_part(WORK, ["snakemake"]).handle is not None
