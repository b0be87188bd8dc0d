"""Whether a division of hits follows what was struck beside them.

A stroke of the ride together with a soft crash covers the crash. Hits with such a stroke are then
alike, and unlike those without it, whether one cymbal was struck or two. A division that
follows such strokes says nothing of the number of cymbals.
"""

from collections.abc import Collection, Sequence

import numpy as np

DECIMALS = 9  # hides the last bits, so that nothing is above 1


def association_beside(
    groups: np.ndarray, beside: Sequence[Collection[str]], *, min_hits: int
) -> float:
    """Strongest association of a group of hits with a stroke beside them.

    Parameters
    ----------
    groups : np.ndarray, shape (n_hits,), int
        The group of each hit, from 0 without gaps.
    beside : sequence of collection of str, length n_hits
        Labels of the strokes at each hit's onset.
    min_hits : int
        Labels that fewer hits have, or that fewer do not have, are left out.

    Returns
    -------
    association : float
        Largest absolute phi coefficient [1]_ between having a label and being in a group: 0 where
        no label is left; 1 where a group is exactly the hits that have a label, or exactly those
        that do not.

    References
    ----------
    .. [1] G. U. Yule, "On the methods of measuring association between two attributes", Journal of
       the Royal Statistical Society 75, 579-652, 1912.

    Examples
    --------
    The first group is the hits with the ride. The kick is struck with hits of both groups:

    >>> groups = np.array([0, 0, 1, 1])
    >>> beside = [["kick", "ride_bow"], ["ride_bow"], ["kick"], []]
    >>> association_beside(groups, beside, min_hits=2)
    1.0
    >>> association_beside(groups, [["kick"], [], ["kick"], []], min_hits=2)
    0.0
    """
    return max((phi for phi, _ in _associations(groups, beside, min_hits)), default=0.0)


def hits_covered(
    groups: np.ndarray, beside: Sequence[Collection[str]], *, min_hits: int, most: float
) -> np.ndarray:
    """Hits with a stroke beside them that a group goes with.

    Parameters
    ----------
    groups, beside, min_hits
        As for `association_beside`.
    most : float
        Association above which a group goes with a stroke.

    Returns
    -------
    covered : np.ndarray, shape (n_hits,), bool

    Examples
    --------
    >>> groups = np.array([0, 0, 1, 1])
    >>> beside = [["kick", "ride_bow"], ["ride_bow"], ["kick"], []]
    >>> hits_covered(groups, beside, min_hits=2, most=0.85).tolist()
    [True, True, False, False]
    """
    covered = np.zeros(len(groups), dtype=bool)
    for phi, has_label in _associations(groups, beside, min_hits):
        if phi > most:
            covered |= has_label
    return covered


def _associations(groups: np.ndarray, beside: Sequence[Collection[str]], min_hits: int):
    """Largest association with a group of each label that is not left out, and who has it."""
    names = np.unique(groups)
    if len(names) < 2:
        return
    in_group = groups[:, None] == names
    for label in sorted(set().union(*beside)):
        has_label = np.array([label in labels for labels in beside])
        if min(has_label.sum(), (~has_label).sum()) >= min_hits:
            phi = np.corrcoef(has_label, in_group, rowvar=False)[0, 1:]
            yield round(float(np.abs(phi).max()), DECIMALS), has_label
