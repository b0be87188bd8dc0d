"""Songs of the demo corpora: what is played, and every hit of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from drumcorpus.demo.grooves import Bar, read_bars
from drumcorpus.demo.kits import Kit, read_kits
from drumcorpus.demo.performances import Performance, perform, read_performances

Drum = tuple[int, ...]
"""One drum or cymbal, by the notes that a kit of `resources/demo/kits.yaml` plays it with."""
KICK: Drum = (36,)
SNARE: Drum = (38, 40, 37)
HATS: Drum = (42, 22, 46, 26, 44)
TOM_1: Drum = (48, 50)
TOM_2: Drum = (45, 47)
TOM_3: Drum = (43, 58)
RIDE: Drum = (51, 59, 53)
CRASH_1: Drum = (49, 55)
CRASH_2: Drum = (57, 52)
SHAKER: Drum = (70,)  # no part of the kit: played along later, so that no microphone leaks it

LEAD_IN = 0.3
"""Seconds before the first beat."""

_PLAYING = 0  # part of a seed; what records the song counts on from here


@dataclass(frozen=True)
class Song:
    """A song; source sets that hold the same one hold the same performance of it."""

    number: int  # its own in all source sets: a part of its seed
    artist: str
    title: str
    player: int  # the performance of the demo file whose kit and habits it is played with
    bars: str  # patterns of the demo file
    tempo_bpm: float
    duration: float  # s, with the lead-in
    has_shaker: bool = False


SHARED_SONG = Song(
    0, "Quillback Parade", "It's Only Winter", 0, "rock_crash ride fill_toms funk", 176, 6.1, True
)
"""A song that two source sets hold, each in its own spelling."""


@dataclass(frozen=True, eq=False)
class Studio:
    """What a demo file describes: kits, bars and drummers."""

    file: Path
    kits: Mapping[str, Kit]
    bars: Mapping[str, Bar]
    performances: list[Performance]


@dataclass(frozen=True, eq=False)
class Playing:
    """The hits of a song in order of time: the truth that a recording is held against."""

    song: Song
    kit: Kit
    onsets: np.ndarray  # shape (n_hits,), s
    notes: np.ndarray  # shape (n_hits,), int
    velocities: np.ndarray  # shape (n_hits,), int


def read_studio(kits_file: Path) -> Studio:
    """Read a demo file; see `read_kits`, `read_bars` and `read_performances` for its errors."""
    return Studio(
        kits_file, read_kits(kits_file), read_bars(kits_file), read_performances(kits_file)
    )


def play_song(song: Song, studio: Studio, *, seed: int) -> Playing:
    """Play a song, without a sound.

    Parameters
    ----------
    song : Song
        What is played.
    studio : Studio
        Must hold its player and bars.
    seed : int
        At least 0; seeds timing and velocities.

    Returns
    -------
    playing : Playing
        The hits before the end of the song, from the lead-in on.

    Raises
    ------
    ValueError
        If the studio lacks the player or a bar.
    """
    bars = song.bars.split()
    if not set(bars) <= set(studio.bars) or song.player >= len(studio.performances):
        raise ValueError(
            f"{studio.file}: {song.title!r} needs performances[{song.player}] and the bars {bars}; "
            f"the file holds {len(studio.performances)} performances and {sorted(studio.bars)}"
        )
    player = studio.performances[song.player]
    performance = replace(player, bars=tuple(bars), tempos={0: song.tempo_bpm})
    score = perform(performance, studio.bars, studio.kits, seed=[seed, song.number, _PLAYING])
    hits = np.column_stack([score.onsets + LEAD_IN, score.notes[:, 1:]])
    if song.has_shaker:
        eighths = np.arange(LEAD_IN, score.onsets[-1] + LEAD_IN, 30.0 / song.tempo_bpm)
        shaken = np.tile([80, 50], len(eighths))[: len(eighths)]
        shaker = np.column_stack([eighths, np.full(len(eighths), SHAKER[0]), shaken])
        hits = np.concatenate([hits, shaker])
    hits = hits[hits[:, 0] < song.duration]
    onsets, notes, velocities = hits[np.lexsort((hits[:, 1], hits[:, 0]))].T
    kit = studio.kits[player.kit]
    return Playing(song, kit, onsets, notes.astype(int), velocities.astype(int))
