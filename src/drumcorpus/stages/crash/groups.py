"""Groups of hits that sound alike: within each session, then over all sessions of a kit.

Average linkage [1]_ on the likeness of patterns gives in each session its groups, in which noise
averages out; the same on the likeness of these groups gives groups over the sessions. Two groups
that are two cymbals are as unlike as any two bodies; groups of strokes on one cymbal stay alike.

References
----------
.. [1] R. R. Sokal and C. D. Michener, "A statistical method for evaluating systematic
   relationships", University of Kansas Science Bulletin 38, 1409-1438, 1958.
"""

from dataclasses import dataclass, fields

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from drumcorpus.stages.crash.strokes import Patterns

# Mean likeness down to which hits of one session, and then groups of a kit, are put together. What
# is cut too finely is joined again by the chance that two groups are two cymbals.
IN_SESSION, IN_KIT = 0.45, 0.5
LEAST_WITHIN = 0.25  # hits less alike than this repeat nothing that could be one cymbal
# Of a group that is too small to tell, how alike its hits are: that of many such pairs.
USUAL_WITHIN, USUAL_WEIGHT = 0.65, 1.0
MOST_AT_A_TIME = 2_000  # hits of one session in a tree: 50 MB, 0.1 s; more are cut into parts
MOST_GROUPS = 4_000  # of one kit in the tree: 128 MB; the most reliable are taken
DECIMALS = 9  # hides the last bits, which hang on the order of summation


@dataclass(frozen=True)
class Groups:
    """Hits of each session that sound alike, put together over the sessions."""

    of_hit: np.ndarray  # (n_hits,) int: group within its session, -1 where not usable
    centres: np.ndarray  # (n_groups, n_bands): unbiased estimate of what is the cymbal's own
    reliability: np.ndarray  # (n_groups,) sums of the hits'
    n_hits: np.ndarray  # (n_groups,) int
    covered: np.ndarray  # (n_groups,) int: hits with a stroke at once that covers them
    sessions: np.ndarray  # (n_groups,) int
    of_kit: np.ndarray  # (n_groups,) int: the same over all sessions; -1 where left out

    @property
    def weight(self) -> np.ndarray:
        """Reliability as a correlation of two such estimates, (n_groups,), 0 to 1."""
        return self.reliability / (1 + self.reliability)


def group_hits(patterns: Patterns, sessions: np.ndarray) -> Groups:
    """Put together what sounds alike, first in each session, then over them all.

    Parameters
    ----------
    patterns : Patterns, n_hits
    sessions : np.ndarray, shape (n_hits,), int
    """
    of_hit = np.full(len(sessions), -1)
    centres, reliability, n_hits, covered, session_of = [], [], [], [], []
    own = np.divide(
        patterns.reliability,
        patterns.share,
        out=np.zeros_like(patterns.share),
        where=patterns.share > 0,
    )
    for session in np.unique(sessions):
        rows = np.flatnonzero((sessions == session) & patterns.usable)
        if not len(rows):
            continue
        unit = patterns.unit[rows]
        labels = sound_alike(unit)
        of_hit[rows] = labels + len(centres)
        members = np.eye(labels.max() + 1)[labels].T
        sums = members @ patterns.reliability[rows]
        centres += list((members @ (own[rows, None] * unit)) / sums[:, None])
        reliability += sums.tolist()
        n_hits += members.sum(axis=1).astype(int).tolist()
        covered += (members @ patterns.covered[rows]).astype(int).tolist()
        session_of += [session] * len(sums)
    centres = np.array(centres).reshape(len(centres), patterns.unit.shape[1])
    reliability = np.array(reliability)
    of_kit = np.full(len(centres), -1)
    taken = np.sort(np.argsort(-reliability, kind="stable")[:MOST_GROUPS])
    if len(taken):
        root = np.sqrt(reliability[taken] / (1 + reliability[taken]))[:, None] * centres[taken]
        of_kit[taken] = cut_tree(root @ root.T, IN_KIT)
    counts = (np.array(each) for each in (n_hits, covered, session_of))
    return Groups(of_hit, centres, reliability, *counts, of_kit)


def sound_alike(unit: np.ndarray) -> np.ndarray:
    """Groups of the hits of one session, (n_hits, n_bands) of length 1 to (n_hits,) from 0.

    Hits that are too many for one tree are grouped part by part, in the order given: what is cut
    too finely costs certainty, and joins nothing that is not alike.
    """
    labels, n_groups = np.empty(len(unit), dtype=int), 0
    for rows in np.array_split(np.arange(len(unit)), -(-len(unit) // MOST_AT_A_TIME)):
        labels[rows] = n_groups + cut_tree(unit[rows] @ unit[rows].T, IN_SESSION)
        n_groups = labels[rows].max() + 1
    return labels


def cut_tree(likeness: np.ndarray, least: float) -> np.ndarray:
    """Groups whose mean likeness is `least` or more, by average linkage, (n,) labels from 0."""
    n = len(likeness)
    if n == 1:
        return np.zeros(1, dtype=int)
    distance = np.round(np.clip(1 - (likeness + likeness.T) / 2, 0, 2), DECIMALS)
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance, checks=False), "average")
    return fcluster(tree, 1 - least, "distance") - 1


@dataclass(frozen=True)
class Sums:
    """What is needed of sets of groups to hold any two against each other; one entry per set."""

    weight: np.ndarray  # (n,) sums of `Groups.weight`
    squares: np.ndarray  # (n,) of its squares
    own: np.ndarray  # (n,) of its squares times the squared lengths of the centres
    total: np.ndarray  # (n, n_bands) of the centres by weight
    n_hits: np.ndarray  # (n,)
    covered: np.ndarray  # (n,)
    reliability: np.ndarray  # (n,)

    def joined(self, one: int, other: int) -> "Sums":
        """With `other` put to `one`, and left as a set of nothing."""
        parts = {}
        for name in (field.name for field in fields(self)):
            values = getattr(self, name).copy()
            values[one] += values[other]
            values[other] = 0
            parts[name] = values
        return Sums(**parts)

    def likeness(self, rows: slice = slice(None)) -> np.ndarray:
        """Likeness of some sets, by default all, to each relative to that within each, (rows, n).

        About 0 for two cymbals, 1 for two halves of one. What is within a set of which little is
        known is drawn to what is usual.
        """
        pairs = self.weight**2 - self.squares
        within = np.square(self.total).sum(axis=1) - self.own + USUAL_WEIGHT * USUAL_WITHIN
        within = np.maximum(within / (pairs + USUAL_WEIGHT), LEAST_WITHIN)
        scale = self.weight * np.sqrt(within)
        scale = np.where(scale > 0, scale, np.inf)
        return (self.total[rows] @ self.total.T) / np.outer(scale[rows], scale)


def sum_groups(groups: Groups, sets: np.ndarray, n_sets: int) -> Sums:
    """Sums of sets of groups; `sets`, (n_groups,), is the set of each, -1 for none."""
    rows = np.flatnonzero(sets >= 0)
    members = np.zeros((n_sets, len(rows)))
    members[sets[rows], np.arange(len(rows))] = 1.0
    weight, centres = groups.weight[rows], groups.centres[rows]
    return Sums(
        weight=members @ weight,
        squares=members @ weight**2,
        own=members @ (weight**2 * np.square(centres).sum(axis=1)),
        total=members @ (weight[:, None] * centres),
        n_hits=members @ groups.n_hits[rows],
        covered=members @ groups.covered[rows],
        reliability=members @ groups.reliability[rows],
    )
