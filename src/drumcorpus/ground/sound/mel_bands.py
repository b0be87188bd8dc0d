"""Mel bands: triangles over the bins of a spectrum, on Slaney's scale [1]_, as librosa has them.

They are computed here, for librosa compiles functions while it is loaded, into a cache beside its
own files: jobs that start at once would each spend seconds on that, and can leave a cache there
that brings down every program of the same environment. Tests hold the bands to librosa's.

References
----------
.. [1] M. Slaney, "Auditory Toolbox", version 2, Technical Report 1998-010, Interval Research, 1998.
"""

import numpy as np

HZ_PER_MEL = 200 / 3  # up to `LOG_FROM_HZ`; above it every mel is the same ratio
LOG_FROM_HZ = 1000.0
LOG_STEP = np.log(6.4) / 27


def mel_bank(
    sample_rate_hz: float,
    n_fft: int,
    n_bands: int,
    *,
    range_hz: tuple[float, float] | None = None,
    is_even: bool = False,
) -> np.ndarray:
    """Weights of the bins of a spectrum in each band.

    Parameters
    ----------
    sample_rate_hz : float
    n_fft : int
        Samples of the window.
    n_bands : int
    range_hz : tuple of float, optional
        Where the lowest band starts and the highest ends; of the whole spectrum by default.
    is_even : bool
        Whether all bands reach up to 1; by default a band's weights are divided by half its width
        in Hz, so that white noise fills all alike.

    Returns
    -------
    weights : np.ndarray, shape (n_bands, n_fft // 2 + 1), float32
        Zero throughout for a band that lies between two bins.
    """
    lowest_hz, highest_hz = range_hz or (0.0, sample_rate_hz / 2)
    steps = np.linspace(_hz_to_mel(lowest_hz), _hz_to_mel(highest_hz), n_bands + 2)
    corners_hz = _mel_to_hz(steps)
    bins_hz = np.fft.rfftfreq(n_fft, 1 / sample_rate_hz)
    distance_hz, width_hz = corners_hz[:, None] - bins_hz, np.diff(corners_hz)[:, None]
    rising, falling = -distance_hz[:-2] / width_hz[:-1], distance_hz[2:] / width_hz[1:]
    weights = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    if not is_even:
        weights *= (2 / (corners_hz[2:] - corners_hz[:-2]))[:, None]
    return weights


def _hz_to_mel(hz: float) -> float:
    if hz < LOG_FROM_HZ:
        return hz / HZ_PER_MEL
    return LOG_FROM_HZ / HZ_PER_MEL + np.log(hz / LOG_FROM_HZ) / LOG_STEP


def _mel_to_hz(mels: np.ndarray) -> np.ndarray:
    above = mels - LOG_FROM_HZ / HZ_PER_MEL
    return np.where(above >= 0, LOG_FROM_HZ * np.exp(LOG_STEP * above), HZ_PER_MEL * mels)
