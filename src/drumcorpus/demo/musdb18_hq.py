"""Writes the demo corpus in the layout of MUSDB18-HQ."""

from pathlib import Path

import numpy as np

from drumcorpus.demo.microphones import Take, overheads, part, record, room
from drumcorpus.demo.songs import (
    CRASH_1,
    CRASH_2,
    HATS,
    KICK,
    RIDE,
    SHAKER,
    SHARED_SONG,
    SNARE,
    TOM_1,
    TOM_2,
    TOM_3,
    Drum,
    Song,
    play_song,
    read_studio,
)
from drumcorpus.demo.tones import BASS, GUITAR, ORGAN, VOICE
from drumcorpus.ground.sound.writing import write_sound

_README = """\
Synthetic songs in the layout of MUSDB18-HQ.

No musician was recorded: a program wrote the hits and notes and rendered the sound. Artists
and songs are invented. The real dataset is at https://sigsep.github.io/datasets/musdb.html
"""

_RATE_HZ = 44100
_CEILING = 0.9  # of full scale, the peak of a mixture

_SONGS = (
    ("train", Song(20, "Nettle & Thimble", "Salt Roof", 1, "rock_crash funk funk", 168, 5.0)),
    ("test", SHARED_SONG),
    (
        "train",
        Song(21, "Odd Ferry Club", "Don't Wake The Tide", 0, "rock stabs fill_toms", 164, 5.1),
    ),
)

# From 0 (left) to 1 (right), as a listener in front of the kit hears it.
_PANS: dict[Drum, float] = {
    KICK: 0.5,
    SNARE: 0.55,
    HATS: 0.75,
    TOM_1: 0.6,
    TOM_2: 0.4,
    TOM_3: 0.25,
    RIDE: 0.25,
    CRASH_1: 0.8,
    CRASH_2: 0.2,
}


def write_corpus(root: Path, kits_file: Path, *, seed: int, n_performances: int = 12) -> None:
    """Write a small synthetic corpus as MUSDB18-HQ is laid out.

    The bytes depend on the arguments alone. The mixture is the sum of the stems, sample by
    sample.

    Parameters
    ----------
    root : Path
        The folder that stands for ``musdb18hq/``; made if it is missing.
    kits_file : Path
        Kits, bars and performances; `resources/demo/kits.yaml` explains the fields.
    seed : int
        At least 0.
    n_performances : int
        How many songs are written at most; there are three.

    Raises
    ------
    ValueError
        If the file does not describe what the songs are played with.
    """
    studio = read_studio(kits_file)
    for split, song in _SONGS[:n_performances]:
        take = record(play_song(song, studio, seed=seed), sample_rate_hz=_RATE_HZ, seed=seed)
        folder = Path(root) / _folder(split, song)
        folder.mkdir(parents=True, exist_ok=True)
        stems = _stems(take)
        stems["mixture"] = sum(stems.values()).astype(np.int16)
        for name, sound in stems.items():
            write_sound(folder / f"{name}.wav", sound, _RATE_HZ)
    (Path(root) / "README").write_text(_README, encoding="utf-8")


def truth(kits_file: Path, *, seed: int, n_performances: int = 12) -> dict[str, list[float]]:
    """The onsets of all hits on the kit, of every stem of drums.

    Parameters
    ----------
    kits_file, seed, n_performances
        As for `write_corpus`.

    Returns
    -------
    onsets : dict of str to list of float
        Seconds from the start, in order and with simultaneous hits once, by the path below the
        corpus.
    """
    studio = read_studio(kits_file)
    onsets = {}
    for split, song in _SONGS[:n_performances]:
        playing = play_song(song, studio, seed=seed)
        on_the_kit = playing.notes != SHAKER[0]
        times = np.unique(playing.onsets[on_the_kit])
        onsets[f"{_folder(split, song)}/drums.wav"] = times.tolist()
    return onsets


def _folder(split: str, song: Song) -> str:
    return f"{split}/{song.artist} - {song.title}"


def _stems(take: Take) -> dict[str, np.ndarray]:
    """The stems by name, each of shape (n_samples, 2), int16, so that their sum does not clip."""
    other = _panned(part(take, ORGAN), 0.3) + _panned(part(take, GUITAR), 0.7)
    if SHAKER in take.drums:
        other = other + _panned(take.drums[SHAKER], 0.65)
    stems = {
        "drums": _drums(take),
        "bass": _panned(part(take, BASS), 0.5),
        "other": 0.5 * other,
        "vocals": _panned(part(take, VOICE), 0.5),
    }
    peak = np.abs(sum(stems.values())).max()
    loudest = max([peak, *(np.abs(stem).max() for stem in stems.values())])
    scale = _CEILING / loudest * 32767
    return {name: np.rint(stem * scale).astype(np.int16) for name, stem in stems.items()}


def _drums(take: Take) -> np.ndarray:
    """A mix of every drum by itself, the overheads and the room."""
    dry = sum(_panned(take.drums[drum], pan) for drum, pan in _PANS.items() if drum in take.drums)
    return dry + 0.4 * overheads(take)[:, ::-1] + 0.15 * _panned(room(take), 0.5)


def _panned(sound: np.ndarray, pan: float) -> np.ndarray:
    """A mono sound between left (0) and right (1), with equal power wherever it is."""
    angle = 0.5 * np.pi * pan
    return sound[:, None] * np.array([np.cos(angle), np.sin(angle)])
