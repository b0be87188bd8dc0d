"""Sound at another rate, by soxr; who looks at no more than its spectrum has `decimation`."""

import math

import numpy as np
import soxr

from drumcorpus.ground.sound.sound_limits import FRAMES

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


class Growing:
    """Samples as they come, in one place, never held twice.

    What is expected is set aside and takes no memory before it is there: a header may promise much.
    """

    def __init__(self, n_expected: int):
        self._samples = np.empty(min(max(n_expected, 1), FRAMES.most), np.float32)
        self.n_samples = 0

    def place(self, n_samples: int) -> np.ndarray:
        """Where the next samples go, (n_samples,); what is written there, `take` takes."""
        stop = self.n_samples + n_samples
        if stop > len(self._samples):  # the system moves it, without a copy
            self._samples.resize(stop + stop // 8, refcheck=False)
        return self._samples[self.n_samples : stop]

    def take(self, n_samples: int) -> None:
        """Take samples that were written in their place."""
        self.n_samples += n_samples

    def add(self, samples: np.ndarray) -> None:
        """Take the next samples, (n_samples,) float32."""
        self.place(len(samples))[:] = samples
        self.take(len(samples))

    def whole(self) -> np.ndarray:
        """All of them, (n_samples,); to be asked once, after the last."""
        return self._samples[: self.n_samples]


class Resampler:
    """The same sound at another sample rate, of samples as they come: of the whole no more is held.

    What comes out is that of `resample`, to the bit.

    Parameters
    ----------
    rate_hz, to_hz : float, int
        As of `resample`.
    n_expected : int
        Samples that are to come; more may, and fewer.
    """

    def __init__(self, rate_hz: float, to_hz: int, n_expected: int = 0):
        self._made = Growing(math.ceil(n_expected * to_hz / rate_hz) + 1)
        self._stream = None
        if rate_hz != to_hz:
            self._stream = soxr.ResampleStream(rate_hz, to_hz, 1, "float32", quality=QUALITY)
        self._given = np.empty(0, np.float32)  # what is to be resampled next
        self._n_samples = 0

    def place(self, n_samples: int) -> np.ndarray:
        """As of `Growing`."""
        if self._stream is None:
            return self._made.place(n_samples)
        if len(self._given) < n_samples:
            self._given = np.empty(n_samples, np.float32)
        return self._given[:n_samples]

    def take(self, n_samples: int) -> None:
        """As of `Growing`."""
        self._n_samples += n_samples
        if self._stream is None:
            self._made.take(n_samples)
        elif n_samples:
            self._made.add(self._stream.resample_chunk(self._given[:n_samples]))

    def add(self, samples: np.ndarray) -> None:
        """Take the next samples, (n_samples,) float32."""
        self.place(len(samples))[:] = samples
        self.take(len(samples))

    def whole(self) -> np.ndarray:
        """All that was made, (n_samples,) float32; to be asked once, after the last samples."""
        if self._stream is not None and self._n_samples:
            self._made.add(self._stream.resample_chunk(np.zeros(0, np.float32), last=True))
        return self._made.whole()
