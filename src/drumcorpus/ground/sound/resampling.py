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
