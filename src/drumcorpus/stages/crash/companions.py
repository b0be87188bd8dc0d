"""Take the sound of a cymbal struck beside it out of what describes a hit.

A crash struck with the ride, or with a stroke of the ride soon after, is described by the modes of
both. What the ride sounds like is known in most sessions: it is struck alone there, dozens of
times. The directions that such strokes span in the space of patterns are taken out of the hits
that the ride reaches (nuisance attribute projection [1]_). A hit that no such stroke reaches keeps
all of its description, and so does every hit of a session where none is struck alone.

Conventions as in `crash.embeddings`: times are seconds from the start of the audio, one row per hit
or stroke. Velocities may be of any scale from 0, NaN where the source has none.

References
----------
.. [1] A. Solomonoff, W. M. Campbell and I. Boardman, "Advances in channel compensation for SVM
   speaker recognition", ICASSP 2005, I-629-632.
"""

from dataclasses import dataclass

import numpy as np

from drumcorpus.stages.crash.embeddings import (
    FINE_GROUP,
    HEARD,
    NEXT_HIT_OVERLAP,
    SAME_STROKE,
    embed_hits,
    feature_names,
)

# Of a session, whose sound is learned: the loudest, which other strokes cover least. Spread over
# the session instead they leave more in doubt of kits with three crashes.
N_STROKES = 12
# Of the space that is taken out: weighed on ten sampled kits. With one or two more of the companion
# stays in the hits; five take away what tells their own cymbals apart.
N_DIRECTIONS = 3
# Of a hit's velocity, from which on a stroke within its windows reaches it: a softer one changes
# little there, and the hit would lose more than it wins.
LEAST_SHARE_OF_VELOCITY = 0.5
RUNG_OUT_S = 1.0  # after a hit, from which on a stroke of the companion counts as alone
# Of the first singular value, from which on a direction is the companion's: strokes of one sample
# alike to the last bit have further ones of rounding, which differ with what was decoded. On ten
# sampled kits the third is 0.05 or more.
LEAST_SPREAD = 0.03
NO_LENGTH = 1e-9  # of a pattern: nothing is there
_FINE = np.array([name.startswith(FINE_GROUP) for name in feature_names()])


@dataclass(frozen=True)
class Companion:
    """Strokes of one recording on the cymbal beside; arrays have one entry per stroke, by onset."""

    onsets: np.ndarray  # (n_strokes,) s
    velocities: np.ndarray  # (n_strokes,)
    by_itself: np.ndarray  # (n_strokes,) bool: nothing else is struck at once with it

    @classmethod
    def among(
        cls, onsets: np.ndarray, velocities: np.ndarray, is_companion: np.ndarray
    ) -> "Companion":
        """Those of all strokes of one recording, by onset, that are on it."""
        at = onsets[is_companion]
        n_near, n_own = (
            np.searchsorted(of, at + SAME_STROKE, side="right")
            - np.searchsorted(of, at - SAME_STROKE)
            for of in (onsets, at)
        )
        return cls(at, velocities[is_companion], n_near == n_own)

    def learned_from(self, hits: np.ndarray) -> np.ndarray:
        """Onsets of up to `N_STROKES` strokes that sound alone, the loudest, sorted.

        Of equally loud ones the first; those without a velocity come last.

        Parameters
        ----------
        hits : np.ndarray, shape (n_hits,)
            Onsets of the hits that the strokes may reach, s, sorted: near one no stroke is alone.
        """
        since = self.onsets - np.append(hits, np.inf)[np.searchsorted(hits, self.onsets) - 1]
        following = np.append(hits, np.inf)[np.searchsorted(hits, self.onsets)]
        rung_out = (since < 0) | (since > RUNG_OUT_S)  # below 0 where no hit comes before
        alone = self.by_itself & rung_out & (following - self.onsets > HEARD[1])
        alone &= np.diff(self.onsets, prepend=-np.inf) >= SAME_STROKE
        loudest = np.argsort(-self.velocities[alone], kind="stable")[:N_STROKES]  # NaN last
        return self.onsets[np.sort(np.flatnonzero(alone)[loudest])]

    def reaches(self, hits: np.ndarray, velocities: np.ndarray) -> np.ndarray:
        """Which hits it sounds in, (n_hits,) bool: struck at once, or firmly before their end.

        A hit ends with the last of its windows, or with the next hit.

        Parameters
        ----------
        hits, velocities : np.ndarray, shape (n_hits,)
            Onsets in seconds, sorted, and velocities.
        """
        following = np.append(hits, np.inf)[np.searchsorted(hits, hits + SAME_STROKE)]
        end = hits + np.minimum(HEARD[1], following - hits + NEXT_HIT_OVERLAP)
        first = np.searchsorted(self.onsets, hits - SAME_STROKE)
        after = np.searchsorted(self.onsets, hits + SAME_STROKE, side="right")
        stop = np.searchsorted(self.onsets, end)
        reached = after > first
        for row in np.flatnonzero(~reached & (stop > after)):
            soft = self.velocities[after[row] : stop[row]] < (
                LEAST_SHARE_OF_VELOCITY * velocities[row]
            )
            reached[row] = not soft.all()  # what has no velocity counts
        return reached


def embed_beside(
    samples: np.ndarray,
    sample_rate_hz: float,
    onsets: np.ndarray,
    velocities: np.ndarray,
    companion: Companion,
) -> tuple[np.ndarray, list[str | None], np.ndarray]:
    """Describe hits as `embed_hits` does, less the sound of a cymbal that reaches them.

    Parameters
    ----------
    samples, sample_rate_hz, onsets
        As for `embed_hits`.
    velocities : np.ndarray, shape (n_hits,)
    companion : Companion

    Returns
    -------
    embeddings : np.ndarray, shape (n_hits, n_features), float32
    reasons : list of (str or None), length n_hits
    n_taken_out : np.ndarray, shape (n_hits,), int32
        Directions that were taken out of each: 0 where the companion does not reach it, or is never
        struck alone.

    Raises
    ------
    ValueError
        As `embed_hits`.
    """
    embeddings, reasons = embed_hits(samples, sample_rate_hz, onsets)
    n_taken_out = np.zeros(len(onsets), dtype=np.int32)
    rows = np.flatnonzero(companion.reaches(onsets, velocities))
    rows = rows[[reasons[row] is None for row in rows]]
    alone = companion.learned_from(onsets)
    if not len(rows) or not len(alone):
        return embeddings, reasons, n_taken_out
    directions = directions_of(embed_hits(samples, sample_rate_hz, alone)[0][:, _FINE])
    patterns = embeddings[np.ix_(rows, _FINE)].astype(np.float64)
    embeddings[np.ix_(rows, _FINE)] = patterns - (patterns @ directions.T) @ directions
    n_taken_out[rows] = len(directions)
    return embeddings, reasons, n_taken_out


def directions_of(vectors: np.ndarray) -> np.ndarray:
    """The directions in which strokes on one cymbal lie, the foremost first.

    Parameters
    ----------
    vectors : np.ndarray, shape (n_strokes, n_bands)
        Fine structures; rows with NaN are left out.

    Returns
    -------
    directions : np.ndarray, shape (n_directions, n_bands)
        Of length 1, orthogonal to one another and to what is equal in all bands; `N_DIRECTIONS`, or
        as many as the strokes span beyond rounding.
    """
    patterns = np.asarray(vectors, dtype=np.float64)
    patterns = patterns - patterns.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(patterns, axis=1)
    told = lengths > NO_LENGTH  # NaN is not
    if not told.any():
        return np.zeros((0, patterns.shape[1]))
    _, values, directions = np.linalg.svd(patterns[told] / lengths[told, None], full_matrices=False)
    return directions[:N_DIRECTIONS][values[:N_DIRECTIONS] > LEAST_SPREAD * values[0]]
