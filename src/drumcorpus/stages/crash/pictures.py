"""One hit for eye and ear: a small spectrogram as PNG and a snippet as MP3.

Both have equal bytes for equal samples and libraries: the MP3 has a constant bit rate, since
libsndfile gives every Ogg stream another serial number.
"""

import io

import numpy as np
import soundfile

from drumcorpus.ground.sound import spectrograms

RATE_HZ = 22_050  # of the samples that come in and of the snippet
PREROLL = 0.05  # s, shown and heard before the onset
WIDTH, HEIGHT = 96, 64  # px
FREQUENCY_RANGE_HZ = (200.0, 10_000.0)  # of the spectrogram, on a logarithmic axis
RANGE_DB = 60.0  # below the loudest point, which is the brightest
PEAK = 0.8  # of the snippet re full scale: what MP3 adds must not clip
FADE = 0.005  # s, at both ends
COMPRESSION_LEVEL = 0.7  # 56 kbit/s, of 8 to 160
POWER_FLOOR = 1e-20  # keeps logarithms finite


def cut_snippet(samples: np.ndarray, onset: float, length: float) -> np.ndarray:
    """The sound around an onset; silence where the audio does not reach.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float
        Mono, at `RATE_HZ`.
    onset : float
        Seconds.
    length : float
        Seconds, `PREROLL` included.

    Returns
    -------
    snippet : np.ndarray, shape (n_snippet,), float64
    """
    n_snippet = round(length * RATE_HZ)
    start = round(onset * RATE_HZ) - round(PREROLL * RATE_HZ)
    snippet = np.zeros(n_snippet)
    recorded = samples[max(start, 0) : max(start + n_snippet, 0)]
    first = max(-start, 0)
    snippet[first : first + len(recorded)] = recorded[: n_snippet - first]
    return snippet


def encode_sound(snippet: np.ndarray) -> bytes:
    """A snippet as MP3 (MPEG-2 layer III, mono), as loud as it can be, with faded ends."""
    n_fade = round(FADE * RATE_HZ)
    ramp = np.ones(len(snippet))
    ramp[:n_fade] = np.linspace(0, 1, n_fade)
    ramp[-n_fade:] = np.linspace(1, 0, n_fade)
    faded = snippet * ramp
    buffer = io.BytesIO()
    soundfile.write(
        buffer,
        (faded * (PEAK / np.abs(faded).max(initial=POWER_FLOOR))).astype(np.float32),
        RATE_HZ,
        format="MP3",
        subtype="MPEG_LAYER_III",
        compression_level=COMPRESSION_LEVEL,
        bitrate_mode="CONSTANT",
    )
    return buffer.getvalue()


def draw_spectrogram(snippet: np.ndarray) -> bytes:
    """The spectrogram of a snippet as PNG of `WIDTH` x `HEIGHT` px, high frequencies on top.

    Levels are relative to the snippet's loudest point, so that strokes of different strength on
    one cymbal look alike.
    """
    size = (WIDTH, HEIGHT)
    return spectrograms.draw_spectrogram(
        snippet, RATE_HZ, size, FREQUENCY_RANGE_HZ, range_db=RANGE_DB
    )
