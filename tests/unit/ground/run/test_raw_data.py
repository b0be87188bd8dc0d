"""What a job opens is what the inventory of this working folder has hashed."""

import numpy as np
import pyarrow as pa
import pytest
from checkout import REPO
from sounds import write_sound

from drumcorpus.ground.files import raw_reader
from drumcorpus.ground.files.digests import sha256_bytes, sha256_file
from drumcorpus.ground.files.fact_cache import FactCache, digest_raw_files
from drumcorpus.ground.files.raw_files import RawDataChanged, scan_roots
from drumcorpus.ground.run.code_digest import reached_modules
from drumcorpus.ground.run.raw_data import open_raw_data
from drumcorpus.ground.run.raw_sound import export_sound, open_recordings
from drumcorpus.ground.run.state_folder import digests_path
from drumcorpus.schemas import INVENTORY, SESSIONS

SET = "groove"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A root with two files, in a working folder where the inventory has been taken."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "raw"
    folder.mkdir()
    for name, level in (("a.wav", 0.25), ("stem.wav", 0.5)):
        write_sound(folder / name, np.full(800, level), 8000)
    cache = FactCache(digests_path(SET), "version of the inventory")
    digest_raw_files(scan_roots([folder])[0].values(), cache, workers=1)
    cache.save()
    return folder


@pytest.fixture
def hashed(monkeypatch):
    """The sizes of what is hashed from here on."""
    sizes = []
    monkeypatch.setattr(
        raw_reader, "sha256_bytes", lambda data: sizes.append(len(data)) or sha256_bytes(data)
    )
    return sizes


def sessions_of(root):
    file = {"path": "a.wav", "role": "audio", "sha256": sha256_file(root / "a.wav")}
    return pa.Table.from_pylist([{"session_id": "a", "files": [file]}], SESSIONS)


def files_of(root):
    row = {"path": "stem.wav", "sha256": sha256_file(root / "stem.wav")}
    return pa.Table.from_pylist([row], INVENTORY)


def test_the_files_of_sessions_and_further_ones_are_opened_without_a_hash(root, hashed):
    reader = open_raw_data(SET, [root], sessions_of(root), files_of(root))
    for name in ("a.wav", "stem.wav"):
        assert reader.read(name) == (root / name).read_bytes()
    assert hashed == []


def test_without_this_machines_state_they_are_hashed(root, hashed):
    digests_path(SET).unlink()
    reader = open_raw_data(SET, [root], sessions_of(root))
    assert reader.read("a.wav") == (root / "a.wav").read_bytes()
    assert hashed == [1644]


def test_of_what_the_inventory_hashed_only_what_is_asked_for_is_held(root):
    assert len(open_raw_data(SET, [root], sessions_of(root)).hashed) == 1
    assert open_raw_data("egmd", [root], sessions_of(root)).hashed == {}


def test_a_changed_recording_is_named(root):
    sessions = sessions_of(root)
    write_sound(root / "a.wav", np.full(800, 0.3), 8000)
    with pytest.raises(RawDataChanged, match=r"^a\.wav: changed since"):
        open_recordings(SET, [root], sessions)("a.wav")


def test_a_recording_is_opened_at_the_rate_that_is_asked_for(root, hashed):
    samples, rate = open_recordings(SET, [root], sessions_of(root), 16_000)("a.wav")
    assert (len(samples), rate) == (1600, 16_000)
    assert samples[400:1200] == pytest.approx(0.25, abs=1e-3)
    assert hashed == []


@pytest.mark.parametrize(("channels", "shape"), [("mono", (800,)), ("stereo", (800, 2))])
def test_an_export_gets_sound_of_16_bit_as_it_is(root, channels, shape):
    of = (SET, [root], sessions_of(root))
    samples, rate = export_sound(*of, {"channels": channels})["open_audio"]("a.wav")
    assert (samples.dtype, samples.shape, rate) == (np.int16, shape, 8000)
    assert set(samples.ravel().tolist()) == {8192}
    assert open_recordings(*of)("a.wav")[0].dtype == np.float32


@pytest.mark.parametrize("script", ["take_inventory", "check_integrity"])
def test_who_looks_at_raw_files_does_not_reach_what_looks_at_records(script):
    reached = set(reached_modules(REPO / f"workflow/scripts/{script}.py", REPO / "src/drumcorpus"))
    assert "ground/run/raw_state.py" in reached
    assert reached.isdisjoint({"ground/run/state.py", "ground/run/software.py"})
