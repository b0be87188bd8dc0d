"""Levels of isolated hits: what one stroke of a family sounds like in a session, in dBFS."""

from collections.abc import Mapping, Sequence

import numpy as np

from drumcorpus.stages.checks.decoding import Trace

BEFORE = 0.005  # s before the onset, for an attack that comes early
LEAST_DBFS = -120.0
DIGITS = 2


def decibels(amplitude: np.ndarray | float) -> np.ndarray | float:
    """Levels of amplitudes, dB re full scale; at least -120."""
    return 20 * np.log10(np.maximum(amplitude, 10 ** (LEAST_DBFS / 20)))


def isolated_hits(
    trace: Trace,
    onsets: np.ndarray,
    families: Sequence[str | None],
    isolation: float,
) -> list[tuple[str, float, float]]:
    """Family, peak and RMS (dBFS) of each hit without another near it.

    Parameters
    ----------
    trace : Trace
        Of the recording.
    onsets : np.ndarray, shape (n_onsets,)
        Where the hits sound in the recording, s, in order.
    families : sequence of str or None
        Family of each; None where several families are struck at once. Such a hit gets no levels,
        but a hit near it is not isolated.
    isolation : float
        Seconds without another onset before and after a hit; its levels are measured over the
        seconds after.
    """
    gaps = np.diff(onsets, prepend=-np.inf, append=np.inf)
    alone = (gaps[:-1] >= isolation) & (gaps[1:] >= isolation)
    starts = np.rint((onsets - BEFORE) / trace.frame).astype(int)
    stops = np.rint((onsets + isolation - BEFORE) / trace.frame).astype(int)
    hits = []
    for row in np.flatnonzero(alone):
        start, stop = max(starts[row], 0), min(stops[row], len(trace.peak))
        if families[row] is not None and start < stop:
            peak, power = trace.peak[start:stop].max(), trace.power[start:stop].mean()
            levels = (float(decibels(peak)), float(decibels(np.sqrt(power))))
            hits.append((families[row], *levels))
    return hits


def level_medians(hits: Sequence[tuple[str, float, float]]) -> list[Mapping]:
    """Rows of the struct `schemas.HIT_LEVEL`, one for each family, in order."""
    rows = []
    for family in sorted({hit[0] for hit in hits}):
        levels = np.array([hit[1:] for hit in hits if hit[0] == family])
        peak, rms = np.round(np.median(levels, axis=0), DIGITS).tolist()
        rows.append({"family": family, "hits": len(levels), "peak_dbfs": peak, "rms_dbfs": rms})
    return rows
