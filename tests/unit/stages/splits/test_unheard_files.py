"""Files in which nothing is heard are known, and no more of the others is read than it takes."""

import numpy as np
import pyarrow as pa
import pytest
import soundfile
from sounds import write_sound

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.raw_files import RawDataChanged
from drumcorpus.ground.files.raw_reader import RawReader
from drumcorpus.schemas import INVENTORY, SESSIONS
from drumcorpus.stages.inventory.sound_files import sound_files
from drumcorpus.stages.splits import unheard_files
from drumcorpus.stages.splits.unheard_files import Unheard, unheard_file_finder, why_unheard

RATE_HZ = 44_100
N_LONG = 3 * (1 << 16) + 1000  # samples, more than three blocks


def write(path, samples):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_sound(path, samples, RATE_HZ, subtype="PCM_24")
    return path


def click(at, level, n_samples=N_LONG, channels=1):
    """Silence but for one sample of the last channel."""
    samples = np.zeros((n_samples, channels))
    samples[at, -1] = level
    return samples


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (click(0, 0.0), False),
        (click(N_LONG - 1, 0.00101), True),
        (click(N_LONG - 1, -0.00101, channels=2), True),
        (click(N_LONG - 1, 0.00099), False),  # -60 dB re full scale are 0.001
        (click(70_000, 0.5, channels=6), True),
        (np.zeros((0, 1)), False),
    ],
    ids=[
        "silent",
        "just above, last sample",
        "just above, second channel",
        "just below",
        "sixth channel",
        "no sample",
    ],
)
@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_file_has_sound_from_60_db_below_full_scale_on(tmp_path, samples, expected, suffix):
    found = why_unheard(write(tmp_path / f"x.{suffix}", samples))
    expected_reason = "unreadable_audio" if len(samples) == 0 else "silent_audio"
    assert found == (None if expected else expected_reason)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"no audio", id="no audio"),
        pytest.param(b"RIFF\x00\x00\x00\x00WAVE", id="head alone"),
    ],
)
def test_what_is_no_audio_is_unreadable_and_not_silent(tmp_path, content):
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    assert why_unheard(path) == "unreadable_audio"


def test_a_silent_file_that_is_cut_short_is_unreadable_and_a_loud_one_is_heard(tmp_path):
    for level, expected in ((0.0, "unreadable_audio"), (0.5, None)):
        path = write(tmp_path / "x.wav", click(9000, level))
        path.write_bytes(path.read_bytes()[:-1000])
        assert why_unheard(path) == expected


@pytest.mark.parametrize(("at", "n_blocks"), [(0, 1), (70_000, 2), (None, 4)])
def test_a_file_is_read_to_its_first_sound_only_and_by_blocks(tmp_path, monkeypatch, at, n_blocks):
    path = write(tmp_path / "x.wav", click(at or 0, 0.0 if at is None else 0.5))
    sizes = []
    read = soundfile.SoundFile.read

    def counted(*args, **options):
        block = read(*args, **options)
        sizes.append(len(block))
        return block

    monkeypatch.setattr(soundfile.SoundFile, "read", counted)
    why_unheard(path)
    assert len(sizes) == n_blocks
    assert max(sizes) <= 1 << 16


def file(name, path, role="other", digest=None):
    return {"session_id": name, "path": path, "role": role, "sha256": digest or f"sha of {path}"}


def test_the_sound_files_of_sessions_are_recordings_and_what_sounds_beside_them():
    inventory = [
        file("a", "a/mix.WAVE", "audio"),
        file("a", "a/bass.FLAC"),
        file("a", "a/song.mid"),
        file("a", "a/notes.txt", "annotation"),
        file("a", "a/list.wav", "index"),
        file("b", "b/bass.flac"),
        file(None, "lost.wav"),
    ]
    sessions = pa.Table.from_pylist([{"session_id": "a"}], SESSIONS)
    found = sound_files(pa.Table.from_pylist(inventory, INVENTORY), sessions)
    assert found["path"].to_pylist() == ["a/mix.WAVE", "a/bass.FLAC"]
    assert found.schema.equals(INVENTORY)
    nothing = sound_files(INVENTORY.empty_table(), SESSIONS.empty_table())
    assert nothing.num_rows == 0


@pytest.fixture
def stems(tmp_path):
    """Stems of two sessions, of which they have a silent one in common."""
    sounds = {"a/bass": 0.3, "a/vocals": 0.0, "b/bass": 0.2, "b/vocals": 0.0}
    rows = []
    for name, level in sounds.items():
        path = write(tmp_path / f"{name}.wav", click(9000, level))
        rows.append(file(name[0], f"{name}.wav", digest=sha256_file(path)))
    (tmp_path / "b/broken.wav").write_bytes(b"broken")
    digest = sha256_file(tmp_path / "b/broken.wav")
    rows.append(file("b", "b/broken.wav", digest=digest))
    return pa.Table.from_pylist(rows, INVENTORY)


def finder(folder, table):
    pairs = (table[name].to_pylist() for name in ("path", "sha256"))
    return unheard_file_finder(table, RawReader([folder], dict(zip(*pairs, strict=True))))


def test_silent_and_unreadable_files_of_each_session_are_told_apart(tmp_path, stems, monkeypatch):
    opened = []

    def counted(path):
        opened.append(path.name)
        return why_unheard(path)

    monkeypatch.setattr(unheard_files, "why_unheard", counted)
    find = finder(tmp_path, stems)
    digests = dict(zip(*(stems[name].to_pylist() for name in ("path", "sha256")), strict=True))
    assert digests["a/vocals.wav"] == digests["b/vocals.wav"]
    assert find("a") == Unheard((digests["a/vocals.wav"],), ())
    assert find("b") == Unheard((digests["b/vocals.wav"],), (digests["b/broken.wav"],))
    assert find("unknown") == Unheard()
    # What is equal to a file that was heard is not opened again.
    assert sorted(opened) == ["bass.wav", "bass.wav", "broken.wav", "vocals.wav"]


def test_a_file_that_fell_silent_since_the_inventory_is_an_error(tmp_path, stems):
    write(tmp_path / "a/bass.wav", click(9000, 0.0, n_samples=20_000))
    with pytest.raises(RawDataChanged, match=r"a/bass\.wav: changed since"):
        finder(tmp_path, stems)("a")


def test_a_stem_that_is_gone_is_an_error(tmp_path, stems):
    (tmp_path / "a/bass.wav").unlink()
    with pytest.raises(RawDataChanged, match=r"a/bass\.wav: was there"):
        finder(tmp_path, stems)("a")
