"""Counts of matches: tables of sessions by classes, and what single matches tell."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from drumcorpus.ground.predictions.hit_columns import HitColumns, session_ends
from drumcorpus.ground.statistics.confusions import Confusions
from drumcorpus.ground.statistics.matching import MOST_KEYS, match_onsets, merge_onsets
from drumcorpus.stages.evaluation.hit_slices import HitSlices
from drumcorpus.stages.evaluation.timing import Offsets
from drumcorpus.stages.evaluation.velocities import Velocities
from drumcorpus.stages.evaluation.velocity_f import VelocityF

# Hits of both sides that are matched at a time: bounds the memory.
BLOCK_HITS = 200_000
MS = 1_000  # µs


@dataclass
class Counts:
    """Counts of one system; tables have shape (n_sessions, n_classes).

    `tp` has a table for each of the windows (in ms) that are reported, `curve` TP by class for each
    window of the curve; `n_reference` and `n_predicted` count hits, each of one class and time
    once; `merged` those that were there more than once, (reference, predictions) by class.
    """

    tp: dict[int, np.ndarray]
    curve: dict[int, np.ndarray]
    n_reference: np.ndarray
    n_predicted: np.ndarray
    merged: np.ndarray
    headline: int
    confusions: Confusions
    offsets: Offsets
    velocities: Velocities
    velocity_f: VelocityF
    slices: HitSlices
    extra: dict = field(default_factory=dict)

    def table(self, window: int | None = None) -> np.ndarray:
        """TP, FP and FN by session and class, shape (n_sessions, n_classes, 3), int64."""
        tp = self.tp[self.headline if window is None else window]
        return np.stack([tp, self.n_predicted - tp, self.n_reference - tp], axis=-1)


def count_matches(
    reference: HitColumns,
    predictions: HitColumns,
    *,
    n_sessions: int,
    n_classes: int,
    headline: int,
    windows: tuple[int, ...],
    curve: tuple[int, ...] = (),
) -> Counts:
    """Match predictions with the reference within each window, session by session.

    Parameters
    ----------
    reference, predictions : HitColumns
        By class, in order of session.
    headline : int
        Window in ms, inclusive; one of `windows`. Errors, times and velocities are told of it.
    windows, curve : tuple of int
        Windows in ms.
    """
    shape = (n_sessions, n_classes)
    counts = Counts(
        {window: np.zeros(shape, dtype=np.int64) for window in windows},
        {window: np.zeros(n_classes, dtype=np.int64) for window in curve},
        *(np.zeros(shape, dtype=np.int64) for _ in range(2)),
        np.zeros((2, n_classes), dtype=np.int64),
        headline,
        Confusions(n_classes),
        Offsets(n_classes, headline * MS),
        Velocities(n_classes),
        VelocityF(n_classes),
        HitSlices(n_classes),
    )
    for first, stop, sides in blocks(
        reference, predictions, n_sessions, max(1, MOST_KEYS // n_classes)
    ):
        _count_block(counts, first, stop, sides, n_classes)
    return counts


def blocks(
    reference: HitColumns, predictions: HitColumns, n_sessions: int, n_most: int
) -> Iterator[tuple[int, int, tuple[HitColumns, HitColumns]]]:
    """Stretches of at most `n_most` sessions with about `BLOCK_HITS` hits, or one session.

    Times of their sides are of 64 bits.
    """
    ends = [session_ends(side, n_sessions) for side in (reference, predictions)]
    total = ends[0] + ends[1]
    first = 0
    while first < n_sessions:
        stop = int(np.searchsorted(total, total[first] + BLOCK_HITS, side="right")) - 1
        stop = min(max(stop, first + 1), first + n_most, n_sessions)
        sides = tuple(
            side.take(slice(end[first], end[stop])).long_times()
            for side, end in zip((reference, predictions), ends, strict=True)
        )
        yield first, stop, sides
        first = stop


def _count_block(
    counts: Counts, first: int, stop: int, sides: tuple[HitColumns, HitColumns], n_classes: int
) -> None:
    keys = [(side.session - first).astype(np.int64) * n_classes + side.label for side in sides]
    pairs = [(key, side.onset) for key, side in zip(keys, sides, strict=True)]
    onsets = merge_onsets(*pairs, each_once=True)
    n_keys = (stop - first) * n_classes

    def by_cell(places: np.ndarray) -> np.ndarray:
        return np.bincount(onsets.key[places], minlength=n_keys).reshape(-1, n_classes)

    is_reference = onsets.is_reference
    counts.n_reference[first:stop] = by_cell(is_reference)
    counts.n_predicted[first:stop] = by_cell(~is_reference)
    for number, side in enumerate(sides):
        kept = (counts.n_reference, counts.n_predicted)[number][first:stop].sum(axis=0)
        counts.merged[number] += np.bincount(side.label, minlength=n_classes) - kept
    for window in sorted({*counts.tp, *counts.curve}):
        matched = match_onsets(onsets, window * MS)
        cells = by_cell(matched[0])
        if window in counts.tp:
            counts.tp[window][first:stop] = cells
        if window in counts.curve:
            counts.curve[window] += cells.sum(axis=0)
        if window == counts.headline:
            counts.confusions.add(onsets, matched, window * MS)
            counts.offsets.add(onsets, matched)
            counts.velocities.add(onsets, matched, sides)
            counts.velocity_f.add(onsets, matched, sides)
            counts.slices.add(onsets, matched, sides[0])
