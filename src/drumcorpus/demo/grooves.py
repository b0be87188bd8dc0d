"""Plays written bars as a drummer does: accents, flams, jitter, pedal and tempo changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np

from drumcorpus.demo.kits import Kit, Stroke
from drumcorpus.ground.files.yaml_files import read_yaml

TICKS_PER_BEAT = 480
CHANNEL = 9  # counted from 0: the drum channel of General MIDI
PEDAL_CONTROLLER = 4

VELOCITY_OF_MARK = {"g": 26, "o": 50, "x": 80, "X": 112, "f": 112, "!": 127}
_STEP_TICKS = TICKS_PER_BEAT // 4
_TIMING_SD = 0.005  # s; measured drummers stand between 0.003 and 0.01
_TIMING_LIMIT = 0.015  # s
_VELOCITY_SD = 6.0
_FLAM_LEADS = (0.022, 0.038)  # s before the main stroke
_NOTE_SECONDS = 0.1  # a drum module sends note-off about so much later
_PEDAL_LIFT_LEAD = 0.09  # s before the foot comes down
_PEDAL_SETTLE_LAG = 0.03  # s after the hats have met


@dataclass(frozen=True)
class Bar:
    """One bar: its meter and, per line, the steps that are played and their marks."""

    meter: tuple[int, int]
    lines: Mapping[str, str]

    @property
    def n_steps(self) -> int:
        """Sixteenths in the bar."""
        return self.meter[0] * 16 // self.meter[1]


@dataclass(frozen=True, eq=False)
class Score:
    """What was played, in ticks; `notes` has the columns tick, note and velocity."""

    tempos: tuple[tuple[int, int], ...]  # (tick, microseconds per quarter note)
    meters: tuple[tuple[int, int, int], ...]  # (tick, numerator, denominator)
    notes: np.ndarray  # shape (n_hits, 3), int, in order of tick and note
    pedal: np.ndarray  # shape (n_messages, 2), int: tick and position, in order

    @property
    def onsets(self) -> np.ndarray:
        """Seconds of the hits, shape (n_hits,)."""
        return seconds_of_ticks(self.notes[:, 0], self.tempos)

    @property
    def end_tick(self) -> int:
        """Tick of the last note-off."""
        return self.off_tick(int(self.notes[-1, 0]))

    @property
    def duration(self) -> float:
        """Seconds until the last note-off."""
        return float(seconds_of_ticks(np.array([self.end_tick]), self.tempos)[0])

    def off_tick(self, tick: int) -> int:
        """Tick of the note-off of a hit at `tick`, if it is not struck again before."""
        return tick + ticks_of_seconds(_NOTE_SECONDS, tick, self.tempos)


def read_bars(path: Path) -> dict[str, Bar]:
    """Read the bars of a demo file.

    Parameters
    ----------
    path : Path
        YAML file with the key ``patterns``; `resources/demo/kits.yaml` explains the signs.

    Returns
    -------
    bars : dict of str to Bar
        The bars by name.

    Raises
    ------
    ValueError
        If a meter is not whole sixteenths, or a line has a wrong length or an unknown sign.
    """
    patterns = read_yaml(path).get("patterns")
    if not isinstance(patterns, Mapping):
        raise ValueError(f"{path}: patterns is {patterns!r}; allowed is a mapping of bars")
    return {name: _read_bar(f"{path}: patterns.{name}", rows) for name, rows in patterns.items()}


def _read_bar(where: str, rows: Mapping[str, str]) -> Bar:
    numerator, _, denominator = str(rows.get("meter")).partition("/")
    if not numerator.isdigit() or denominator not in {"4", "8", "16"}:
        raise ValueError(f"{where}.meter is {rows.get('meter')!r}; allowed are n/4, n/8 and n/16")
    lines = {name: str(marks) for name, marks in rows.items() if name != "meter"}
    bar = Bar((int(numerator), int(denominator)), lines)
    for name, marks in lines.items():
        if len(marks) != bar.n_steps or set(marks) - set(VELOCITY_OF_MARK) - {"-"}:
            raise ValueError(
                f"{where}.{name} is {marks!r}; allowed are {bar.n_steps} signs out of "
                f"'-{''.join(VELOCITY_OF_MARK)}'"
            )
    return bar


def play(
    bars: Iterable[Bar],
    kit: Kit,
    *,
    tempos_bpm: Mapping[int, float],
    turns: Mapping[str, list[str]],
    rng: np.random.Generator,
) -> Score:
    """Play bars on a kit.

    Parameters
    ----------
    bars : iterable of Bar
        The bars in order.
    kit : Kit
        Names the strokes of the lines, their notes and pedal positions.
    tempos_bpm : mapping of int to float
        Quarter notes a minute from a bar on, counted from 0; bar 0 must have one.
    turns : mapping of str to list of str
        For a line of this name, the strokes that are taken in turn, over all bars.
    rng : np.random.Generator
        Draws timing, velocities, flams and pedal positions.

    Returns
    -------
    score : Score
        Timing is rounded to ticks here, so that the score is exact as MIDI and as sound.

    Raises
    ------
    ValueError
        If bar 0 has no tempo, no bar has a hit, or a line is neither a stroke of the kit nor
        a turn.
    """
    bars = list(bars)
    if 0 not in tempos_bpm:
        raise ValueError(f"tempos_bpm starts at bar {min(tempos_bpm, default=None)}, not at bar 0")
    lengths = [bar.n_steps * _STEP_TICKS for bar in bars]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(int)
    tempos = tuple(
        (int(starts[bar]), round(60e6 / bpm))
        for bar, bpm in sorted(tempos_bpm.items())
        if bar < len(bars)
    )
    hits = [
        hit
        for tick, stroke, mark in _steps(bars, starts, kit, turns)
        for hit in _strike(tick, stroke, mark, tempos, rng)
    ]
    hits = _without_double_strikes(sorted(hits, key=lambda hit: (hit[0], hit[1].note)))
    if not hits:
        raise ValueError(f"{len(bars)} bars hold no hit; at least one is needed")
    notes = np.array([(tick, stroke.note, velocity) for tick, stroke, velocity in hits], dtype=int)
    return Score(tempos, _meters(bars, starts), notes, _pedal(hits, tempos, rng))


def _steps(
    bars: list[Bar], starts: np.ndarray, kit: Kit, turns: Mapping[str, list[str]]
) -> list[tuple[int, Stroke, str]]:
    """Every sign that is played, in order of time, with its stroke."""
    rounds = {name: cycle(strokes) for name, strokes in turns.items()}
    played = []
    for bar, start in zip(bars, starts, strict=False):  # one start more: the end of the last bar
        for step in range(bar.n_steps):
            for line, marks in bar.lines.items():
                if marks[step] == "-":
                    continue
                stroke = next(rounds[line]) if line in rounds else line
                if stroke not in kit.strokes:
                    raise ValueError(f"line {line!r} is no turn and no stroke of kit {kit.name!r}")
                played.append((int(start) + step * _STEP_TICKS, kit.strokes[stroke], marks[step]))
    return played


def _strike(
    tick: int,
    stroke: Stroke,
    mark: str,
    tempos: tuple[tuple[int, int], ...],
    rng: np.random.Generator,
) -> list[tuple[int, Stroke, int]]:
    """The one stroke of a sign, or a flam's two, with human timing and velocity."""
    late = np.clip(rng.normal(0.0, _TIMING_SD), -_TIMING_LIMIT, _TIMING_LIMIT)
    velocity = int(np.clip(VELOCITY_OF_MARK[mark] + rng.normal(0.0, _VELOCITY_SD), 1, 127))
    main = max(tick + ticks_of_seconds(late, tick, tempos), 0)
    if mark != "f":
        return [(main, stroke, velocity)]
    grace = max(main - ticks_of_seconds(rng.uniform(*_FLAM_LEADS), tick, tempos), 0)
    return [(grace, stroke, max(velocity // 3, 1)), (main, stroke, velocity)]


def _without_double_strikes(
    hits: list[tuple[int, Stroke, int]],
) -> list[tuple[int, Stroke, int]]:
    """Keep the first of hits of one note on one tick: MIDI could not tell them apart."""
    first = {(tick, stroke.note): (tick, stroke, velocity) for tick, stroke, velocity in hits[::-1]}
    return sorted(first.values(), key=lambda hit: (hit[0], hit[1].note))


def _meters(bars: list[Bar], starts: np.ndarray) -> tuple[tuple[int, int, int], ...]:
    return tuple(
        (int(start), *bar.meter)
        for index, (bar, start) in enumerate(zip(bars, starts, strict=False))
        if index == 0 or bar.meter != bars[index - 1].meter
    )


def _pedal(
    hits: list[tuple[int, Stroke, int]],
    tempos: tuple[tuple[int, int], ...],
    rng: np.random.Generator,
) -> np.ndarray:
    """Pedal positions as a drum module sends them: with the hit, and as the foot moves."""
    messages = []
    for tick, stroke, _ in hits:
        if stroke.pedal is None:
            continue
        low, high = stroke.pedal.strike
        messages.append((tick, 2, int(rng.integers(low, high + 1))))
        if stroke.pedal.lift is not None:
            lifted = max(tick - ticks_of_seconds(_PEDAL_LIFT_LEAD, tick, tempos), 0)
            messages.append((lifted, 0, stroke.pedal.lift))
        if stroke.pedal.settle is not None:
            settled = tick + ticks_of_seconds(_PEDAL_SETTLE_LAG, tick, tempos)
            messages.append((settled, 1, stroke.pedal.settle))
    # On one tick, the position that belongs to a hit is the last word before its note.
    ordered = [(tick, position) for tick, _, position in sorted(messages)]
    return np.array(ordered, dtype=int).reshape(-1, 2)


def seconds_of_ticks(ticks: np.ndarray, tempos: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Convert ticks to seconds.

    Parameters
    ----------
    ticks : np.ndarray, shape (n,), int
        Ticks from the start, 480 to a quarter note.
    tempos : tuple of (int, int)
        Tick and microseconds per quarter note from there on; the first at tick 0.

    Returns
    -------
    seconds : np.ndarray, shape (n,), float64
    """
    starts = np.array([tick for tick, _ in tempos])
    rates = np.array([tempo for _, tempo in tempos]) / (1e6 * TICKS_PER_BEAT)
    elapsed = np.concatenate([[0.0], np.cumsum(np.diff(starts) * rates[:-1])])
    segment = np.searchsorted(starts, ticks, side="right") - 1
    return elapsed[segment] + (np.asarray(ticks) - starts[segment]) * rates[segment]


def ticks_of_seconds(seconds: float, tick: int, tempos: tuple[tuple[int, int], ...]) -> int:
    """Ticks that a span of seconds takes at the tempo that holds at `tick`."""
    tempo = [value for start, value in tempos if start <= tick][-1]
    return round(seconds * 1e6 / tempo * TICKS_PER_BEAT)
