"""Spectrograms as PNG, written here, so that equal samples give equal bytes."""

import struct
import zlib

import numpy as np

N_SHADES = 16  # what 4 bits can tell
# From dark to bright, evenly spaced.
SHADES = ((8, 10, 28), (60, 20, 90), (150, 40, 100), (220, 85, 60), (250, 165, 50), (252, 250, 200))
POWER_FLOOR = 1e-20  # keeps logarithms finite


def draw_spectrogram(
    samples: np.ndarray,
    sample_rate_hz: int,
    size: tuple[int, int],
    frequency_range_hz: tuple[float, float],
    *,
    n_window: int = 1024,
    range_db: float = 60.0,
) -> bytes:
    """The spectrogram of some samples as PNG, high frequencies on top.

    Levels are relative to the loudest point, so that recordings of different level look alike.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float
        Mono, finite.
    sample_rate_hz : int
    size : (int, int)
        Width, which is even, and height, px.
    frequency_range_hz : (float, float)
        Of the logarithmic axis.
    n_window : int
        Samples of a frame.
    range_db : float
        Below the loudest point, which is the brightest.
    """
    width, height = size
    starts = np.linspace(0, len(samples), width).round().astype(int)
    padded = np.pad(samples, n_window // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_window)[starts]
    power = np.abs(np.fft.rfft(frames * np.hanning(n_window), axis=1)) ** 2
    # The mean power of each band, from the integral over the bins: narrow bands interpolate.
    bins_hz = np.arange(n_window // 2 + 2) * sample_rate_hz / n_window
    integral = np.pad(np.cumsum(power, axis=1), ((0, 0), (1, 0)))
    edges_hz = np.geomspace(*frequency_range_hz, height + 1)
    bands = np.diff([np.interp(edges_hz, bins_hz, row) for row in integral], axis=1)
    level_db = 10 * np.log10(bands / np.diff(edges_hz) + POWER_FLOOR)
    share = 1 + (level_db - level_db.max()) / range_db
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
