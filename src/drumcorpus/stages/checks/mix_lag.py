"""How much later a full mix is than the drums that are in it.

Where other instruments play, hardly any attack of a drum stands out, so that labels cannot be held
against a mix as against drums alone. The drums can: the edges of both recordings are correlated at
every lag. Drums that repeat are like themselves a beat later too, so that what they have of
themselves is taken off at all other lags. Of MDB Drums' Zeppelin the drums in the mix have a
likeness of 0.24, 11 times that which is left at any other lag; the drums of seven other tracks have
0.03 at most, and 1.4 times the next. Mixed under drums that play alone, other drums came to 4.1.
"""

import numpy as np

from drumcorpus.stages.checks.decoding import FRAME, Trace

WINDOW = 0.02  # s: what changes more slowly is no edge
APART = 0.01  # s from the best lag to another
CLEARLY_BEST = 4.0  # times the likeness that is left at any other lag
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
    n_fft = 1 << (n + 2 * n_reach).bit_length()
    of_one = np.fft.rfft(one[:n], n_fft)
    products = np.fft.irfft(np.fft.rfft(other[:n], n_fft) * np.conj(of_one), n_fft)
    own = np.fft.irfft(np.square(np.abs(of_one)), n_fft) / np.square(one[:n]).sum()
    likeness = np.concatenate([products[n_fft - n_reach :], products[: n_reach + 1]]) / power
    best, n_apart = int(np.argmax(likeness)), round(APART / FRAME)
    apart = np.abs(np.arange(len(likeness)) - best)
    others = (likeness - likeness[best] * own[apart])[apart > n_apart]
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
