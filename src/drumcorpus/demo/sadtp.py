"""Writes a demo corpus in the layout of SADTP."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np

from drumcorpus.demo.grooves import (
    CHANNEL,
    PEDAL_CONTROLLER,
    TICKS_PER_BEAT,
    Bar,
    play,
    seconds_of_ticks,
)
from drumcorpus.demo.kits import read_kits
from drumcorpus.demo.synthesizer import render
from drumcorpus.demo.tones import BASS, ORGAN, play_part
from drumcorpus.ground.sound.writing import write_sound

SAMPLE_RATE_HZ = 44100
TICKS_PER_SECOND = 2 * TICKS_PER_BEAT
"""Of the recorder, whose tempo is 120 quarter notes a minute whatever the song's is."""

_LENGTH = 60  # ticks of a note
_RING_OUT = 0.6  # s after the last stroke
_CEILING = 0.95  # of full scale
_PLAYING, _SOUND = 0, 1  # parts of a seed, so that neither draw moves the other

_README = """\
Synthetic songs in the layout of SADTP.

No musician was recorded: a program wrote the hits and rendered the sound. The real data set is at
https://github.com/RunarFosse/SADTP
Nothing of it is in these files but its layout.
"""


def _bar(**lines: str) -> Bar:
    return Bar((4, 4), lines)


_BARS = {
    "edges": _bar(
        crash_1_edge="X---------------",
        hat_closed_edge="--x-X-x-X-x-X---",
        hat_open_edge="--------------X-",
        snare="----X-------X---",
        kick="X-----x-X-x-----",
    ),
    "fill": _bar(
        snare="X-xx------------",
        tom_1="----X-x---------",
        tom_2="--------X-x-----",
        tom_3="------------X-x-",
        hat_pedal="----x-------x---",
        kick="X-------X-------",
    ),
}


@dataclass(frozen=True)
class Song:
    """One song: what is played, and where its file states the recorder's tempo."""

    title: str
    kit: str
    bars: tuple[str, ...]
    tempo_bpm: float
    tempo_tick: int | None  # of the only event; None of a file without one


SONGS = (
    Song("A Lamp in March", "birch", ("edges", "fill"), 132, 11_520),
    Song("Née à l'aube", "maple", ("fill", "edges"), 141, None),
)
"""A tempo that is stated behind the notes, and none; a title with accents."""


def write_corpus(root: Path, kits_file: Path, *, seed: int, n_performances: int = 12) -> None:
    """Write a small synthetic corpus as SADTP is laid out.

    The bytes depend on the arguments alone. The names of folders are decomposed (NFD), as a Mac
    writes them.

    Parameters
    ----------
    root : Path
        The folder that stands for the repository; made if it is missing.
    kits_file : Path
        Kits, as `resources/demo/kits.yaml` explains them.
    seed : int
        At least 0; seeds timing, velocities and the differences between hits.
    n_performances : int
        How many songs are written at most; there are two.
    """
    kits = read_kits(kits_file)
    for index, song in enumerate(SONGS[:n_performances]):
        folder = root / unicodedata.normalize("NFD", song.title)
        folder.mkdir(parents=True, exist_ok=True)
        kit = kits[song.kit]
        bars = [_BARS[name] for name in song.bars]
        rng = np.random.default_rng([seed, index, _PLAYING])
        score = play(bars, kit, tempos_bpm={0: song.tempo_bpm}, turns={}, rng=rng)
        ticks = np.rint(score.onsets * TICKS_PER_SECOND).astype(int)
        pedal = np.rint(seconds_of_ticks(score.pedal[:, 0], score.tempos) * TICKS_PER_SECOND)
        _, notes, velocities = score.notes.T
        _write_midi(
            folder / "annotation.mid",
            list(zip(ticks.tolist(), notes.tolist(), velocities.tolist(), strict=True)),
            list(zip(pedal.astype(int).tolist(), score.pedal[:, 1].tolist(), strict=True)),
            song.tempo_tick,
        )
        onsets = ticks / TICKS_PER_SECOND
        duration = float(onsets.max()) + _RING_OUT
        drums = render(
            onsets,
            notes,
            velocities,
            kit,
            sample_rate_hz=SAMPLE_RATE_HZ,
            duration=duration,
            rng=np.random.default_rng([seed, index, _SOUND]),
        )
        write_sound(folder / "mix.wav", _mix(drums, song.tempo_bpm, duration), SAMPLE_RATE_HZ)
    (root / "README.md").write_text(_README, encoding="utf-8")


def _write_midi(path: Path, notes: list, pedal: list, tempo_tick: int | None) -> None:
    """A file of type 0; on one tick notes end before the pedal moves and others begin."""
    timed: list[tuple] = []
    for tick, note, velocity in notes:
        on = mido.Message("note_on", channel=CHANNEL, note=note, velocity=velocity)
        timed += [(tick, 2, on), (tick + _LENGTH, 0, on.copy(velocity=0))]
    for tick, position in pedal:
        values = {"control": PEDAL_CONTROLLER, "value": position}
        timed.append((tick, 1, mido.Message("control_change", channel=CHANNEL, **values)))
    if tempo_tick is not None:
        timed.append((tempo_tick, 0, mido.MetaMessage("set_tempo", tempo=500_000)))
        timed.append((tempo_tick, 0, mido.MetaMessage("time_signature")))
    timed.sort(key=lambda item: item[:2])
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Retro Rock", time=0)])
    now = 0
    for tick, _, message in timed:
        track.append(message.copy(time=tick - now))
        now = tick
    mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT, tracks=[track]).save(path)


def _mix(drums: np.ndarray, tempo_bpm: float, duration: float) -> np.ndarray:
    """Drums, bass and organ in stereo, shape (n_samples, 2)."""
    bass, organ = (
        play_part(part, tempo_bpm=tempo_bpm, duration=duration, sample_rate_hz=SAMPLE_RATE_HZ)
        for part in (BASS, ORGAN)
    )
    mix = np.column_stack([drums + 0.7 * bass + 0.3 * organ, drums + 0.7 * bass + 0.6 * organ])
    return mix * min(1.0, _CEILING / np.abs(mix).max())
