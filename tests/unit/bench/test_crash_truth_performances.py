"""The crash benchmark: performances played softer, and strokes whose stated times are wrong."""

import importlib

import mido
import numpy as np
import pytest
from checkout import REPO

TICKS = 480


@pytest.fixture
def performances(monkeypatch):
    monkeypatch.syspath_prepend(REPO / "bench/crash_truth")
    return importlib.import_module("performances")


@pytest.fixture
def midi(tmp_path):
    """A hundred strokes, a quarter apart: 0.5 s, and from the 50th on 1 s."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
    for number in range(100):
        if number == 50:
            track.append(mido.MetaMessage("set_tempo", tempo=1_000_000))
        velocity = 1 + number % 127
        track.append(
            mido.Message("note_on", channel=9, note=49, velocity=velocity, time=TICKS - 10)
        )
        track.append(mido.Message("note_off", channel=9, note=49, time=10))
    track.append(mido.MetaMessage("end_of_track", time=TICKS))
    mido.MidiFile(ticks_per_beat=TICKS, tracks=[track]).save(tmp_path / "played.mid")
    return tmp_path / "played.mid"


def strokes(path):
    now, found = 0.0, []
    for message in mido.MidiFile(path):
        now += message.time
        if message.type == "note_on" and message.velocity:
            found.append((now, message.velocity))
    return np.array(found)


def test_soft_playing_halves_every_velocity_and_keeps_the_times(performances, midi, tmp_path):
    performances.soften(midi, tmp_path / "soft.mid")
    before, after = strokes(midi), strokes(tmp_path / "soft.mid")
    np.testing.assert_allclose(after[:, 0], before[:, 0])
    assert after[:, 1].tolist() == [max(1, velocity // 2) for velocity in range(1, 101)]


@pytest.mark.parametrize("spread_s", [0.005, 0.02], ids=["5 ms", "20 ms"])
def test_strokes_move_by_seconds_whatever_the_tempo(performances, midi, tmp_path, spread_s):
    rng = np.random.default_rng(1)
    performances.shift_strokes(midi, tmp_path / "moved.mid", spread_s, rng)
    before, after = strokes(midi), strokes(tmp_path / "moved.mid")
    assert after[:, 1].tolist() == before[:, 1].tolist()
    errors = (after - before)[:, 0]
    tick_s = 1 / TICKS
    assert np.abs(errors).max() <= 2 * spread_s + tick_s
    for part in (errors[:49], errors[50:]):  # the tempo changes between
        assert part.std() == pytest.approx(spread_s, rel=0.3)
        assert abs(part.mean()) < spread_s / 2


def test_notes_stay_as_long_as_they_were_and_the_file_ends_last(performances, midi, tmp_path):
    performances.shift_strokes(midi, tmp_path / "moved.mid", 0.02, np.random.default_rng(1))
    (track,) = mido.MidiFile(tmp_path / "moved.mid").tracks
    now, on, lengths = 0, None, []
    for message in track:
        assert message.time >= 0
        now += message.time
        if message.type == "note_on":
            on = now
        elif message.type == "note_off":
            lengths.append(now - on)
    assert set(lengths) == {10}
    assert track[-1].type == "end_of_track"


def test_the_same_generator_moves_strokes_the_same_way(performances, midi, tmp_path):
    for name in ("once.mid", "again.mid"):
        performances.shift_strokes(midi, tmp_path / name, 0.005, np.random.default_rng(3))
    assert (tmp_path / "once.mid").read_bytes() == (tmp_path / "again.mid").read_bytes()


def test_no_stroke_moves_before_the_start(performances, tmp_path):
    track = mido.MidiTrack(
        mido.Message("note_on", channel=9, note=49 + n, velocity=9, time=0) for n in range(20)
    )
    mido.MidiFile(ticks_per_beat=TICKS, tracks=[track]).save(tmp_path / "played.mid")
    performances.shift_strokes(
        tmp_path / "played.mid", tmp_path / "moved.mid", 0.02, np.random.default_rng(1)
    )
    times = strokes(tmp_path / "moved.mid")[:, 0]
    assert times.min() == 0.0
    assert times.max() > 0.005
