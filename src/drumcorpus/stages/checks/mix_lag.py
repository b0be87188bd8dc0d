"""How much later a full mix is than the drums that are in it.

Where other instruments play, hardly any attack of a drum stands out, so that labels cannot be held
against a mix as against drums alone. The drums can: the edges of both recordings are correlated at
every lag. Of MDB Drums' Zeppelin the drums in the mix have a likeness of 0.24, and 0.02 at any
other lag; the drums of seven other tracks have 0.03 at most, and 1.4 times that of the next.
"""

import numpy as np

from drumcorpus.stages.checks.decoding import FRAME, Trace

WINDOW = 0.02  # s: what changes more slowly is no edge
APART = 0.01  # s from the best lag to another
CLEARLY_BEST = 2.0  # times the likeness at any other lag
SURE = 0.5  # a likeness that no other recording has, though music repeats


def find_lag(drums: Trace, mix: Trace, reach: float) -> float | None:
    """Seconds by which the mix is later, or None where the drums are not found in it.

    Parameters
    ----------
    drums, mix : Trace
        Of the two recordings, of any rates.
    reach : float
        Largest lag that is looked at, in either direction, s.
    """
    one, other = _edges(drums), _edges(mix)
    n = min(len(one), len(other))
    power = np.sqrt(np.square(one[:n]).sum() * np.square(other[:n]).sum())
    if not power > 0:
        return None
    n_reach = min(round(reach / FRAME), n - 1)
    n_fft = 1 << (n + n_reach).bit_length()
    spectrum = np.fft.rfft(other[:n], n_fft) * np.conj(np.fft.rfft(one[:n], n_fft))
    products = np.fft.irfft(spectrum, n_fft)
    likeness = np.concatenate([products[n_fft - n_reach :], products[: n_reach + 1]]) / power
    best, n_apart = int(np.argmax(likeness)), round(APART / FRAME)
    others = np.concatenate([likeness[: max(best - n_apart, 0)], likeness[best + n_apart + 1 :]])
    is_clear = likeness[best] >= max(CLEARLY_BEST * others.max(initial=0.0), 1e-6)
    return (best - n_reach) * FRAME if is_clear or likeness[best] >= SURE else None


def _edges(trace: Trace) -> np.ndarray:
    """Level of the edges above their mean around, a value every `FRAME`, (n_frames,)."""
    level = np.sqrt(trace.edge.astype(np.float64))
    if trace.frame != FRAME:  # a whole number of samples is not quite half a millisecond
        n_frames = int(len(level) * trace.frame / FRAME)
        level = np.interp(np.arange(n_frames) * FRAME, np.arange(len(level)) * trace.frame, level)
    n_around = round(WINDOW / FRAME)
    sums = np.cumsum(np.pad(level, (n_around // 2 + 1, n_around - n_around // 2 - 1)))
    sums = np.pad(sums, (0, 1), mode="edge")
    means = (sums[n_around : n_around + len(level)] - sums[: len(level)]) / n_around
    return level - means
