"""Sound at another rate: the one resampler of the library."""

import numpy as np
import soxr

QUALITY = "HQ"  # 20 bit, of linear phase: onsets stay where they are


def resample(samples: np.ndarray, rate_hz: float, to_hz: int) -> np.ndarray:
    """The same sound at another sample rate.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float
    rate_hz, to_hz : float, int
        Its rate, and that of the result, in Hz.

    Returns
    -------
    resampled : np.ndarray, shape (about n_samples * to_hz / rate_hz,)
        Of the type of `samples`; the samples themselves, where there is nothing to change.
    """
    if rate_hz == to_hz or len(samples) == 0:
        return samples
    return soxr.resample(samples, rate_hz, to_hz, quality=QUALITY)


class Resampler:
    """The same sound at another sample rate, of samples as they come: of the whole no more is held.

    What comes out is that of `resample`, to the bit.
    """

    def __init__(self, rate_hz: float, to_hz: int):
        self._made = bytearray()
        self._stream = None
        if rate_hz != to_hz:
            self._stream = soxr.ResampleStream(rate_hz, to_hz, 1, "float32", quality=QUALITY)
        self._n_samples = 0

    def add(self, samples: np.ndarray) -> None:
        """Take the next samples, (n_samples,) float32."""
        self._n_samples += len(samples)
        if self._stream is not None and len(samples):
            samples = self._stream.resample_chunk(samples)
        self._made += samples.data

    def whole(self) -> np.ndarray:
        """All that was made, (n_samples,) float32; to be asked once, after the last samples."""
        if self._stream is not None and self._n_samples:
            self._made += self._stream.resample_chunk(np.zeros(0, np.float32), last=True).data
        return np.frombuffer(self._made, dtype=np.float32)
