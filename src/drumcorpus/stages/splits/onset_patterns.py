"""Patterns of strokes, by which a copy of a performance is recognised without its sound.

A pattern is the time between successive onsets, relative to its own length: it is the same wherever
the copy starts and however fast it is played. Short patterns leave out what was struck, because
another kit or note map names it differently. Long patterns include it, because the times alone of
strokes on a grid all look alike.

Conventions: times are whole milliseconds in rising order, one per event; `classes` has one bit per
class of the small class set, so that an onset of kick and hi-hat has two bits.
"""

from dataclasses import dataclass

import numpy as np

from drumcorpus.ground.sound.landmarks import mixed

# Measured on the 1,150 performances of Groove MIDI (bench/near_duplicates.py): with 8 intervals in
# 64 steps a copy whose onsets are off by 3 ms keeps a quarter of its patterns, one that is off by
# 1 ms two thirds; a pattern occurs in 1.1 performances in the mean.
_FREE = (8, 64)  # intervals of a pattern without classes, and steps of its length
_STRUCK = (16, 64)  # the same of a pattern with classes

TOLERANCE_MS = 10.0  # of an onset and its copy, once the two clocks are fitted
CLOSE_MS = 2.5  # of onsets that were not played anew: copies of one file, or of its rendering
# Shares of onsets that coincide in unrelated performances of the same grid, at the two tolerances.
USUAL_SHARE, USUAL_CLOSE_SHARE = 0.3, 0.12
_SEEDS = 8  # patterns in common from which an alignment is tried
_FIRST_WINDOW = 24  # onsets around a seed that the first fit rests on
_LEAST_WINDOW_SHARE = 0.5  # matched onsets of a window, below which a seed is dropped
_APART_MS = 60.0  # another alignment is farther than this from the best one
_WITHIN_MS = 60_000.0  # and at most this far from it
_OTHERS = 8  # other alignments that are tried
_COMPARED = 400  # onsets with which other alignments are searched


@dataclass(frozen=True)
class Agreement:
    """Onsets that coincide at one tolerance.

    `share` is the part of the onsets in common time that coincide at the best alignment. `second`
    is the same part at the best other alignment; it is high where music repeats a loop, because
    then many alignments fit. `chance` is the decimal logarithm of the probability that so many
    onsets coincide by accident, where each does so with the probability `second`, or with that of
    unrelated performances if it is larger.
    """

    share: float
    second: float
    chance: float


@dataclass(frozen=True)
class Alignment:
    """How well two performances coincide.

    `near` is their agreement within TOLERANCE_MS and `close` that within CLOSE_MS. `classes` is the
    share of the matched onsets whose classes are equal too; `onsets` the mean number of onsets of
    both in common time; `covered` the smaller of the shares of their onsets that lie in it, and
    `covered_short` that of the performance with fewer. Time of the second = `scale` * time of the
    first + `offset_ms`.
    """

    near: Agreement
    close: Agreement
    classes: float
    onsets: float
    covered: float
    covered_short: float
    scale: float
    offset_ms: float

    @property
    def chance(self) -> float:
        """The decimal logarithm of the smaller of the two chances."""
        return min(self.near.chance, self.close.chance)


def pattern_hashes(times: np.ndarray, classes: np.ndarray, *, max_patterns: int) -> np.ndarray:
    """Hashes of the patterns of a performance, each once, the lowest `max_patterns` in order.

    Parameters
    ----------
    times : np.ndarray, shape (n_onsets,), int
    classes : np.ndarray, shape (n_onsets,), int

    Returns
    -------
    hashes : np.ndarray, shape (n_hashes,), uint64
    """
    hashes = np.concatenate([_free_patterns(times)[0], _struck_patterns(times, classes)])
    hashes.sort()  # which, with what follows, is a third of the time of numpy.unique
    return hashes[np.flatnonzero(np.diff(hashes, prepend=~hashes[:1]))][:max_patterns]


def align(
    times: np.ndarray,
    classes: np.ndarray,
    other_times: np.ndarray,
    other_classes: np.ndarray,
    *,
    max_stretch: float,
    min_share: float,
) -> Alignment | None:
    """The best alignment of two performances; None where they have too little in common.

    Parameters
    ----------
    times, classes : np.ndarray, shape (n_onsets,)
    other_times, other_classes : np.ndarray, shape (n_other,)
    max_stretch : float
        Largest difference of the two tempi, relative.
    min_share : float
        Least share of the onsets in common time that coincide.
    """
    best, best_fit = None, None
    for seed in _seeds(times, other_times, max_stretch):
        fit = _grow(times, other_times, *seed)
        if fit is None or abs(fit[0] - 1) > max_stretch:
            continue
        share = _share(times, other_times, fit, TOLERANCE_MS)
        if best is None or share > best:
            best, best_fit = share, fit
        if best > 0.99:
            break
    if best_fit is None or best < min_share:
        return None
    rows, other_rows = _matches(times, other_times, *best_fit)
    same = classes[rows] == other_classes[other_rows]
    others = _other_fits(times, other_times, best_fit)
    return Alignment(
        _agreement(times, other_times, best_fit, others, TOLERANCE_MS, USUAL_SHARE),
        _agreement(times, other_times, best_fit, others, CLOSE_MS, USUAL_CLOSE_SHARE),
        float(same.mean()) if len(same) else 0.0,
        *_common(times, other_times, best_fit),
        *best_fit,
    )


def _windows(times: np.ndarray, n_intervals: int, steps: int):
    """Steps of the inner onsets of each pattern, its length in ms, and where that is not 0."""
    if len(times) <= n_intervals:
        return np.zeros((0, n_intervals - 1), np.int64), np.zeros(0), np.zeros(0, np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(times, n_intervals + 1)
    lengths = windows[:, -1] - windows[:, 0]
    rows = np.flatnonzero(lengths > 0)
    inner = windows[rows, 1:-1] - windows[rows, :1]
    return inner * steps // lengths[rows, None], lengths[rows], rows


def _free_patterns(times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    steps, lengths, rows = _windows(times, *_FREE)
    return mixed(list(steps.T)), lengths, rows


def _struck_patterns(times: np.ndarray, classes: np.ndarray) -> np.ndarray:
    steps, _, rows = _windows(times, *_STRUCK)
    struck = [classes[rows + number] for number in range(_STRUCK[0] + 1)]
    return mixed([*steps.T, *struck])


def _seeds(times, other_times, max_stretch: float) -> list[tuple[float, float, float]]:
    """(scale, offset, time) of some patterns in common, spread over the performance."""
    hashes, lengths, rows = _free_patterns(times)
    other_hashes, other_lengths, other_rows = _free_patterns(other_times)
    order = np.argsort(other_hashes, kind="stable")
    left = np.searchsorted(other_hashes[order], hashes, "left")
    n_equal = np.searchsorted(other_hashes[order], hashes, "right") - left
    # A pattern that stands once in the other performance has one place there.
    shared = np.flatnonzero(n_equal == 1)
    shared = shared if len(shared) else np.flatnonzero(n_equal)
    partners = order[left[shared]]
    scale = other_lengths[partners] / lengths[shared]
    kept = np.flatnonzero(np.abs(scale - 1) <= max_stretch)
    offset = other_times[other_rows[partners]] - scale * times[rows[shared]]
    # Where many agree on an offset at equal tempo, these come first.
    plain = np.round((other_times[other_rows[partners]] - times[rows[shared]])[kept] / 20.0)
    values, counts = np.unique(plain, return_counts=True)
    ranked = kept[np.argsort(-counts[np.searchsorted(values, plain)], kind="stable")]
    chosen = [*ranked[: _SEEDS // 2], *kept[:: max(1, 2 * len(kept) // _SEEDS)]][:_SEEDS]
    return [
        (float(scale[seed]), float(offset[seed]), float(times[rows[shared[seed]]]))
        for seed in dict.fromkeys(chosen)
    ]


def _grow(times, other_times, scale: float, offset: float, at: float):
    """Fit the two clocks around a seed, and again over ever longer stretches."""
    centre, half = int(np.searchsorted(times, at)), _FIRST_WINDOW
    while True:
        first, last = max(centre - half, 0), min(centre + half, len(times))
        part = times[first:last]
        rows, other_rows = _matches(part, other_times, scale, offset, 2 * TOLERANCE_MS)
        inside = scale * part + offset
        n_inside = int(((inside >= other_times[0]) & (inside <= other_times[-1])).sum())
        if len(rows) < max(4, _LEAST_WINDOW_SHARE * n_inside):
            return None
        x, y = part[rows].astype(float), other_times[other_rows].astype(float)
        spread = np.sum((x - x.mean()) ** 2)
        if spread > 0:
            scale = float(np.sum((x - x.mean()) * (y - y.mean())) / spread)
            offset = float(y.mean() - scale * x.mean())
        if first == 0 and last == len(times):
            return scale, offset
        half *= 2


def _matches(times, other_times, scale: float, offset: float, tolerance: float = TOLERANCE_MS):
    """Rows of the onsets of both that are each other's nearest, within the tolerance."""
    moved = scale * times + offset
    nearest = _nearest(other_times, moved)
    back = _nearest(moved, other_times)
    rows = np.arange(len(times))
    close = np.abs(other_times[nearest] - moved) <= tolerance
    rows = rows[close & (back[nearest] == rows)]
    return rows, nearest[rows]


def _nearest(sorted_times: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    right = np.clip(np.searchsorted(sorted_times, wanted), 1, max(len(sorted_times) - 1, 1))
    left = right - 1
    right = np.minimum(right, len(sorted_times) - 1)
    closer = np.abs(sorted_times[left] - wanted) <= np.abs(sorted_times[right] - wanted)
    return np.where(closer, left, right)


def _common(times, other_times, fit) -> tuple[float, float, float]:
    """Mean number of onsets in common time, and how much of each performance lies in it."""
    moved = fit[0] * times + fit[1]
    start = max(moved[0], other_times[0]) - TOLERANCE_MS
    stop = min(moved[-1], other_times[-1]) + TOLERANCE_MS
    n_inside = int(((moved >= start) & (moved <= stop)).sum())
    n_other_inside = int(((other_times >= start) & (other_times <= stop)).sum())
    covered = (n_inside / len(times), n_other_inside / len(other_times))
    short = covered[0] if len(times) <= len(other_times) else covered[1]
    return (n_inside + n_other_inside) / 2, min(covered), short


def _share(times, other_times, fit, tolerance: float) -> float:
    onsets = _common(times, other_times, fit)[0]
    return len(_matches(times, other_times, *fit, tolerance)[0]) / onsets if onsets else 0.0


def _agreement(times, other_times, fit, others, tolerance: float, usual: float) -> Agreement:
    # Loading it takes longer than the fingerprints of a small set, which need none of it.
    from scipy.stats import binom

    share = _share(times, other_times, fit, tolerance)
    second = max([0.0, *(_share(times, other_times, each, tolerance) for each in others)])
    onsets = round(_common(times, other_times, fit)[0])
    matched = min(round(share * onsets), onsets)
    log_chance = binom.logsf(matched - 1, onsets, max(second, usual)) if onsets else 0.0
    return Agreement(share, second, max(float(log_chance) / np.log(10), -999.0))


def _other_fits(times, other_times, fit) -> list[tuple[float, float]]:
    """The best alignments at this tempo beside `fit`, with at least half as much in common."""
    scale, offset = fit
    moved = scale * times
    common = (moved + offset >= other_times[0]) & (moved + offset <= other_times[-1])
    compared = moved[common][:_COMPARED]
    if len(compared) == 0:
        return []
    first, last = compared[0] + offset - _WITHIN_MS, compared[-1] + offset + _WITHIN_MS
    near = other_times[(other_times >= first) & (other_times <= last)]
    bins = np.round((near[:, None] - compared[None, :]).ravel() / TOLERANCE_MS).astype(np.int64)
    if len(bins) == 0:
        return []
    low = bins.min()
    counts = np.bincount(bins - low)
    middle, apart = int(np.round(offset / TOLERANCE_MS)) - low, int(_APART_MS / TOLERANCE_MS)
    counts[max(middle - apart, 0) : max(middle + apart + 1, 0)] = 0
    places = np.argsort(-counts, kind="stable")[:_OTHERS]
    least = 0.5 * _common(times, other_times, fit)[0]
    fits = []
    for place in places:
        rough = (scale, float((place + low) * TOLERANCE_MS))
        rows, other_rows = _matches(times, other_times, *rough)
        if len(rows) and _common(times, other_times, rough)[0] >= least:
            fits.append((scale, float(np.median(other_times[other_rows] - moved[rows]))))
    return fits
