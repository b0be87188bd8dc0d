"""Writes a demo corpus in the layout of SADTP."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np

from drumcorpus.demo.grooves import CHANNEL, PEDAL_CONTROLLER, TICKS_PER_BEAT, seconds_of_ticks
from drumcorpus.demo.kits import read_kits
from drumcorpus.demo.takes import bar, play_along, play_bars, sound_hits, write_stereo
from drumcorpus.demo.tones import BASS, ORGAN

SAMPLE_RATE_HZ = 44100
TICKS_PER_SECOND = 2 * TICKS_PER_BEAT
"""Of the recorder, whose tempo is 120 quarter notes a minute whatever the song's is."""

_LENGTH = 60  # ticks of a note
_RING_OUT = 0.6  # s after the last stroke
_PLAYING, _SOUND = 0, 1  # parts of a seed, so that neither draw moves the other

_README = """\
Synthetic songs in the layout of SADTP.

No musician was recorded: a program wrote the hits and rendered the sound. The real data set is at
https://github.com/RunarFosse/SADTP
Nothing of it is in these files but its layout.
"""


_BARS = {
    "edges": bar(
        crash_1_edge="X---------------",
        hat_closed_edge="--x-X-x-X-x-X---",
        hat_open_edge="--------------X-",
        snare="----X-------X---",
        kick="X-----x-X-x-----",
    ),
    "fill": bar(
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
        kit, played = kits[song.kit], [seed, index, _PLAYING]
        score = play_bars(_BARS, song.bars, kit, tempo_bpm=song.tempo_bpm, seed=played)
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
        drums = sound_hits(
            *(onsets, notes, velocities, kit),
            sample_rate_hz=SAMPLE_RATE_HZ,
            ring_out=_RING_OUT,
            seed=[seed, index, _SOUND],
        )
        bass, organ = play_along(
            (BASS, ORGAN), drums, tempo_bpm=song.tempo_bpm, sample_rate_hz=SAMPLE_RATE_HZ
        )
        left, right = drums + 0.7 * bass + 0.3 * organ, drums + 0.7 * bass + 0.6 * organ
        write_stereo(folder / "mix.wav", left, right, SAMPLE_RATE_HZ)
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
