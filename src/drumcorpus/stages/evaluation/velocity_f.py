"""F of hits whose velocity is right as well, as mir_eval has it for notes with velocity.

Of each session predicted velocities are fitted to those of the reference by one line, over all
matches, and a match counts where they then differ by less than a tenth of the range that the
reference has (of a MIDI velocity of 1 at least). Sessions whose reference does not vary, or in
which a hit of either side has no velocity, do not count.
"""

import numpy as np

from drumcorpus.ground.predictions.hit_columns import NO_VELOCITY, VELOCITY_PARTS, HitColumns
from drumcorpus.ground.statistics.matching import Onsets
from drumcorpus.ground.statistics.scores import pooled

TOLERANCE = 0.1
_STEP = VELOCITY_PARTS / 127  # of MIDI


class VelocityF:
    """Counts of the sessions whose velocities can be held against each other.

    `sums` has TP, FP and FN of all of them, `sessions` their number.
    """

    def __init__(self, n_classes: int):
        self._n_classes = n_classes
        self.sums = np.zeros(3, dtype=np.int64)
        self.sessions = 0

    def add(
        self,
        onsets: Onsets,
        matched: tuple[np.ndarray, np.ndarray],
        sides: tuple[HitColumns, HitColumns],
    ) -> None:
        """Take the matches of some sessions; the key of `onsets` is as in `Confusions.add`."""
        session = onsets.key // self._n_classes
        n = int(session[-1]) + 1 if len(session) else 0
        velocity = np.empty(len(session), dtype=np.int64)
        for side, is_side in zip(sides, (onsets.is_reference, ~onsets.is_reference), strict=True):
            velocity[is_side] = side.velocity[onsets.row[is_side]]
        lacks = np.bincount(session[velocity == NO_VELOCITY], minlength=n) > 0
        low, high = np.full(n, VELOCITY_PARTS + 1), np.full(n, -1)
        ours = np.flatnonzero(onsets.is_reference)
        np.minimum.at(low, session[ours], velocity[ours])
        np.maximum.at(high, session[ours], velocity[ours])
        counts = ~lacks & (high > low)
        sizes = [np.bincount(session[side], minlength=n) for side in (ours, ~onsets.is_reference)]
        is_in = counts[session[matched[0]]]
        places = matched[0][is_in], matched[1][is_in]
        tp = _right(session[places[0]], velocity[places[0]], velocity[places[1]], low, high, n)
        self.sums += [
            tp,
            int(sizes[1][counts].sum()) - tp,
            int(sizes[0][counts].sum()) - tp,
        ]
        self.sessions += int(counts.sum())

    def figures(self) -> dict | None:
        """Counts and scores; None where no session counts."""
        if not self.sessions:
            return None
        return {"sessions": self.sessions, "tolerance": TOLERANCE} | pooled(self.sums)


def _right(
    session: np.ndarray,
    ours: np.ndarray,
    theirs: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    n: int,
) -> int:
    """How many matches are within the tolerance once a line is fitted in each session."""

    def total(values: np.ndarray) -> np.ndarray:
        sums = np.zeros(n, dtype=np.int64)
        np.add.at(sums, session, values)
        return sums

    # Products of sums as Python's integers: 300,000 matches are too many for 64 bits.
    whole = [total(each).astype(object) for each in (np.ones_like(ours), theirs, ours)]
    spread = (whole[0] * total(theirs * theirs) - whole[1] ** 2).astype(float)
    shared = (whole[0] * total(theirs * ours) - whole[1] * whole[2]).astype(float)
    size, x, y = (each.astype(float) for each in whole)
    slope = np.divide(shared, spread, out=np.zeros(n), where=spread > 0)
    mean = np.divide(y - slope * x, size, out=np.zeros(n), where=size > 0)
    scale = np.maximum(high - low, _STEP)[session]
    fitted = slope[session] * theirs + mean[session]
    return int((np.abs(fitted - ours) < TOLERANCE * scale).sum())
