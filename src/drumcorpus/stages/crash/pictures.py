"""One hit for eye and ear: a small spectrogram as PNG and a snippet as MP3.

Both have equal bytes for equal samples and libraries: the PNG is written here, and the MP3 at a
constant bit rate, since libsndfile gives every Ogg stream another serial number.
"""

import io
import struct
import zlib

import numpy as np
import soundfile

RATE_HZ = 22_050  # of the samples that come in and of the snippet
PREROLL = 0.05  # s, shown and heard before the onset
WIDTH, HEIGHT = 96, 64  # px
FREQUENCY_RANGE_HZ = (200.0, 10_000.0)  # of the spectrogram, on a logarithmic axis
N_WINDOW = 1024  # samples; 46 ms, 22 Hz between bins
RANGE_DB = 60.0  # below the loudest point, which is the brightest
N_SHADES = 16  # what 4 bits can tell; 4 dB each
# From dark to bright, evenly spaced.
SHADES = ((8, 10, 28), (60, 20, 90), (150, 40, 100), (220, 85, 60), (250, 165, 50), (252, 250, 200))
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
    starts = np.linspace(0, len(snippet), WIDTH).round().astype(int)
    padded = np.pad(snippet, N_WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_WINDOW)[starts]
    power = np.abs(np.fft.rfft(frames * np.hanning(N_WINDOW), axis=1)) ** 2
    # The mean power of each band, from the integral over the bins: narrow bands interpolate.
    bins_hz = np.arange(N_WINDOW // 2 + 2) * RATE_HZ / N_WINDOW
    integral = np.pad(np.cumsum(power, axis=1), ((0, 0), (1, 0)))
    edges_hz = np.geomspace(*FREQUENCY_RANGE_HZ, HEIGHT + 1)
    bands = np.diff([np.interp(edges_hz, bins_hz, row) for row in integral], axis=1)
    level_db = 10 * np.log10(bands / np.diff(edges_hz) + POWER_FLOOR)
    share = 1 + (level_db - level_db.max()) / RANGE_DB
    shades = np.clip(share * N_SHADES, 0, N_SHADES - 1).astype(np.uint8)
    return encode_png(shades.T[::-1], _palette())


def encode_png(indices: np.ndarray, palette: np.ndarray) -> bytes:
    """A PNG of 16 colours.

    Parameters
    ----------
    indices : np.ndarray, shape (height, width), uint8
        Rows of the palette; the width is even.
    palette : np.ndarray, shape (16, 3), uint8
        Red, green and blue.
    """
    height, width = indices.shape
    packed = (indices[:, ::2] << 4) | indices[:, 1::2]
    rows = np.pad(packed, ((0, 0), (1, 0)))  # each begins with its filter, none
    header = struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)  # 4 bits, with a palette
    chunks = [
        (b"IHDR", header),
        (b"PLTE", palette.astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def _palette() -> np.ndarray:
    stops = np.linspace(0, 1, len(SHADES))
    at = np.linspace(0, 1, N_SHADES)
    return np.stack([np.interp(at, stops, row).round() for row in np.transpose(SHADES)], axis=1)
