"""Hears demo songs as a studio does: close microphones that leak, overheads and a room."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from drumcorpus.demo.songs import (
    CRASH_1,
    CRASH_2,
    HATS,
    KICK,
    LEAD_IN,
    RIDE,
    SHAKER,
    SNARE,
    TOM_1,
    TOM_2,
    TOM_3,
    Drum,
    Playing,
)
from drumcorpus.demo.synthesizer import render
from drumcorpus.demo.tones import Instrument, play_part

SPEED_OF_SOUND = 343.0
"""Metres a second."""

# Where the drums stand, in metres: to the drummer's right, to the front, above the floor.
_PLACES: dict[Drum, tuple[float, float, float]] = {
    KICK: (0.0, 0.75, 0.3),
    SNARE: (-0.2, 0.1, 0.65),
    HATS: (-0.6, 0.2, 0.9),
    TOM_1: (-0.2, 0.5, 0.85),
    TOM_2: (0.2, 0.5, 0.85),
    TOM_3: (0.55, 0.05, 0.6),
    RIDE: (0.6, 0.45, 0.95),
    CRASH_1: (-0.6, 0.7, 1.2),
    CRASH_2: (0.45, 0.85, 1.2),
}
_OVERHEADS = ((-0.6, 0.3, 1.9), (0.6, 0.3, 1.9))
_LEAK_DISTANCES, _LEAKS_DB = (0.4, 1.4), (-12.0, -24.0)  # m, and dB re the microphone's own drum
_ROOM_DISTANCE = 3.5  # m
_ROOM_DECAY = 0.4  # s to fall by 60 dB
_CLOSE_LEVEL = 0.5  # of full scale, the hardest stroke in a close microphone
_CEILING = 0.95
_RING_OUT = 0.2  # s at the end in which the drums are faded, for nothing rings on a cut
_SHAKER_LOSS = 60.0  # 1/s
_SOUND, _ROOM = 1, 2  # parts of a seed, after that of `play_song`


@dataclass(frozen=True, eq=False)
class Take:
    """The sound of a song at its drums, before any microphone."""

    playing: Playing
    sample_rate_hz: int
    seed: int
    drums: Mapping[Drum, np.ndarray]  # each of shape (n_samples,); only drums that are struck


@dataclass(frozen=True)
class Microphone:
    """A close microphone: its own drum at `distance` metres, the others across the kit."""

    drum: Drum
    distance: float = 0.05
    leak_db: float | None = 0.0  # above what the distances say; None: a sample, nothing leaks
    polarity: int = 1  # -1 below a drum: the head comes towards it
    ends: float | None = None  # s; the file is shorter than the song


def record(playing: Playing, *, sample_rate_hz: int, seed: int) -> Take:
    """Render a song drum by drum.

    Parameters
    ----------
    playing : Playing
        What is played.
    sample_rate_hz : int
        Sample rate of the take.
    seed : int
        Seeds the small differences between hits.

    Returns
    -------
    take : Take
        The drums that are struck, each at the level it has in the kit.
    """
    n_samples = round(playing.song.duration * sample_rate_hz)
    fade = np.minimum((n_samples - np.arange(n_samples)) / (_RING_OUT * sample_rate_hz), 1.0)
    drums = {}
    for index, drum in enumerate([*_PLACES, SHAKER]):
        struck = np.isin(playing.notes, drum)
        if struck.any():
            rng = np.random.default_rng([seed, playing.song.number, _SOUND, index])
            onsets, velocities = playing.onsets[struck], playing.velocities[struck]
            if drum == SHAKER:
                sound = _shake(onsets, velocities, n_samples, sample_rate_hz, rng)
            else:
                sound = render(
                    onsets,
                    playing.notes[struck],
                    velocities,
                    playing.kit,
                    sample_rate_hz=sample_rate_hz,
                    duration=playing.song.duration,
                    rng=rng,
                )
            drums[drum] = sound * fade
    return Take(playing, sample_rate_hz, seed, drums)


def _shake(
    onsets: np.ndarray,
    velocities: np.ndarray,
    n_samples: int,
    sample_rate_hz: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Bursts of bright noise, as of grains that hit their shell."""
    envelope = np.zeros(n_samples)
    burst = np.exp(-_SHAKER_LOSS / sample_rate_hz * np.arange(round(0.1 * sample_rate_hz)))
    for onset, velocity in zip(onsets, velocities, strict=True):
        start = round(onset * sample_rate_hz)
        stop = min(start + len(burst), n_samples)
        envelope[start:stop] += velocity / 127.0 * burst[: stop - start]
    # The differences of white noise rise by 6 dB an octave.
    return 0.1 * envelope * np.diff(rng.standard_normal(n_samples), prepend=0.0)


def close(take: Take, microphone: Microphone) -> np.ndarray:
    """The sound in a close microphone: its own drum, and the others softer and later.

    Levels are those of the hardest strokes: other drums lie 12 dB (0.4 m away) to 24 dB (1.4 m)
    below the microphone's own.

    Parameters
    ----------
    take : Take
        The sound at the drums.
    microphone : Microphone
        What listens. Where its drum is never struck, it hears the others alone.

    Returns
    -------
    sound : np.ndarray, shape (n_samples,), float64
        Mono, peak at most 0.95 of full scale.
    """
    sound = np.zeros(_n_samples(take))
    for drum, audio in take.drums.items():
        distance, gain_db = microphone.distance, 0.0
        if drum != microphone.drum:
            if microphone.leak_db is None or drum == SHAKER:
                continue
            distance = math.dist(_PLACES[drum], _PLACES[microphone.drum])
            gain_db = microphone.leak_db + np.interp(distance, _LEAK_DISTANCES, _LEAKS_DB)
        delayed = _delayed(audio, distance, take.sample_rate_hz)
        sound += delayed * (10.0 ** (gain_db / 20.0) / np.abs(audio).max())
    return _within_ceiling(sound * _CLOSE_LEVEL * microphone.polarity)


def overheads(take: Take) -> np.ndarray:
    """The sound in two microphones above the kit.

    A drum is louder and earlier on the side where it stands.

    Returns
    -------
    sound : np.ndarray, shape (n_samples, 2), float64
        Left and right as the drummer sees it, peak at most 0.95 of full scale.
    """
    sides = np.zeros((_n_samples(take), 2))
    for drum, place in _PLACES.items():
        if drum in take.drums:
            for side, microphone in enumerate(_OVERHEADS):
                distance = math.dist(place, microphone)
                sides[:, side] += _delayed(take.drums[drum], distance, take.sample_rate_hz) / (
                    distance**2
                )
    return _within_ceiling(sides)


def left_overhead(take: Take) -> np.ndarray:
    """The left one of `overheads`, shape (n_samples,)."""
    return overheads(take)[:, 0]


def right_overhead(take: Take) -> np.ndarray:
    """The right one of `overheads`, shape (n_samples,)."""
    return overheads(take)[:, 1]


def room(take: Take) -> np.ndarray:
    """The sound in a microphone across the room: late, and with a decaying reverberation.

    Returns
    -------
    sound : np.ndarray, shape (n_samples,), float64
        Mono, peak at most 0.95 of full scale.
    """
    kit = sum(audio for drum, audio in take.drums.items() if drum in _PLACES)
    n_echo = round(_ROOM_DECAY * take.sample_rate_hz)
    rng = np.random.default_rng([take.seed, _ROOM])
    decay = 10.0 ** (-3.0 * np.arange(n_echo) / n_echo)
    echo = 0.05 * decay * rng.standard_normal(n_echo)
    echo[0] = 1.0
    n_fft = 1 << (_n_samples(take) + n_echo).bit_length()
    wet = np.fft.irfft(np.fft.rfft(kit, n_fft) * np.fft.rfft(echo, n_fft), n_fft)
    late = _delayed(wet[: _n_samples(take)], _ROOM_DISTANCE, take.sample_rate_hz)
    return _within_ceiling(0.5 * late)


def part(take: Take, instrument: Instrument) -> np.ndarray:
    """Another instrument along with the drums, from the first beat on.

    Returns
    -------
    sound : np.ndarray, shape (n_samples,), float64
        Mono.
    """
    song, rate = take.playing.song, take.sample_rate_hz
    lead_in = np.zeros(round(LEAD_IN * rate))
    audio = play_part(
        instrument,
        tempo_bpm=song.tempo_bpm,
        duration=song.duration - LEAD_IN,
        sample_rate_hz=rate,
    )
    return np.concatenate([lead_in, audio])[: _n_samples(take)]


def _n_samples(take: Take) -> int:
    return round(take.playing.song.duration * take.sample_rate_hz)


def _delayed(audio: np.ndarray, distance: float, sample_rate_hz: int) -> np.ndarray:
    late = round(distance / SPEED_OF_SOUND * sample_rate_hz)
    return np.concatenate([np.zeros(late), audio])[: len(audio)]


def _within_ceiling(sound: np.ndarray) -> np.ndarray:
    peak = np.abs(sound).max(initial=0.0)
    return sound * (_CEILING / peak) if peak > _CEILING else sound
