"""Whether a division of crash hits follows what was struck beside them.

A stroke of the ride under a soft crash is heard in the crash's place: hits with it are alike, and
unlike those without it, on one cymbal as on two. A division along such strokes says nothing of the
number of cymbals.
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
        Largest phi coefficient [1]_, without its sign, of having a label and being in a group; 0
        where no label is left. 1: a group is just those hits that have a label, or have it not.

    References
    ----------
    .. [1] G. U. Yule, "On the methods of measuring association between two attributes", Journal of
       the Royal Statistical Society 75, 579-652, 1912.
    """
    in_group = groups[:, None] == np.unique(groups)
    strongest = 0.0
    for label in sorted(set().union(*beside)):
        has_label = np.array([label in labels for labels in beside])
        if min(has_label.sum(), (~has_label).sum()) >= min_hits:
            phi = np.corrcoef(has_label, in_group, rowvar=False)[0, 1:]
            strongest = max(strongest, float(np.abs(phi).max()))
    return round(strongest, DECIMALS)
