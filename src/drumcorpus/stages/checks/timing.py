"""How far annotated onsets are from what is heard there: a constant offset, a drift, their spread.

Conventions: onsets are seconds from the start of the recording, in order; a lag is heard less
annotated, so labels that come late have negative lags; what is reported is annotated less heard.

1. The rises of the recording's edges are held against the annotation's onsets at every lag up to
   `coarse_search_ms` and at every slope up to `MAX_DRIFT`: a cross-correlation that follows a
   drift. Music repeats, so a lag beyond `search_ms` is believed only where it fits clearly better
   than those within.
2. Each onset that is apart from the others is refined within `search_ms` of that line: to the frame
   at which the edges are best divided into a quiet and a loud stretch (Akaike's criterion [1]_).
3. Drift is the Theil-Sen slope [2]_ of what was found over time, and needs `DRIFT_SPAN` of music.

References
----------
.. [1] N. Maeda, "A method for reading and checking phase times in auto-processing system of
   seismic wave data", Zisin 38, 365-379, 1985.
.. [2] P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", Journal of the
   American Statistical Association 63(324), 1379-1389, 1968.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from drumcorpus.ground.sound.check_settings import MeasureSettings
from drumcorpus.stages.checks.decoding import Trace
from drumcorpus.vocabulary import NO_ONSETS, NO_SOUND, TOO_FEW_MEASURED

MIN_ONSETS = 5  # fewer say nothing of a session
DRIFT_SPAN = 30.0  # s from the first to the last measured onset
MAX_DRIFT = 150.0  # ms per minute
MAX_SLOPES = 400  # on either side
CLEARLY_BETTER = 1.25  # how much more rise a lag beyond the near ones must meet
COARSE = 0.005  # s, about one step of the lags: a whole number of frames
RANGE_DB = 50.0  # edges further below the strongest hardly count
RISE_BEFORE, RISE_AFTER = 0.01, 0.003  # s over which a rise is looked at
START_BEFORE, START_AFTER = 0.012, 0.004  # s around the steepest rise: where the attack may start
MIN_RISE_DB = 6.0  # of an attack that can be placed
NORMAL_95 = 1.959964  # of the 95 % interval
DIGITS = 3  # of what is reported
GUARD = 3  # frames, the least from which a mean power is taken
_DECIBEL = 10 / np.log(10)  # times a natural logarithm, which numpy takes of many values at once


@dataclass(frozen=True)
class Timing:
    """Annotated less heard, of one session; None where it cannot be told, with the reason.

    ``onsets`` are those that were measured, s, and ``late_ms`` is how late each is annotated.
    """

    reason: str | None
    n_measured: int
    n_unmeasured: int
    offset_ms: float | None = None
    mad_ms: float | None = None
    drift_ms_per_min: float | None = None
    drift_error_ms_per_min: float | None = None
    onsets: np.ndarray = field(default_factory=lambda: np.zeros(0), compare=False)
    late_ms: np.ndarray = field(default_factory=lambda: np.zeros(0), compare=False)


def measure_timing(trace: Trace, onsets: np.ndarray, settings: MeasureSettings) -> Timing:
    """Offset, spread and drift of annotated onsets.

    Parameters
    ----------
    trace : Trace
        Of the recording.
    onsets : np.ndarray, shape (n_onsets,)
        Annotated, s, in order.
    settings : MeasureSettings
        `search_ms`, `coarse_search_ms` and `onsets_per_session` are read.

    Raises
    ------
    ValueError
        If onsets are not a sorted vector of finite numbers.
    """
    if onsets.ndim != 1 or not np.isfinite(onsets).all() or (np.diff(onsets) < 0).any():
        raise ValueError("onsets must be a sorted vector of finite seconds")
    if len(onsets) == 0:
        return Timing(NO_ONSETS, 0, 0)
    if len(trace.edge) == 0 or not trace.edge.max() > 0:
        return Timing(NO_SOUND, 0, 0)
    search = settings.search_ms / 1000
    lag, slope = find_line(trace, onsets, search, settings.coarse_search_ms / 1000)
    apart = _apart(onsets, search, settings.onsets_per_session)
    expected = apart + lag + slope * apart
    attacks = refine_onsets(trace, expected, search)
    is_measured = np.isfinite(attacks)
    n_measured, n_unmeasured = int(is_measured.sum()), int((~is_measured).sum())
    if n_measured < MIN_ONSETS:
        return Timing(TOO_FEW_MEASURED, n_measured, n_unmeasured)
    late = 1000 * (apart - attacks)[is_measured]
    measured = apart[is_measured]
    return Timing(None, n_measured, n_unmeasured, *_fit(measured / 60, late), measured, late)


def family_medians(
    timing: Timing, onsets: np.ndarray, families: Sequence[str | None]
) -> list[dict]:
    """Rows of the struct `schemas.FAMILY_OFFSET`, of each family with enough measured onsets.

    Parameters
    ----------
    timing : Timing
        Of `onsets`.
    onsets : np.ndarray, shape (n_onsets,)
        Annotated, s, in order.
    families : sequence of str or None
        Family of each; None where several are struck at once, which says nothing of one.
    """
    late: dict[str, list[float]] = {}
    rows = np.searchsorted(onsets, timing.onsets)
    for row, value in zip(rows.tolist(), timing.late_ms.tolist(), strict=True):
        if families[row] is not None:
            late.setdefault(families[row], []).append(value)
    return [
        {
            "family": family,
            "onsets": len(values),
            "offset_ms": round(float(np.median(values)), DIGITS),
        }
        for family, values in sorted(late.items())
        if len(values) >= MIN_ONSETS
    ]


def find_line(trace: Trace, onsets: np.ndarray, near: float, far: float) -> tuple[float, float]:
    """The lag at time 0 (s) and its slope (s per s) at which the onsets meet most rise.

    0 and 0 where no line fits clearly better than those whose lags all stay within `near`; in that
    case what is nearer than `near` is left to the refinement.
    """
    n_step = max(1, round(COARSE / trace.frame))
    step = n_step * trace.frame
    rises = _coarse_rises(trace, n_step)
    # Playing jitters: a rise one step beside the lag counts too, for a little less.
    beside = np.float32(0.7) * rises
    rises = np.maximum.reduce([rises, np.roll(beside, 1), np.roll(beside, -1)])
    n_far = round(far / step)
    lags = np.arange(-n_far, n_far + 1)
    begin, span = onsets[0], max(onsets[-1] - onsets[0], step)
    # Pieces of the music, within which a drift does not matter.
    n_pieces = int(np.clip(span / 5, 1, 400))
    piece = np.minimum((onsets - begin) / span * n_pieces, n_pieces - 1).astype(int)
    rows = np.floor(onsets / step).astype(np.int64)
    sums = _piece_sums(rises, rows, piece, n_pieces, n_far)
    middle = (np.arange(n_pieces) + 0.5) * span / n_pieces
    slopes = _slopes(span, step, far)
    shifts = np.rint(slopes[:, None] * middle / step).astype(int)
    n_beyond = int(np.abs(shifts).max())
    shifted = _windows(np.pad(sums, ((0, 0), (n_beyond, n_beyond))), len(lags))
    # The lags of every piece, shifted by its share of the drift: of each slope, at each lag.
    total = np.zeros((len(slopes), len(lags)), sums.dtype)
    for of_piece, shift in zip(shifted, shifts.T, strict=True):
        total += of_piece[n_beyond + shift]
    edge = np.maximum(np.abs(lags), np.abs(lags + shifts[:, -1:])) * step
    best = {}
    for is_near in (True, False):
        masked = np.where((edge <= near) == is_near, total, -np.inf)
        row, column = np.unravel_index(np.argmax(masked), masked.shape)
        if np.isfinite(masked[row, column]):
            best[is_near] = (float(masked[row, column]), lags[column] * step, float(slopes[row]))
        else:
            best[is_near] = (-np.inf, 0.0, 0.0)
    fit, lag, slope = best[False]
    usual = float(np.median(sums.sum(axis=0)))
    if fit - usual <= CLEARLY_BETTER * max(best[True][0] - usual, 0.0):
        fit, lag, slope = best[True]
    return lag - slope * begin, slope


def refine_onsets(trace: Trace, expected: np.ndarray, search: float) -> np.ndarray:
    """Where the attack starts that is nearest to each expected onset.

    Parameters
    ----------
    expected : np.ndarray, shape (n_onsets,)
        Seconds.
    search : float
        Seconds before and after it.

    Returns
    -------
    attacks : np.ndarray, shape (n_onsets,)
        Seconds, to half a frame; NaN where nothing attacks there or the window leaves the audio.
    """
    if len(expected) == 0:
        return np.zeros(0)
    n_frames = len(trace.edge)
    n_search, before, after = (
        max(1, round(s / trace.frame)) for s in (search, RISE_BEFORE, RISE_AFTER)
    )
    centre = np.rint(expected / trace.frame).astype(np.int64)
    reach = n_search + before + after
    rows = centre[:, None] + np.arange(-reach, reach + 1)
    inside = (centre >= 0) & (centre < n_frames)
    power = trace.edge.take(rows, mode="clip").astype(np.float64)
    if centre.min() < reach:
        power[rows < 0] = 0.0  # what starts with the file starts out of silence
    floor = _floor(trace)
    sums = np.cumsum(np.pad(power, ((0, 0), (1, 0))), axis=1)
    at = np.arange(before, power.shape[1] - after + 1)
    here = sums[:, before : before + len(at)]
    quiet = (here - sums[:, : len(at)]) / before
    loud = (sums[:, before + after :] - here) / after if after else quiet
    rise_db = _DECIBEL * np.log((loud + floor) / (quiet + floor))
    distance = np.abs(at - reach) / n_search
    # Of two attacks the nearer one, unless the other is far steeper.
    merit = np.where(distance <= 1, rise_db * (1 - 0.5 * distance), -np.inf)
    steepest = np.argmax(merit, axis=1)
    is_attack = inside & (rise_db[np.arange(len(rows)), steepest] >= MIN_RISE_DB)
    start = _division(power, at[steepest], trace.frame, floor)
    return np.where(is_attack, (centre - reach + start + 0.5) * trace.frame, np.nan)


def _division(power, steepest, frame, floor):
    """Column at which the frames around the steepest rise are best divided in two, per row."""
    before, after = round(START_BEFORE / frame), round(START_AFTER / frame) + GUARD
    columns = np.clip(steepest[:, None] + np.arange(-before, after), 0, power.shape[1] - 1)
    window = np.take_along_axis(power, columns, axis=1) + floor
    n = window.shape[1]
    n_before = np.arange(GUARD, n - GUARD + 1)
    sums = np.cumsum(window, axis=1)
    quiet = sums[:, n_before - 1] / n_before
    loud = (sums[:, -1:] - sums[:, n_before - 1]) / (n - n_before)
    criterion = n_before * np.log(quiet) + (n - n_before) * np.log(loud)
    criterion[loud <= quiet] = np.inf  # where loud turns into quiet, nothing starts
    return steepest - before + n_before[np.argmin(criterion, axis=1)]


def _apart(onsets, search, most):
    """Onsets without another within `search`; of more than `most`, evenly spread ones."""
    gaps = np.diff(onsets, prepend=-np.inf, append=np.inf)
    apart = onsets[(gaps[:-1] > search) & (gaps[1:] > search)]
    if len(apart) > most:
        apart = apart[np.linspace(0, len(apart) - 1, most).astype(int)]
    return apart


def _floor(trace):
    return float(trace.edge.max()) * 10 ** (-RANGE_DB / 10)


def _coarse_rises(trace, n):
    """Rise of the edges' level above the loudest of the 15 ms before, dB, per step of lags."""
    whole = len(trace.edge) // n
    # A product of matrices adds up short rows some times faster than a sum of them.
    power = trace.edge[: whole * n].reshape(whole, n) @ np.full(n, 1 / n, np.float32)
    level_db = np.float32(_DECIBEL) * np.log(power + np.float32(_floor(trace)))
    padded = np.concatenate([np.full(3, level_db.min(initial=0.0), np.float32), level_db])
    loudest = np.maximum.reduce([padded[k : k + whole] for k in range(3)])
    return np.maximum(level_db - loudest, 0.0)


def _piece_sums(rises, rows, piece, n_pieces, n_far):
    """Rise met by the onsets of every piece at lags up to `n_far`, (n_pieces, n_lags)."""
    n_beyond = 2 * n_far + 1
    met = _windows(np.pad(rises, n_beyond), n_beyond)
    starts = n_far + 1 + np.clip(rows, -n_far - 1, len(rises) + n_far)
    bounds = np.searchsorted(piece, np.arange(n_pieces + 1))
    parts = [starts[first:stop] for first, stop in itertools.pairwise(bounds)]
    return np.stack([met[part].sum(axis=0) for part in parts])


def _windows(values, n):
    """Every `n` values that follow one another along the last axis, as a view."""
    return np.lib.stride_tricks.sliding_window_view(values, n, axis=-1)


def _slopes(span, step, far):
    """Slopes to try, s per s: from one to the next, the lag at the end moves by two steps.

    Over a long recording even a small drift leaves the lags that are searched, so that the range of
    slopes to try is narrower.
    """
    most = min(MAX_DRIFT / 60_000, 2 * far / span)
    n = int(min(most * span / (2 * step), MAX_SLOPES))
    return np.linspace(-most, most, 2 * n + 1) if n else np.zeros(1)


def _fit(minutes, late):
    """Median, median absolute deviation around the line, and its slope with half its interval."""
    middle = round(float(np.median(late)), DIGITS)
    if np.ptp(minutes) * 60 < DRIFT_SPAN:
        return middle, round(float(np.median(np.abs(late - np.median(late)))), DIGITS), None, None
    runs = minutes - minutes[:, None]
    is_later = runs > 0
    slopes = (late - late[:, None])[is_later] / runs[is_later]
    n, n_slopes = len(late), len(slopes)
    # Sen's interval: slopes of these ranks, by the normal approximation of Kendall's statistic.
    width = NORMAL_95 * np.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    ranks = np.clip(np.rint([(n_slopes - width) / 2, (n_slopes + width) / 2]), 0, n_slopes - 1)
    middle_ranks = [(n_slopes - 1) // 2, n_slopes // 2]
    ranked = np.partition(slopes, [*middle_ranks, *ranks.astype(int)])
    slope, (low, high) = float(ranked[middle_ranks].mean()), ranked[ranks.astype(int)]
    residuals = late - slope * minutes
    spread = float(np.median(np.abs(residuals - np.median(residuals))))
    return middle, *(round(value, DIGITS) for value in (spread, slope, float(high - low) / 2))
