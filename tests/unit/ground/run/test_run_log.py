"""The run log on a disk that is full: it is named, and no line is lost but the one that was cut."""

import errno
import json
import resource
from pathlib import Path

import pytest
from mounts import mount, unmounted_at_last

from drumcorpus.ground.run.run_log import RUN_LOG, append_line
from drumcorpus.ground.run.write_failures import sentence


@pytest.fixture(autouse=True)
def working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_run_log_that_cannot_be_written_is_named():
    Path("logs").mkdir()
    Path(RUN_LOG).symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space") as caught:
        append_line({"rule": "take_inventory"})
    assert sentence(caught.value).startswith(f"{RUN_LOG} could not be written: ")


def test_a_line_that_a_full_disk_cuts_is_an_error_and_the_next_one_stands_by_itself():
    logs = Path("logs")
    logs.mkdir()
    with unmounted_at_last(logs.absolute()):
        mount(logs, "size=4k")
        append_line({"first": "x" * 3_900})
        with pytest.raises(OSError, match="No space") as caught:
            append_line({"cut": "x" * 500})
        assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, RUN_LOG)
        mount(logs, "remount,size=8k")
        append_line({"next": 1})
        append_line({"last": 2})
        first, cut, *others = Path(RUN_LOG).read_text().splitlines()
    assert json.loads(first) == {"first": "x" * 3_900}
    assert cut.startswith('{"cut": "xx') and not cut.endswith("}")
    assert [json.loads(line) for line in others] == [{"next": 1}, {"last": 2}]


def test_a_limit_of_the_size_of_files_is_called_one():
    append_line({"first": "x" * 3_900})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, limits[1]))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            append_line({"cut": "x" * 500})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, RUN_LOG)
