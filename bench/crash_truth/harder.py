"""The same sessions made harder: room, lossy coding, other instruments, another sampler's choices.

Conventions: samples are mono float arrays (n_samples,); levels are of the mean square over the
whole session, in dB relative to the drums. Nothing is drawn but from seeds.
"""

import io
from functools import lru_cache

import numpy as np
import soundfile as sf
from scipy.signal import oaconvolve

RT60 = 0.6  # seconds in which the room falls by 60 dB
WET_DB = -12.0
INSTRUMENTS_DB = -6.0
JITTER_FACTOR = 2.0  # the renderer draws gains within +-1.5 dB, here it is +-3 dB
SEED = 11  # not the renderer's
# libsndfile codes at 320 - 288 * level kbit/s; this is 128.
MP3_LEVEL = 2 / 3
HARMONICS_TO_HZ = 8_000.0  # the instruments reach into the cymbals' range


def reverberate(samples: np.ndarray, rate_hz: int, rng, tempo_bpm: float) -> np.ndarray:
    """Add a room of exponentially decaying noise, the same for all sessions, at `WET_DB`."""
    times = np.arange(round(1.25 * RT60 * rate_hz)) / rate_hz
    room = np.random.default_rng(SEED).normal(size=len(times)) * 10 ** (-3 * times / RT60)
    return samples + at_level(oaconvolve(samples, room)[: len(samples)], samples, WET_DB)


def code_mp3(samples: np.ndarray, rate_hz: int, rng, tempo_bpm: float) -> np.ndarray:
    """Code as MP3 at a constant 128 kbit/s, mono, and decode again."""
    memory = io.BytesIO()
    options = {"bitrate_mode": "CONSTANT", "compression_level": MP3_LEVEL}
    sf.write(memory, samples, rate_hz, format="MP3", subtype="MPEG_LAYER_III", **options)
    memory.seek(0)
    decoded, _ = sf.read(memory, dtype="float64")
    if len(decoded) != len(samples):
        raise ValueError(f"{len(samples)} samples came back from MP3 as {len(decoded)}")
    return decoded


def mix_instruments(samples: np.ndarray, rate_hz: int, rng, tempo_bpm: float) -> np.ndarray:
    """Add bass, chords and lead in the session's tempo, together at `INSTRUMENTS_DB`."""
    band = play_band(len(samples), rate_hz, rng, tempo_bpm)
    return samples + at_level(band, samples, INSTRUMENTS_DB)


class WideJitter:
    """The two draws that the renderer makes of each hit, the gain's (dB) over a wider range."""

    def __init__(self, rng: np.random.Generator):
        self.rng = rng

    def integers(self, low: int, high: int) -> int:
        """Draw the step from the velocity's own layer."""
        return self.rng.integers(low, high)

    def uniform(self, low: float, high: float) -> float:
        """Draw the gain."""
        return self.rng.uniform(JITTER_FACTOR * low, JITTER_FACTOR * high)


def at_level(samples: np.ndarray, reference: np.ndarray, level_db: float) -> np.ndarray:
    """Scale `samples` to `level_db` relative to `reference`, by mean square; silence stays."""
    power = np.square(samples).mean()
    if power == 0:
        return samples
    return samples * np.sqrt(np.square(reference).mean() / power) * 10 ** (level_db / 20)


def play_band(
    n_samples: int, rate_hz: int, rng: np.random.Generator, tempo_bpm: float
) -> np.ndarray:
    """Play bass in eighths, a chord per four beats and a lead in quarters, in a drawn minor key."""
    beat = 60 / tempo_bpm
    tonic = int(rng.integers(40, 52))  # MIDI note
    roots = tonic + rng.choice([0, 3, 5, 7, 8, 10], size=4)
    scale = tonic + 24 + np.array([0, 3, 5, 7, 10, 12, 15])
    band = np.zeros(n_samples)

    def play(notes, start, seconds, gain):
        for note in notes:
            tone = gain * _tone(int(note), seconds, rate_hz)
            first = round(start * rate_hz)
            band[first : first + len(tone)] += tone[: max(0, n_samples - first)]

    for bar in range(int(n_samples / rate_hz / (4 * beat)) + 1):
        root, start = roots[bar % 4], 4 * bar * beat
        play([root + 12, root + 15, root + 19], start, 4 * beat, 0.5)
        for eighth in range(8):
            play([root - 12], start + eighth * beat / 2, beat / 2, 1.0)
        for quarter, note in enumerate(rng.choice(scale, size=4)):
            play([note], start + quarter * beat, beat, 0.7)
    return band


@lru_cache(maxsize=256)
def _tone(note: int, seconds: float, rate_hz: int) -> np.ndarray:
    """A bowed or blown tone: harmonics that fall by 1/n, soft edges."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    frequency_hz = 440 * 2 ** ((note - 69) / 12)
    harmonics = range(1, int(HARMONICS_TO_HZ / frequency_hz) + 1)
    tone = sum(np.sin(2 * np.pi * n * frequency_hz * times) / n for n in harmonics)
    edge = min(round(0.01 * rate_hz), len(times) // 2)
    ramp = np.linspace(0, 1, edge)
    tone[:edge] *= ramp
    tone[len(tone) - edge :] *= ramp[::-1]
    return tone
