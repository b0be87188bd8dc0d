"""Files are read ahead by another process, which ends with the block and waits for nothing."""

import multiprocessing
import os
import time

import pytest

from drumcorpus.ground.run import read_ahead
from drumcorpus.ground.run.read_ahead import reading_ahead


@pytest.fixture
def paths(tmp_path, monkeypatch):
    monkeypatch.setattr(read_ahead, "LEAST", 3)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"x" * 10)
    return [str(tmp_path / name) for name in ("gone", "pipe", "file", "folder")]


def test_it_ends_by_itself_whatever_stands_there(paths):
    with reading_ahead(paths):
        (reader,) = multiprocessing.active_children()
        reader.join(20)
        assert reader.exitcode == 0
    assert multiprocessing.active_children() == []


def test_it_ends_with_the_block_and_with_its_error(paths, monkeypatch):
    monkeypatch.setattr(read_ahead, "_read_each", lambda paths: time.sleep(60))
    start = time.monotonic()
    with pytest.raises(ValueError, match="of the block"), reading_ahead(paths):
        raise ValueError("of the block")
    assert multiprocessing.active_children() == []
    assert time.monotonic() - start < 30


def test_few_files_are_not_worth_a_process(paths):
    with reading_ahead(paths[:2]):
        assert multiprocessing.active_children() == []
