"""Hits: the strokes of one or more sessions as columns, before they are events."""

from dataclasses import dataclass, fields

import numpy as np


@dataclass
class Hits:
    """Strokes of one or more sessions; every array has shape (n_hits,).

    `session` is the row of the session in its table, `stroke` the row of the stroke in the list
    of strokes, or below 0 where its source label has none; `onset` in seconds; `velocity` and
    `openness` 0 to 1 or NaN; `tempo_bpm` in quarter notes a minute or NaN; `bar` from 1, or 0
    where unknown; `beat` from 1 or NaN; `confidence` 0 to 1 or NaN; `instance` from 1, or 0.
    `audio`, `remark` and `technique` are rows of the lists of `HitNames`, or -1: the audio that the
    hit comes from where that is not its session's, what was done to its label, and how it was
    played beyond what its stroke says.
    """

    session: np.ndarray
    source_label: np.ndarray
    stroke: np.ndarray
    onset: np.ndarray
    velocity: np.ndarray
    openness: np.ndarray
    tempo_bpm: np.ndarray
    bar: np.ndarray
    beat: np.ndarray
    meter: np.ndarray
    confidence: np.ndarray | None = None
    instance: np.ndarray | None = None
    audio: np.ndarray | None = None
    remark: np.ndarray | None = None
    technique: np.ndarray | None = None

    def __post_init__(self):
        usual = {"confidence": 1.0, "instance": 0, "audio": -1, "remark": -1, "technique": -1}
        for name, value in usual.items():
            if getattr(self, name) is None:
                setattr(self, name, np.full(len(self.onset), value))

    @property
    def recording(self) -> np.ndarray:
        """A number for each session and audio: what hits must share to be one event."""
        return self.session.astype(np.int64) * (self.audio.max(initial=-1) + 2) + self.audio + 1

    def take(self, rows: np.ndarray) -> "Hits":
        """The hits at `rows`: indices or a mask."""
        return Hits(*(getattr(self, field.name)[rows] for field in fields(self)))

    @staticmethod
    def concatenate(parts: list["Hits"]) -> "Hits":
        """All hits of `parts`, in their order."""
        return Hits(
            *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Hits))
        )

    def in_order(self) -> "Hits":
        """Sorted by recording, onset and source label; the order of the files leaves no trace."""
        return self.take(np.lexsort((self.source_label, self.onset, self.recording)))


@dataclass(frozen=True)
class HitNames:
    """What the numbers of `Hits` stand for: paths of audio, remarks, techniques."""

    audio: tuple[str, ...] = ()
    remark: tuple[str, ...] = ()
    technique: tuple[str, ...] = ()


NO_NAMES = HitNames()


def double_triggers(hits: Hits, window: float) -> np.ndarray:
    """Which hits repeat the same stroke of their recording within `window` seconds.

    An electronic pad may report one stroke twice. Hits of one source label are one stroke, unless
    they were looked up under different names. `hits` must be in order.

    Returns
    -------
    repeats : np.ndarray, shape (n_hits,), bool
        True for the second and later of such a run.

    Examples
    --------
    Note 38 sounds again after 10 ms, the pad's own echo, and after half a second, a new stroke:

    >>> onset, note, nothing = np.array([1.0, 1.01, 1.5]), np.array(["38"] * 3), np.full(3, np.nan)
    >>> session = stroke = bar = np.zeros(3, dtype=int)
    >>> hits = Hits(session, note, stroke, onset, *[nothing] * 3, bar, nothing, np.full(3, "4/4"))
    >>> double_triggers(hits, window=0.02).tolist()
    [False, True, False]
    """
    keys = hits.source_label, hits.stroke, hits.recording
    order = np.lexsort((hits.onset, *keys))
    is_repeat = np.diff(_nanoseconds(hits.onset[order])) < _nanoseconds(window)
    for key in keys:
        is_repeat &= key[order[1:]] == key[order[:-1]]
    repeats = np.zeros(len(order), dtype=bool)
    repeats[order[1:]] = is_repeat
    return repeats


def _nanoseconds(seconds):
    """Whole nanoseconds: a hit just at the edge of a window falls on one side, wherever it is."""
    return np.rint(np.asarray(seconds) * 1e9).astype(np.int64)


def group_onsets(recording: np.ndarray, onset: np.ndarray, window: float) -> np.ndarray:
    """First row of every event: hits up to `window` seconds after an event's first hit join it.

    Parameters
    ----------
    recording, onset : np.ndarray, shape (n_hits,)
        In order of recording and onset.
    window : float
        Seconds.

    Returns
    -------
    first : np.ndarray, shape (n_events,), int

    Examples
    --------
    The second hit joins the first; the third is 40 ms after it and begins an event of its own:

    >>> group_onsets(np.zeros(3), np.array([1.0, 1.02, 1.04]), window=0.03).tolist()
    [0, 2]
    """
    if len(onset) == 0:
        return np.zeros(0, dtype=np.int64)
    onset, window = _nanoseconds(onset), _nanoseconds(window)
    # Hits further apart than the window from the one before begin a chain; only chains that
    # last longer than the window must be walked.
    new_chain = np.ones(len(onset), dtype=bool)
    new_chain[1:] = (recording[1:] != recording[:-1]) | (np.diff(onset) > window)
    starts = np.flatnonzero(new_chain)
    stops = np.append(starts[1:], len(onset))
    extra = []
    for chain in np.flatnonzero(onset[stops - 1] - onset[starts] > window):
        row, stop = starts[chain], stops[chain]
        while True:
            row += np.searchsorted(onset[row:stop], onset[row] + window, side="right")
            if row >= stop:
                break
            extra.append(row)
    return np.sort(np.concatenate([starts, np.array(extra, dtype=np.int64)]))
