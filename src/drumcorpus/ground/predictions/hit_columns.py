"""Hits of many sessions as columns: what both sides of an evaluation are read into."""

from dataclasses import dataclass, replace

import numpy as np

NO_VELOCITY = -1
# Times up to which 32 bits hold a µs, with room for a window around it: half an hour.
_NARROW_TIME = 1_800_000_000
# Velocities are kept as whole parts of this, so that sums of them do not depend on their order.
VELOCITY_PARTS = 10_000


@dataclass(frozen=True)
class HitColumns:
    """Hits; every array has shape (n_hits,).

    `session` is the row of the session, `label` the number of a label or class, `onset` in whole µs
    from the start of the session's audio, `velocity` from 0 to `VELOCITY_PARTS` or `NO_VELOCITY`,
    `polyphony` how many components the hit's event has (0 where nobody says). `score` is there for
    predictions whose scores are asked for; NaN where one has none. Times of a `HitBuffer` may be of
    32 bits: `long_times` has them in 64, to count with.
    """

    session: np.ndarray
    label: np.ndarray
    onset: np.ndarray
    velocity: np.ndarray
    polyphony: np.ndarray
    score: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.session)

    def long_times(self) -> "HitColumns":
        """The same with times in 64 bits."""
        return replace(self, onset=self.onset.astype(np.int64, copy=False))

    def take(self, rows) -> "HitColumns":
        """The hits at `rows`: indices, a mask or a slice."""
        score = None if self.score is None else self.score[rows]
        return HitColumns(*(getattr(self, name)[rows] for name in _PLAIN), score)


def session_ends(hits: HitColumns, n_sessions: int) -> np.ndarray:
    """Where the hits of each session begin, and last where those of the last one end.

    Hits are in order of session. Shape (n_sessions + 1,). Numbers of another type than that of the
    column would make numpy copy the column.
    """
    return np.searchsorted(hits.session, np.arange(n_sessions + 1, dtype=hits.session.dtype))


_PLAIN = ("session", "label", "onset", "velocity", "polyphony")


def make_hits(session, label, onset, velocity=None, polyphony=None, score=None) -> HitColumns:
    """Hits of arrays of any number type, in seconds and velocities from 0 to 1 or NaN.

    Examples
    --------
    >>> hits = make_hits([0], [3], [1.25], [0.5])
    >>> hits.onset.tolist(), hits.velocity.tolist()
    ([1250000], [5000])
    """
    n_hits = len(onset)
    if velocity is None:
        parts = np.full(n_hits, NO_VELOCITY, dtype=np.int16)
    else:
        scaled = np.rint(np.asarray(velocity, dtype=float) * VELOCITY_PARTS)
        parts = np.where(np.isnan(scaled), NO_VELOCITY, scaled).astype(np.int16)
    return HitColumns(
        np.asarray(session, dtype=np.int32),
        np.asarray(label, dtype=np.int16),
        np.rint(np.asarray(onset, dtype=float) * 1e6).astype(np.int64),
        parts,
        np.zeros(n_hits, np.uint8) if polyphony is None else np.asarray(polyphony, np.uint8),
        None if score is None else np.asarray(score, dtype=float),
    )


def join_hits(parts: list[HitColumns]) -> HitColumns:
    """All hits of `parts`, in their order; `parts` may be empty, and is empty afterwards.

    One column is joined after the other, and what it was joined of is let go: no second copy of all
    columns stands in memory.
    """
    whole = list(parts) or [make_hits([], [], [])]
    parts.clear()
    columns = {name: [getattr(part, name) for part in whole] for name in _PLAIN}
    if any(part.score is not None for part in whole):
        columns["score"] = [
            np.full(len(part), np.nan) if part.score is None else part.score for part in whole
        ]
    whole.clear()
    return HitColumns(**{name: np.concatenate(columns.pop(name)) for name in [*columns]})


class HitBuffer:
    """Hits as they are read batch by batch, `n_most` at most, without a second copy of them.

    Room that is not used takes no memory. Times are of 32 bits until one needs more.
    """

    def __init__(self, n_most: int):
        empty = make_hits([], [], [])
        self._columns = {name: np.empty(n_most, getattr(empty, name).dtype) for name in _PLAIN}
        self._columns["onset"] = np.empty(n_most, np.int32)
        self._score: np.ndarray | None = None
        self._n_most = n_most
        self._n = 0

    def add(self, hits: HitColumns) -> None:
        """Take hits behind those that are there."""
        rows = slice(self._n, self._n + len(hits))
        if len(hits) and np.abs(hits.onset).max() > _NARROW_TIME:
            self._widen()
        for name, column in self._columns.items():
            column[rows] = getattr(hits, name)
        if hits.score is not None:
            if self._score is None:
                self._score = np.empty(self._n_most)
                self._score[: self._n] = np.nan
            self._score[rows] = hits.score
        elif self._score is not None:
            self._score[rows] = np.nan
        self._n += len(hits)

    def _widen(self) -> None:
        times = self._columns["onset"]
        if times.dtype != np.int64:
            self._columns["onset"] = np.empty(self._n_most, np.int64)
            self._columns["onset"][: self._n] = times[: self._n]

    def hits(self) -> HitColumns:
        """All hits, in their order."""
        score = None if self._score is None else self._score[: self._n]
        return HitColumns(*(column[: self._n] for column in self._columns.values()), score)


def by_session(hits: HitColumns) -> HitColumns:
    """The hits in order of session; within one as they were."""
    if (hits.session[1:] < hits.session[:-1]).any():
        return hits.take(np.argsort(hits.session, kind="stable"))
    return hits
