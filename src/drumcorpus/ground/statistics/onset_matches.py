"""Onsets of two lists that are one: what several stages ask of detected onsets.

Conventions: times are seconds. One matches another within 50 ms, each once at most and as many as
can be: the measure of mir_eval [1]_ and of MIREX. Onsets up to 30 ms after the first of a group may
count as one, as is common [2]_.

References
----------
.. [1] C. Raffel et al., "mir_eval: a transparent implementation of common MIR metrics", ISMIR 2014.
.. [2] S. Böck, F. Krebs and M. Schedl, "Evaluating the online capabilities of onset detection
   methods", ISMIR 2012.
"""

import numpy as np

from drumcorpus.hits import group_onsets

WINDOW = 0.05  # s, mir_eval's default
GROUP = 0.03  # s
DIGITS = 6


def match_times(reference: np.ndarray, estimated: np.ndarray) -> np.ndarray:
    """Pairs (row of the reference, row of the estimate), as many as can be.

    Parameters
    ----------
    reference, estimated : np.ndarray, shape (n_reference,), (n_estimated,)
        Seconds, in order.

    Returns
    -------
    pairs : np.ndarray, shape (n_matched, 2), int
    """
    if len(reference) == 0 or len(estimated) == 0:
        return np.zeros((0, 2), dtype=int)
    from mir_eval.util import match_events  # takes half a second; only such a job pays for it

    return np.array(match_events(reference, estimated, WINDOW), dtype=int).reshape(-1, 2)


def first_of_groups(times: np.ndarray) -> np.ndarray:
    """The first time of every group, of times in order.

    Examples
    --------
    >>> first_of_groups(np.array([1.0, 1.02, 1.04])).tolist()
    [1.0, 1.04]
    """
    return times[group_onsets(np.zeros(len(times), dtype=int), times, GROUP)]


def share(part: int, whole: int) -> float | None:
    """A share, 0 to 1, as reports have it; None of nothing."""
    return round(part / whole, DIGITS) if whole else None


def median_ms(offset: np.ndarray) -> float | None:
    """The median of offsets (s) in milliseconds, as reports have it; None where there are none."""
    return round(1000 * float(np.median(offset)), 3) if len(offset) else None
