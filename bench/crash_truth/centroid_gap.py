"""The plain method beside the chain: cut a session's hits at the widest gap of brightness."""

import numpy as np

RATE_HZ = 22_050
BEFORE, AFTER = 0.120, 0.680  # seconds around the onset that are looked at
MIN_HITS = 8  # fewer are not cut
MIN_SIDE = 3  # fewest hits on either side of the cut
MIN_GAP_HZ = 200.0
MIN_GAP_SHARE = 0.25  # of the range; a gap needs one of the two


def mean_centroids(samples: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """Mean spectral centroid around each hit.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,)
        Mono, at `RATE_HZ`.
    onsets : np.ndarray, shape (n_hits,)
        In seconds.

    Returns
    -------
    centroids_hz : np.ndarray, shape (n_hits,)
        From 120 ms before the onset to 680 ms after, as far as the recording reaches.
    """
    from librosa.feature import spectral_centroid

    def centroid(onset):
        start, stop = (round(t * RATE_HZ) for t in (max(0.0, onset - BEFORE), onset + AFTER))
        return float(spectral_centroid(y=samples[start:stop], sr=RATE_HZ).mean())

    return np.array([centroid(onset) for onset in onsets], dtype=np.float64)


def cut_at_gap(centroids_hz: np.ndarray) -> np.ndarray:
    """Divide the hits of one session in two, or leave them one cymbal.

    They are sorted, and cut where ``gap * (1 + gap / range)`` is largest, if there are enough of
    them and the gap is wide enough: `MIN_HITS`, `MIN_SIDE`, `MIN_GAP_HZ` or `MIN_GAP_SHARE`.

    Parameters
    ----------
    centroids_hz : np.ndarray, shape (n_hits,)

    Returns
    -------
    cymbals : np.ndarray, shape (n_hits,), int
        0 on the low side, 1 on the high; all 0 where there is no cut.
    """
    centroids_hz = np.asarray(centroids_hz, dtype=np.float64)
    one = np.zeros(len(centroids_hz), dtype=int)
    if len(centroids_hz) < MIN_HITS:
        return one
    ordered = np.sort(centroids_hz)
    gaps = np.diff(ordered)[MIN_SIDE - 1 : len(ordered) - MIN_SIDE]
    width = ordered[-1] - ordered[0]
    shares = np.divide(gaps, width, out=np.zeros_like(gaps), where=width > 0)
    best = int((gaps * (1 + shares)).argmax())
    if gaps[best] < MIN_GAP_HZ and shares[best] < MIN_GAP_SHARE:
        return one
    return (centroids_hz > ordered[best + MIN_SIDE - 1]).astype(int)
