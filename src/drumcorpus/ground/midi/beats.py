"""Annotations of one line a time, and the beats among them: tempo, bar and beat of a stroke."""

import re
from collections import Counter

import numpy as np

from drumcorpus.ground.files.documents import text_lines
from drumcorpus.ground.files.limits import LABEL
from drumcorpus.ground.files.ranges import ONSET, TEMPO, number, within

# s that a stroke on the first beat may come before it.
BEFORE_FIRST_BEAT = 0.05
# Intervals that the tempo at a beat rests on. In a steady track of MDB Drums, whose beats are set
# to 10 ms, single ones run from 0.50 to 0.59 s.
TEMPO_INTERVALS = 17
# s between beats: 6,000 a minute. Closer ones are one beat that was marked twice.
_CLOSEST = 0.01
_MOST_BEATS = 99  # of a bar, as `ranges.meter` has it
_LINE = re.compile(r"\s*(\S+)\s+(\S+)\s*")


def timed_lines(data: bytes, where: str, wanted: str) -> list[tuple[int, float, str]]:
    """Line number, time in seconds and second field of every line that is not blank.

    Fields are parted by any white space, as data sets mix tabs with blanks in front and behind.

    Raises
    ------
    ValueError
        If a line is not a time within a day and one more field, the field is longer than
        `limits.LABEL`, or there is more than the other limits of text; the message names `where`,
        the line and `wanted`.
    """
    rows = []
    for place, line in enumerate(text_lines(data, where), start=1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line)
        try:
            time = number(match[1] if match else "", ONSET)
        except ValueError:
            raise ValueError(f"{where}:{place}: got {line[:80]!r}; wanted: {wanted}") from None
        LABEL.check(len(match[2]), f"{where}:{place}")
        rows.append((place, time, match[2]))
    return rows


def read_beats(data: bytes, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Beats from lines of a time and a number in the bar.

    Returns
    -------
    times : np.ndarray, shape (n_beats,)
        Seconds, rising.
    numbers : np.ndarray, shape (n_beats,), int
        Number of each beat in its bar, from 1.

    Raises
    ------
    ValueError
        If a line is none of a beat, does not come after the one before, there are not two beats,
        or all together have a tempo that no music has; the message names `where`, and the line
        where it is one.
    """
    times: list[float] = []
    numbers: list[int] = []
    for line, time, text in timed_lines(data, where, "a time and the number of a beat"):
        if not re.fullmatch("[1-9][0-9]?", text):
            raise ValueError(
                f"{where}:{line}: beat {text!r}; wanted: its number in the bar, from 1"
            )
        if times and time <= times[-1]:
            raise ValueError(f"{where}:{line}: {time:g} s does not come after {times[-1]:g} s")
        if times and time - times[-1] < _CLOSEST:
            raise ValueError(
                f"{where}:{line}: a beat {time - times[-1]:g} s after the one before; allowed: "
                f"{_CLOSEST:g} s at least"
            )
        times.append(time)
        numbers.append(int(text))
    if len(times) < 2:
        raise ValueError(f"{where}: {len(times)} beats; two at least make a tempo")
    tempo = tempo_of_beats(np.array(times))
    if within(tempo, TEMPO) is None:
        raise ValueError(f"{where}: {tempo:,.6g} beats a minute; wanted: {TEMPO.wanted()}")
    return np.array(times), np.array(numbers)


def tempo_of_beats(times: np.ndarray) -> float:
    """Beats a minute of the whole: the middle half of the intervals counts.

    A beat that was left out or held moves it little, and so does the grid that times lie on.

    Examples
    --------
    Two beats a second, of which one was left out:

    >>> tempo_of_beats(np.array([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 3.5, 4.0, 4.5]))
    120.0
    """
    return 60.0 / float(_middle_mean(np.diff(times)[None, :])[0])


def meter_of_beats(numbers: np.ndarray) -> str | None:
    """The commonest number of beats in a complete bar, as quarter notes; None without such a bar.

    Beats say nothing of their note value: it is taken for a quarter. A bar has 99 beats at most.

    Examples
    --------
    >>> meter_of_beats(np.array([1, 2, 3, 1, 2, 3, 1]))
    '3/4'
    """
    lengths = np.diff(np.flatnonzero(numbers == 1))
    lengths = lengths[lengths <= _MOST_BEATS]
    counts = Counter(lengths.tolist()).most_common(1)
    return f"{counts[0][0]}/4" if counts else None


def place_among_beats(
    times: np.ndarray, numbers: np.ndarray, onsets: np.ndarray
) -> dict[str, np.ndarray]:
    """Tempo, bar and beat of onsets.

    Bars count from 1, and the one that the beats begin within is bar 1. Up to 50 ms before the
    first beat a stroke is on it; earlier, or an interval after the last, its place is unknown.

    Parameters
    ----------
    times, numbers
        As of `read_beats`.
    onsets : np.ndarray, shape (n_hits,)
        Seconds, in any order.

    Returns
    -------
    places : dict of str to np.ndarray, each of shape (n_hits,)
        `tempo_bpm` around the onset (NaN where it is beyond `ranges.TEMPO`), `bar` (0 where
        unknown) and `beat` (NaN where unknown), the number of the beat with the part of the
        interval that has passed.
    """
    intervals = np.diff(times)
    spacing = np.append(intervals, intervals[-1])
    bars = 1 + np.append(0, np.cumsum(np.diff(numbers) <= 0))
    latest = np.searchsorted(times, onsets, side="right") - 1
    near = np.clip(latest, 0, None)
    past = (onsets - times[near]) / spacing[near]
    past = np.where((latest < 0) & (onsets >= times[0] - BEFORE_FIRST_BEAT), 0.0, past)
    is_placed = (past >= 0) & (past < 1)
    around = np.pad(intervals, TEMPO_INTERVALS // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(around, TEMPO_INTERVALS)
    tempos = 60.0 / _middle_mean(windows)
    tempos = np.where((tempos >= TEMPO.low) & (tempos <= TEMPO.high), tempos, np.nan)
    return {
        "tempo_bpm": tempos[np.minimum(near, len(tempos) - 1)],
        "bar": np.where(is_placed, bars[near], 0),
        "beat": np.where(is_placed, numbers[near] + past, np.nan),
    }


def _middle_mean(rows: np.ndarray) -> np.ndarray:
    """Of each row, the mean of its middle half."""
    cut = rows.shape[1] // 4
    return np.sort(rows, axis=1)[:, cut : rows.shape[1] - cut].mean(axis=1)
