"""Which predicted onsets match which reference onsets: one to one, as many as there can be.

Times are whole microseconds and the window is inclusive, so that a hit at its very edge falls on
the same side everywhere. In one dimension with one tolerance, going through both sides in order of
time and matching whatever is near enough gives as many matches as any matching can have: that is
what a maximum bipartite matching counts, and it takes no graph.
"""

from dataclasses import dataclass

import numpy as np

# Bits of a time, in microseconds: twelve days.
_TIME_BITS = 40
LAST_TIME = (1 << _TIME_BITS) - 1
# Keys that a number of 64 bits has room for beside the time and the side.
MOST_KEYS = 1 << (63 - _TIME_BITS - 1)
# Chains that go on together, below which one at a time is faster.
_FEW = 24


@dataclass(frozen=True)
class Onsets:
    """Onsets of both sides in one order: of key, time, and the reference first.

    Every array has shape (n,). `key` is what must be equal, such as a session and a class; `time`
    in µs; `is_reference` says of which side an onset is, and `row` which one of its side.
    """

    key: np.ndarray
    time: np.ndarray
    is_reference: np.ndarray
    row: np.ndarray


def merge_onsets(
    reference: tuple[np.ndarray, np.ndarray],
    predictions: tuple[np.ndarray, np.ndarray],
    *,
    each_once: bool,
) -> Onsets:
    """Both sides in one order.

    Parameters
    ----------
    reference, predictions : (np.ndarray, np.ndarray), each of shape (n_hits,)
        Keys, from 0 and below `MOST_KEYS`, and times in µs from 0 to `LAST_TIME`; in any order.
    each_once : bool
        Whether of hits with one side, key and time only the first stays.

    Raises
    ------
    ValueError
        If a time or a key is out of range.
    """
    keys = np.concatenate([reference[0], predictions[0]]).astype(np.int64)
    times = np.concatenate([reference[1], predictions[1]]).astype(np.int64)
    if len(times) and not (times.min() >= 0 and times.max() <= LAST_TIME):
        raise ValueError(f"times from {times.min()} to {times.max()} µs; wanted: 0 to {LAST_TIME}")
    if len(keys) and not (keys.min() >= 0 and keys.max() < MOST_KEYS):
        raise ValueError(f"keys from {keys.min()} to {keys.max()}; wanted: below {MOST_KEYS}")
    code = (keys << (_TIME_BITS + 1)) | (times << 1)
    code[len(reference[0]) :] |= 1
    order = np.argsort(code, kind="stable")
    if each_once and len(order):
        code = code[order]
        order = order[np.concatenate([[True], code[1:] != code[:-1]])]
    is_reference = order < len(reference[0])
    row = np.where(is_reference, order, order - len(reference[0]))
    return Onsets(keys[order], times[order], is_reference, row)


def match_onsets(onsets: Onsets, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Match onsets of one key that are at most `window` µs apart, one to one.

    Returns
    -------
    reference, predictions : np.ndarray, shape (n_matches,), int
        Places in `onsets` of the two of each match.

    Examples
    --------
    The first two hits are 50 ms from what was predicted of them, and the third 50.001 ms:

    >>> hits = (np.zeros(3, int), np.array([0, 1_000_000, 2_000_000]))
    >>> predicted = (np.zeros(3, int), np.array([50_000, 950_000, 2_050_001]))
    >>> reference, _ = match_onsets(merge_onsets(hits, predicted, each_once=True), 50_000)
    >>> reference.tolist()
    [0, 3]
    """
    nothing = np.zeros(0, dtype=np.int64)
    if len(onsets.key) == 0:
        return nothing, nothing
    is_start = np.ones(len(onsets.key), dtype=bool)
    is_start[1:] = (np.diff(onsets.time) > window) | (onsets.key[1:] != onsets.key[:-1])
    starts = np.flatnonzero(is_start)
    sizes = np.diff(np.append(starts, len(onsets.key)))
    before = np.concatenate([[0], np.cumsum(onsets.is_reference)])
    n_reference = before[starts + sizes] - before[starts]
    is_mixed = (n_reference > 0) & (n_reference < sizes)
    pairs = starts[is_mixed & (sizes == 2)]  # most of them: one of each side, and near enough
    swapped = ~onsets.is_reference[pairs]
    first, second = pairs + swapped, pairs + 1 - swapped
    longer = is_mixed & (sizes > 2)
    more = _match_chains(onsets, starts[longer], sizes[longer], n_reference[longer], window)
    reference = np.concatenate([first, more[0]])
    predictions = np.concatenate([second, more[1]])
    order = np.argsort(reference, kind="stable")
    return reference[order], predictions[order]


def _match_chains(
    onsets: Onsets, starts: np.ndarray, sizes: np.ndarray, n_reference: np.ndarray, window: int
) -> tuple[np.ndarray, np.ndarray]:
    """Matches within chains: stretches of one key whose onsets follow each other within a window.

    No match leaves its chain, so that all chains go on side by side, one step at a time.
    """
    places = np.repeat(starts - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
    is_reference = onsets.is_reference[places]
    sides = places[is_reference], places[~is_reference]
    times = onsets.time[sides[0]], onsets.time[sides[1]]
    stops = np.cumsum(n_reference), np.cumsum(sizes - n_reference)
    at = [stops[0] - n_reference, stops[1] - (sizes - n_reference)]
    matches: list[tuple[np.ndarray, np.ndarray]] = []
    stop = list(stops)
    while len(at[0]) > _FEW:
        late = times[1][at[1]] - times[0][at[0]]
        hits = np.abs(late) <= window
        matches.append((at[0][hits], at[1][hits]))
        at = [at[0] + (late >= -window), at[1] + (late <= window)]
        is_going = (at[0] < stop[0]) & (at[1] < stop[1])
        at, stop = [each[is_going] for each in at], [each[is_going] for each in stop]
    matches += [
        _match_chain(times, (at[0][n], stop[0][n]), (at[1][n], stop[1][n]), window)
        for n in range(len(at[0]))
    ]
    joined = [np.concatenate([match[side] for match in matches] or [[]]) for side in (0, 1)]
    return sides[0][joined[0].astype(np.int64)], sides[1][joined[1].astype(np.int64)]


def _match_chain(
    times: tuple[np.ndarray, np.ndarray],
    reference: tuple[int, int],
    predictions: tuple[int, int],
    window: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Matches of one chain, by its ranges of both sides."""
    ours, theirs = (
        side[slice(*part)].tolist()
        for side, part in zip(times, (reference, predictions), strict=True)
    )
    i = j = 0
    matches = []
    while i < len(ours) and j < len(theirs):
        late = theirs[j] - ours[i]
        if -window <= late <= window:
            matches.append((i, j))
        i, j = i + (late >= -window), j + (late <= window)
    pairs = np.array(matches, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0] + reference[0], pairs[:, 1] + predictions[0]
