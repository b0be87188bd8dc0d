"""What a network says of a split, counted by the evaluator's matching: strokes within 50 ms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from drumcorpus.ground.statistics.confusions import Confusions
from drumcorpus.ground.statistics.matching import match_onsets, merge_onsets
from drumcorpus.ground.statistics.scores import f_measure
from drumcorpus.stages.train_check.frame_samples import FrameSample
from drumcorpus.stages.train_check.peaks import pick_peaks

WINDOW_US = 50_000
# Heights from high to low that a threshold may have.
GRID = np.round(np.arange(0.90, 0.03, -0.02), 2)
# Where a class has no stroke in validation.
THRESHOLD = 0.3


@dataclass(frozen=True)
class SaidStrokes:
    """Strokes of a split, by annotation and by what was said; arrays by stroke.

    Sessions are numbered as in `sessions`; `times` are in microseconds on a session's time line.
    Each of the two has (session, class, time); `heights` are of the peaks.
    """

    sessions: list[tuple[str, str]]
    groups: list[str]
    reference: tuple[np.ndarray, np.ndarray, np.ndarray]
    said: tuple[np.ndarray, np.ndarray, np.ndarray]
    heights: np.ndarray
    n_classes: int

    def counts(self, thresholds: np.ndarray) -> np.ndarray:
        """TP, FP and FN by session and class, of the peaks as high as the threshold of their class.

        Returns
        -------
        np.ndarray, shape (n_sessions, n_classes, 3), int64
        """
        onsets, matched = self._matched(thresholds)
        counts = np.zeros((len(self.sessions) * self.n_classes, 3), np.int64)
        is_matched = np.zeros(len(onsets.key), bool)
        for places in matched:
            is_matched[places] = True
        kinds = np.where(is_matched, 0, np.where(onsets.is_reference, 2, 1))
        # A match is two onsets: it counts by its reference.
        counted = ~is_matched | onsets.is_reference
        np.add.at(counts, (onsets.key[counted], kinds[counted]), 1)
        return counts.reshape(len(self.sessions), self.n_classes, 3)

    def confusions(self, thresholds: np.ndarray) -> Confusions:
        """What strokes of each class are taken for, by the peaks that `counts` counts."""
        confusions = Confusions(self.n_classes)
        confusions.add(*self._matched(thresholds), WINDOW_US)
        return confusions

    def outcomes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of every peak, of whatever height: its class, its height, and whether it is right."""
        onsets, matched = self._matched(np.full(self.n_classes, -np.inf))
        is_right = np.zeros(len(onsets.key), bool)
        is_right[matched[1]] = True
        theirs = ~onsets.is_reference
        rows = onsets.row[theirs]
        return self.said[1][rows], self.heights[rows], is_right[theirs]

    def _matched(self, thresholds):
        kept = self.heights >= thresholds[self.said[1]]
        sides = [self._side(self.reference, None), self._side(self.said, kept)]
        onsets = merge_onsets(*sides, each_once=True)
        return onsets, match_onsets(onsets, WINDOW_US)

    def _side(self, strokes, kept):
        session, number, times = (each if kept is None else each[kept] for each in strokes)
        return session * self.n_classes + number, times


def strokes_said(
    samples: Sequence[FrameSample],
    predict: Callable[[FrameSample], np.ndarray],
    *,
    n_classes: int,
    frames_per_s: float,
) -> SaidStrokes:
    """What is struck in samples, by annotation and by the peaks of a network.

    Parameters
    ----------
    predict : callable
        Activations of a sample, shape (n_frames, n_classes).
    """
    keys = [(sample.source_set, sample.session_id) for sample in samples]
    sessions = list(dict.fromkeys(keys))
    numbers = {key: number for number, key in enumerate(sessions)}
    group_of = dict(zip(keys, (sample.group_id for sample in samples), strict=True))
    reference, said, heights = [], [], []
    for key, sample in zip(keys, samples, strict=True):
        picked = pick_peaks(predict(sample))
        at = picked.frames / frames_per_s
        for into, times, classes in (
            (reference, sample.onsets, sample.classes),
            (said, at, picked.classes),
        ):
            # A segment that is padded in front begins before 0, and so may a peak in it.
            times = np.maximum(np.rint((times + sample.start) * 1e6), 0).astype(np.int64)
            into.append((np.full(len(times), numbers[key]), classes, times))
        heights.append(picked.heights)
    columns = [
        tuple(np.concatenate(column).astype(np.int64) for column in zip(*side, strict=True))
        for side in (reference, said)
    ]
    groups = [group_of[key] for key in sessions]
    return SaidStrokes(sessions, groups, *columns, np.concatenate(heights), n_classes)


def counts_over_grid(strokes: SaidStrokes) -> np.ndarray:
    """TP, FP and FN of the classes at every threshold of `GRID`, (n_thresholds, n_classes, 3)."""
    thresholds = np.ones(strokes.n_classes)
    return np.stack([strokes.counts(limit * thresholds).sum(axis=0) for limit in GRID])


def fit_thresholds(counts: np.ndarray) -> list[float | None]:
    """Of each class the highest of `GRID` at which F is largest; None without a stroke.

    `counts` is as of `counts_over_grid`.
    """
    f = np.round(f_measure(counts), 12)
    return [None if np.isnan(column[0]) else float(GRID[int(np.argmax(column))]) for column in f.T]


def precision_area(counts: np.ndarray) -> np.ndarray:
    """Area below precision over recall at the thresholds of `GRID`; NaN without a stroke.

    From each threshold to the next what recall gains counts with the precision there; what is never
    reached counts nothing.
    """
    tp, fp, fn = np.moveaxis(counts, -1, 0)
    n_true = (tp + fn)[0]
    precision = np.divide(tp, tp + fp, out=np.zeros(tp.shape), where=tp + fp > 0)
    # Of one-to-one matches a lower threshold can lose none.
    gained = np.diff(tp, axis=0, prepend=0)
    areas = (gained * precision).sum(axis=0)
    return np.divide(areas, n_true, out=np.full(len(n_true), np.nan), where=n_true > 0)
