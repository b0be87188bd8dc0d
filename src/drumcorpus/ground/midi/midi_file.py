"""Standard MIDI files: hits, controllers, and the clock that turns ticks into seconds.

The parser reads what a drum corpus needs, as arrays, in one pass over the bytes: mido, which
builds an object per message, takes ten times as long on the same files. Tests hold both
to the same answer. The bytes are read in `tracks`.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from drumcorpus.ground.midi.tracks import read_tracks

DEFAULT_TEMPO = 500_000  # microseconds per quarter note, where the file says none
DEFAULT_METER = (4, 4)
_LARGEST_BAR = 1_000_000  # more than a day of the shortest bars that are played


@dataclass
class MidiFile:
    """What one MIDI file holds; ticks count from its start, over all tracks, in order.

    `notes` is (n, 4) int64: tick, note number, velocity 1 to 127, channel 0 to 15.
    `controllers` is (n, 4) int64: tick, controller number, value, channel.
    `pressures` is (n, 4) int64: tick, note number, pressure on its key 0 to 127, channel.
    `tempos` holds (tick, microseconds per quarter); `meters` (tick, numerator, denominator).
    A file in SMPTE time has `ticks_per_second`, and neither tempo nor bars. `defects` says what is
    wrong around the notes, by name, and how often.
    """

    ticks_per_quarter: int
    notes: np.ndarray
    controllers: np.ndarray
    tempos: list[tuple[int, int]]
    meters: list[tuple[int, int, int]]
    instrument_names: list[str]
    ticks_per_second: float | None = None
    defects: dict[str, int] = field(default_factory=dict)
    pressures: np.ndarray = field(default_factory=lambda: _by_tick([]))


def parse_midi(data: bytes) -> MidiFile:
    """Read a MIDI file of type 0 or 1 from its bytes.

    What is wrong around the notes, where these are right, costs none of them: an impossible meter
    or tempo is left out, and named in `defects`. A file that ends too early, or in which events
    cannot be told from one another, is refused: nobody knows which notes it lacks.

    Raises
    ------
    ValueError
        As of `tracks.read_tracks`.
    """
    tracks, ticks_per_quarter, ticks_per_second = read_tracks(data)
    # The stable sort leaves events of one tick in the order of their tracks, as sequencers merge.
    tracks.tempos.sort(key=lambda change: change[0])
    tracks.meters.sort(key=lambda change: change[0])
    return MidiFile(
        ticks_per_quarter,
        _by_tick(tracks.notes),
        _by_tick(tracks.controllers),
        tracks.tempos,
        tracks.meters,
        tracks.instrument_names,
        ticks_per_second,
        dict(sorted(Counter(tracks.defects).items())),
        _by_tick(tracks.pressures),
    )


def _by_tick(rows: list[tuple[int, int, int, int]]) -> np.ndarray:
    array = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return array[np.argsort(array[:, 0], kind="stable")]


def tick_seconds(midi: MidiFile, ticks: np.ndarray) -> np.ndarray:
    """Seconds from the file's start of each tick, through every tempo change before it.

    Parameters
    ----------
    ticks : np.ndarray, shape (n,), int

    Returns
    -------
    seconds : np.ndarray, shape (n,), float

    Examples
    --------
    Two quarter notes at 120 a minute, the third at 60:

    >>> tempos = [(0, 500_000), (960, 1_000_000)]
    >>> midi = MidiFile(480, [], [], tempos, meters=[], instrument_names=[])
    >>> tick_seconds(midi, np.array([0, 480, 960, 1440])).tolist()
    [0.0, 0.5, 1.0, 2.0]
    """
    if midi.ticks_per_second is not None:
        return ticks / midi.ticks_per_second
    starts, tempos = _segments(midi.tempos, (DEFAULT_TEMPO,))
    seconds_per_tick = tempos[:, 0] / (1e6 * midi.ticks_per_quarter)
    origins = np.concatenate([[0.0], np.cumsum(np.diff(starts) * seconds_per_tick[:-1])])
    segment = np.searchsorted(starts, ticks, side="right") - 1
    return origins[segment] + (ticks - starts[segment]) * seconds_per_tick[segment]


def tempos_at(midi: MidiFile, ticks: np.ndarray) -> np.ndarray:
    """Tempo in quarter notes per minute at each tick, shape (n,); NaN where a tempo is 0.

    Examples
    --------
    The tempo that starts at tick 960 holds from that tick on:

    >>> tempos = [(0, 500_000), (960, 1_000_000)]
    >>> midi = MidiFile(480, [], [], tempos, meters=[], instrument_names=[])
    >>> tempos_at(midi, np.array([0, 959, 960])).tolist()
    [120.0, 120.0, 60.0]
    """
    starts, tempos = _segments(midi.tempos, (DEFAULT_TEMPO,))
    tempo = tempos[np.searchsorted(starts, ticks, side="right") - 1, 0].astype(float)
    return 60e6 / np.where(tempo > 0, tempo, np.nan)


def bars_and_beats(midi: MidiFile, ticks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each tick stands in the music.

    A change of meter within a bar begins a new bar, as notation programs read it.

    Returns
    -------
    bars : np.ndarray, shape (n,), int
        Counted from 1.
    beats : np.ndarray, shape (n,), float
        Position in the bar in units of the meter's denominator, from 1.
    meters : np.ndarray, shape (n,), str
        Such as ``6/8``.

    Raises
    ------
    ValueError
        If a bar has a number that no music comes to.

    Examples
    --------
    A bar of four quarter notes, then bars of six eighths:

    >>> meters = [(0, 4, 4), (1920, 6, 8)]
    >>> midi = MidiFile(480, [], [], tempos=[], meters=meters, instrument_names=[])
    >>> bars, beats, meters = bars_and_beats(midi, np.array([0, 720, 1920, 2160]))
    >>> bars.tolist(), beats.tolist(), meters.tolist()
    ([1, 1, 2, 2], [1.0, 2.5, 1.0, 2.0], ['4/4', '4/4', '6/8', '6/8'])
    """
    starts, meters = _segments(midi.meters, DEFAULT_METER)
    beat_ticks = midi.ticks_per_quarter * 4 / meters[:, 1]
    bar_ticks = beat_ticks * np.maximum(meters[:, 0], 1)
    first_bars = np.concatenate([[0], np.cumsum(np.ceil(np.diff(starts) / bar_ticks[:-1]))])
    segment = np.searchsorted(starts, ticks, side="right") - 1
    offset = ticks - starts[segment]
    bars = 1 + first_bars[segment] + offset // bar_ticks[segment]
    beats = 1 + offset % bar_ticks[segment] / beat_ticks[segment]
    if not bars.max(initial=0) <= _LARGEST_BAR:
        raise ValueError(f"a note in bar {bars.max():,.0f}; allowed: {_LARGEST_BAR:,} at most")
    names = np.array([f"{numerator}/{denominator}" for numerator, denominator in meters])
    return bars.astype(np.int32), beats, names[segment]


def controller_at(midi: MidiFile, controller: int, ticks: np.ndarray) -> np.ndarray:
    """Value 0 to 127 of a controller in force at each tick, shape (n,); NaN before its first.

    Examples
    --------
    The hi-hat pedal, controller 4, is pressed down at tick 480:

    >>> pedal = np.array([[100, 4, 0, 9], [480, 4, 127, 9]])
    >>> midi = MidiFile(480, [], pedal, tempos=[], meters=[], instrument_names=[])
    >>> controller_at(midi, 4, np.array([0, 240, 480])).tolist()
    [nan, 0.0, 127.0]
    """
    changes = midi.controllers[midi.controllers[:, 1] == controller]
    if len(changes) == 0:
        return np.full(len(ticks), np.nan)
    latest = np.searchsorted(changes[:, 0], ticks, side="right") - 1
    return np.where(latest < 0, np.nan, changes[latest, 2])


def _segments(changes: list[tuple], default: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Start ticks and values of the stretches between changes; the last change of a tick holds."""
    values = {0: default} | {change[0]: change[1:] for change in changes}
    ticks = sorted(values)
    return np.array(ticks, dtype=np.int64), np.array([values[tick] for tick in ticks])
