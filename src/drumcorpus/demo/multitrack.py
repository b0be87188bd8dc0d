"""Writes demo songs as folders of tracks, and says which hits are a track's own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drumcorpus.demo.microphones import SPEED_OF_SOUND, Microphone, Take, close, part, record
from drumcorpus.demo.songs import Playing, Song, play_song, read_studio
from drumcorpus.demo.tones import Instrument
from drumcorpus.ground.sound.writing import write_sound

_FLOOR = 5e-5  # of full scale, RMS: no microphone is ever silent
_NOISE = 3  # part of a seed, after those of `play_song`, `record` and `room`


@dataclass(frozen=True)
class Part:
    """A track that holds another instrument; `ends` as for a microphone."""

    instrument: Instrument
    ends: float | None = None


Source = Microphone | Part | Callable[[Take], np.ndarray]
"""What a track holds: a close microphone, another instrument, or a microphone of all drums."""


@dataclass(frozen=True)
class Session:
    """A song as a folder of tracks."""

    folder: str
    song: Song
    tracks: Mapping[str, Source]  # by file name without its extension
    sample_rate_hz: int = 44100
    subtype: str = "PCM_24"


def write_sessions(root: Path, sessions: Sequence[Session], kits_file: Path, *, seed: int) -> None:
    """Write the tracks of sessions below `root`; the bytes depend on the arguments alone.

    Parameters
    ----------
    root : Path
        The corpus; made if it is missing.
    sessions : sequence of Session
        Their folders, songs and tracks.
    kits_file : Path
        What the songs are played with; `resources/demo/kits.yaml` explains the fields.
    seed : int
        At least 0.

    Raises
    ------
    ValueError
        If the file does not describe what the songs are played with.
    """
    studio = read_studio(kits_file)
    for session in sessions:
        playing = play_song(session.song, studio, seed=seed)
        take = record(playing, sample_rate_hz=session.sample_rate_hz, seed=seed)
        folder = Path(root) / session.folder
        folder.mkdir(parents=True, exist_ok=True)
        for index, (name, source) in enumerate(session.tracks.items()):
            sound = _listen(take, source)
            rng = np.random.default_rng([seed, session.song.number, _NOISE, index])
            sound = sound + _FLOOR * rng.standard_normal(sound.shape)
            file = folder / f"{name}.wav"
            write_sound(file, sound, session.sample_rate_hz, session.subtype)


def sessions_truth(
    sessions: Sequence[Session], kits_file: Path, *, seed: int
) -> dict[str, list[float]]:
    """The onsets of the hits that are a track's own, of every close microphone of sessions.

    Parameters
    ----------
    sessions, kits_file, seed
        As for `write_sessions`.

    Returns
    -------
    onsets : dict of str to list of float
        Seconds from the start of the track, in order, by the path below the corpus; an empty
        list where the drum is never struck.
    """
    studio = read_studio(kits_file)
    return {
        f"{session.folder}/{name}.wav": played_hits(playing, source)["onset"].tolist()
        for session in sessions
        for playing in [play_song(session.song, studio, seed=seed)]
        for name, source in session.tracks.items()
        if isinstance(source, Microphone)
    }


def played_hits(playing: Playing, microphone: Microphone) -> dict[str, np.ndarray]:
    """The hits that are a close microphone's own, as they arrive there.

    Parameters
    ----------
    playing : Playing
        What was played.
    microphone : Microphone
        Where it is heard.

    Returns
    -------
    hits : dict of str to np.ndarray, each of shape (n_hits,)
        ``onset`` in seconds from the start of the track, ``note`` and ``velocity`` as in MIDI.
    """
    onsets = playing.onsets + microphone.distance / SPEED_OF_SOUND
    ends = playing.song.duration if microphone.ends is None else microphone.ends
    own = np.isin(playing.notes, microphone.drum) & (onsets < ends)
    return {
        "onset": onsets[own],
        "note": playing.notes[own],
        "velocity": playing.velocities[own],
    }


def _listen(take: Take, source: Source) -> np.ndarray:
    if isinstance(source, Microphone):
        sound = close(take, source)
    elif isinstance(source, Part):
        sound = part(take, source.instrument)
    else:
        return source(take)
    return sound if source.ends is None else sound[: round(source.ends * take.sample_rate_hz)]
