"""The one rule by which channels become one: their mean, or the loudest where they cancel.

Where channels are of opposite polarity their mean is silence, or lacks the drum that is. A
recording is judged whole, in blocks counted from its start, so that whoever reads it, in whatever
pieces, hears the same. Of channels that have nothing in common the mean has the power of all of
them together divided by the square of their number: that is what a block is held against. Channels
that agree are above it; so is one channel that sounds among others that are silent.
"""

from functools import lru_cache

import numpy as np

# s: shorter than a stroke, so that one drum is heard alone now and then, and long enough that
# sound above 20 Hz is no offset from zero.
BLOCK = 0.05
# dB below channels that have nothing in common: two equal ones correlate at -0.94 there. Two
# microphones apart in a room come near that at single low frequencies only.
LOST_DB = 12.0
AUDIBLE_DB = 40.0  # dB below the loudest block: what is softer is no stroke
# Of the audible blocks, or of their power, this share must be lost: a drum of opposite polarity,
# and not the end of one note.
LOST_SHARE = 0.05
# dB below channels that have nothing in common, of all audible blocks together: equal channels
# correlate at -0.75 then, which no pair of microphones before one kit does over a whole recording.
WHOLE_DB = 6.0
_FEW_CHANNELS = 4  # whose products are taken one by one: those of thin matrices take far longer
_PAIR = {np.dtype(np.float32): np.complex64, np.dtype(np.float64): np.complex128}
_CHUNK = 1 << 18  # samples of all channels that are measured at once: more leave the caches


class MixMeter:
    """Takes the channels of one recording as they come; says whether their mean may be used.

    Examples
    --------
    Of two channels of opposite polarity the louder is left:

    >>> tone = np.sin(np.arange(8000) / 10)
    >>> meter = MixMeter(8000, 2)
    >>> meter.add(np.stack([0.5 * tone, -0.6 * tone], axis=1))
    >>> meter.surviving_channel()
    1
    """

    def __init__(self, sample_rate_hz: int, n_channels: int):
        self._n_block = max(1, round(BLOCK * sample_rate_hz))
        self._n_channels = n_channels
        self._rest = np.zeros((0, n_channels), np.float32)
        # Of blocks at a time what `_sums` makes of them, and the samples of each.
        self._sums: list[tuple[tuple[np.ndarray, ...], int]] = []

    @property
    def whole_blocks(self) -> int:
        """Samples to add at once so that no block is cut: of many channels fewer."""
        return max(1, _CHUNK // max(self._n_channels, 2) // self._n_block) * self._n_block

    def add(self, samples: np.ndarray) -> None:
        """Take the next samples, (n_samples, n_channels) float, whatever is full scale."""
        if self._n_channels == 1:
            return
        n_missing = self._n_block - len(self._rest)
        if len(self._rest) and len(samples) >= n_missing:
            self._measure(np.concatenate([self._rest, samples[:n_missing]])[None])
            self._rest, samples = self._rest[:0], samples[n_missing:]
        n_used = 0
        if not len(self._rest):
            n_used = len(samples) // self._n_block * self._n_block
            blocks = samples[:n_used].reshape(-1, self._n_block, self._n_channels)
            n_at_once = self.whole_blocks // self._n_block
            for first in range(0, len(blocks), n_at_once):
                self._measure(blocks[first : first + n_at_once])
        if n_used < len(samples):
            self._rest = np.concatenate([self._rest, samples[n_used:]])

    def surviving_channel(self) -> int | None:
        """The loudest channel, from 0, where the channels cancel; None where the mean is right.

        To be asked once, after the last samples. What is not a number is not judged.
        """
        if len(self._rest):
            self._measure(self._rest[None])
        if not self._sums:
            return None
        channels, mean = self._mean_squares()
        power = channels.sum(axis=1)
        is_number = np.isfinite(power) & np.isfinite(mean)
        channels, mean, power = channels[is_number], mean[is_number], power[is_number]
        loudest = power.max(initial=0.0)
        is_audible = (power > 0) & (power >= loudest * 10 ** (-AUDIBLE_DB / 10))
        unrelated = power / self._n_channels**2
        is_lost = is_audible & (mean < unrelated * 10 ** (-LOST_DB / 10))
        shares = (is_lost[is_audible], unrelated[is_lost & is_audible], unrelated[is_audible])
        often, lost_power, audible_power = (float(part.sum()) for part in shares)
        cancels = mean[is_audible].sum() < audible_power * 10 ** (-WHOLE_DB / 10)
        cancels |= 0 < LOST_SHARE * is_audible.sum() <= often
        cancels |= 0 < LOST_SHARE * audible_power <= lost_power
        loudness = channels.sum(axis=0)
        # Of equally loud ones the first, whatever the last digits of the sums.
        return int(np.argmax(loudness >= 0.999 * loudness.max())) if cancels else None

    def _measure(self, blocks):
        """(n_blocks, n_samples, n_channels)."""
        with np.errstate(over="ignore", invalid="ignore"):
            self._sums.append((_sums(blocks), blocks.shape[1]))

    def _mean_squares(self):
        """Of the channels, (n_blocks, n_channels), and of their mean; an offset is no sound."""
        parts, n_samples = zip(*self._sums, strict=True)
        n_samples = np.repeat(n_samples, [len(part[0]) for part in parts])
        parts = [np.concatenate(part) for part in zip(*parts, strict=True)]
        with np.errstate(over="ignore", invalid="ignore"):
            products, sums = _of_channels(parts, self._n_channels)
            products /= n_samples[:, None, None]
            offsets = sums / n_samples[:, None].astype(sums.dtype)
            products -= offsets[:, :, None] * offsets[:, None, :]
        channels = np.maximum(np.diagonal(products, axis1=1, axis2=2), 0)
        return channels, np.maximum(products.mean(axis=(1, 2)), 0)


def _sums(blocks: np.ndarray) -> tuple[np.ndarray, ...]:
    """Of every block sums of products, as `_of_channels` takes them, and of the channels."""
    n_blocks, n_samples, n_channels = blocks.shape
    if n_channels == 2:  # as one complex number, whose square is a**2 - b**2 and, twice, a * b
        flat = np.ascontiguousarray(blocks).reshape(n_blocks, -1)
        pairs = flat.view(_PAIR[flat.dtype])
        square = np.matmul(pairs[:, None], pairs[:, :, None])
        return np.vecdot(flat, flat), square, pairs @ _equal(n_samples, pairs.dtype)
    sums = np.matmul(_equal(n_samples, blocks.dtype), blocks)
    if n_channels > _FEW_CHANNELS:
        return np.matmul(blocks.transpose(0, 2, 1), blocks).reshape(n_blocks, -1), sums
    products = np.empty((n_blocks, n_channels, n_channels))
    for one in range(n_channels):
        for other in range(one + 1):
            each = np.einsum("bs,bs->b", blocks[:, :, one], blocks[:, :, other])
            products[:, one, other] = products[:, other, one] = each
    return products.reshape(n_blocks, -1), sums


def _of_channels(parts: list[np.ndarray], n_channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Sums of the products of every two channels, (n_blocks, n_channels, n_channels), and of each.

    The latter are of the type of the samples, (n_blocks, n_channels).
    """
    if n_channels != 2:
        products, sums = parts
        return products.astype(np.float64).reshape(-1, n_channels, n_channels), sums
    both, square, sums = parts
    both, square = both.astype(np.float64), square[:, 0, 0].astype(np.complex128)
    one, other, twice = (both + square.real) / 2, (both - square.real) / 2, square.imag / 2
    products = np.stack([one, twice, twice, other], axis=1).reshape(-1, 2, 2)
    return products, sums.view(sums.real.dtype).reshape(-1, 2)


@lru_cache(8)  # the end of each file is of another length
def _equal(n: int, kind: np.dtype, value: float = 1.0) -> np.ndarray:
    return np.full(n, value, kind)


def as_one(
    samples: np.ndarray,
    channel: int | None = None,
    scale: float = 1.0,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """One channel, (n_samples,), of (n_samples, n_channels): this one, or the mean of all.

    It is multiplied by `scale`, a power of two, and lies in `out`, where that is given.
    """
    n_channels = samples.shape[1]
    if n_channels == 2 and channel is None:  # halves are exact
        return np.matmul(samples, _equal(2, samples.dtype, 0.5 * scale), out=out)
    if n_channels == 1 and scale == 1 and out is None:
        return samples[:, 0]
    one = np.multiply(samples[:, channel or 0], scale, out=out)
    if channel is None and n_channels > 1:
        for other in range(1, n_channels):  # much faster than a mean over short rows
            one += samples[:, other] if scale == 1 else samples[:, other] * scale
        one /= n_channels
    return one
