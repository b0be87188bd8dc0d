"""The described hits of one kit, made ready for the mixture: patterns, and how reliable each is.

Conventions: one row per hit, a session's hits together and in order of onset. A pattern is the fine
structure of a hit (`crash.embeddings`), less its mean and scaled to length 1; hits without a
description have a pattern of zeros and are not usable.

A pattern is a cymbal's own, weakened, and noise beside it:
``pattern = a * own + sqrt(1 - a**2) * noise``, both of length 1 and independent. The reliability
of a hit is ``a**2 / (1 - a**2)``: what its own share holds against its noise. Soft strokes, strokes
cut short by the next one and strokes into another's ring have little of it. How it follows from
these is learned (`crash.training`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

# Beyond these the next and the last stroke change nothing in what is described (`embeddings`).
NEXT_GAP_S, LAST_GAP_S = (0.05, 0.4), (0.05, 1.0)
LEAST_STRENGTH = 1.0  # of a fine structure's length; below it logarithms would run away
NO_SPREAD = 1e-9  # standard deviation under which a description has no structure
MOST_RELIABLE = 30.0  # repeats of one sample are no better evidence than a stroke like another
QUALITY_FEATURES = ("constant", "log_strength", "log_next_gap_s", "log_last_gap_s")


@dataclass(frozen=True)
class Strokes:
    """Hits of the sessions of one kit, or of one session; arrays have one entry per hit."""

    vectors: np.ndarray  # (n_hits, n_bands) float: fine structure, NaN where there is none
    onsets: np.ndarray  # (n_hits,) s
    sessions: np.ndarray  # (n_hits,) int: which session, in rising order
    levels_db: np.ndarray  # (n_hits,) relative level, NaN where there is none
    order_keys: np.ndarray  # (n_hits,) what numbers the cymbals, low to high
    beside: Sequence[Collection[str]] | None = None  # labels struck at once with each hit
    velocities: np.ndarray | None = None  # (n_hits,) 0 to 1, NaN where unknown

    def __len__(self) -> int:
        return len(self.onsets)

    def covered_by(self, labels: Collection[str]) -> np.ndarray:
        """Whether a stroke with one of these labels came at once with each hit, (n_hits,) bool."""
        if self.beside is None:
            return np.zeros(len(self), dtype=bool)
        return np.array([not set(labels).isdisjoint(each) for each in self.beside], dtype=bool)

    def of_rows(self, rows: np.ndarray) -> "Strokes":
        """Some of the hits."""
        beside = None if self.beside is None else [self.beside[row] for row in rows]
        velocities = None if self.velocities is None else self.velocities[rows]
        names = ("vectors", "onsets", "sessions", "levels_db", "order_keys")
        arrays = (getattr(self, name)[rows] for name in names)
        return Strokes(*arrays, beside=beside, velocities=velocities)


@dataclass(frozen=True)
class Patterns:
    """Strokes made ready; arrays have one entry per hit."""

    unit: np.ndarray  # (n_hits, n_bands): patterns of length 1; zeros where not usable
    usable: np.ndarray  # (n_hits,) bool
    strength: np.ndarray  # (n_hits,) length of the fine structure
    reliability: np.ndarray  # (n_hits,) 0 where not usable
    covered: np.ndarray  # (n_hits,) bool: with a stroke at once that covers them

    @property
    def share(self) -> np.ndarray:
        """What of each pattern is the cymbal's own, (n_hits,): `a` of the module's formula."""
        return np.sqrt(self.reliability / (1 + self.reliability))


def make_patterns(
    strokes: Strokes, quality: np.ndarray, covering: Collection[str] = ()
) -> Patterns:
    """Scale the fine structures to length 1 and say how reliable each is.

    Parameters
    ----------
    strokes : Strokes
    quality : np.ndarray, shape (len(QUALITY_FEATURES),)
        Weights whose sum over `quality_features` is the logarithm of the reliability.
    covering : collection of str
        Labels whose strokes cover a hit at once with them.
    """
    centred = strokes.vectors - strokes.vectors.mean(axis=1, keepdims=True)
    usable = np.isfinite(centred).all(axis=1) & np.isfinite(strokes.order_keys)
    centred = np.where(usable[:, None], centred, 0.0)
    usable &= centred.std(axis=1) > NO_SPREAD
    strength = np.linalg.norm(centred, axis=1)
    unit = centred / np.where(usable, strength, 1.0)[:, None]
    unit[~usable] = 0.0
    log_reliability = quality_features(strokes, strength) @ quality
    reliability = np.minimum(np.exp(log_reliability), MOST_RELIABLE)
    reliability = np.where(usable, reliability, 0.0)
    return Patterns(unit, usable, strength, reliability, strokes.covered_by(covering))


def quality_features(strokes: Strokes, strength: np.ndarray) -> np.ndarray:
    """What a hit's reliability follows from, (n_hits, len(QUALITY_FEATURES))."""
    gaps = np.diff(strokes.onsets)
    gaps = np.where(np.diff(strokes.sessions) == 0, gaps, np.inf)
    following, last = np.append(gaps, np.inf), np.insert(gaps, 0, np.inf)
    return np.column_stack(
        [
            np.ones(len(strokes)),
            np.log(np.maximum(strength, LEAST_STRENGTH)),
            np.log(np.clip(following[: len(strokes)], *NEXT_GAP_S)),
            np.log(np.clip(last[: len(strokes)], *LAST_GAP_S)),
        ]
    )
