"""The clock of a session's MIDI file: the source's own, or that of its events, or a stated one."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.midi.midi_file import DEFAULT_METER, DEFAULT_TEMPO, MidiFile, parse_midi
from drumcorpus.ground.midi.midi_writing import (
    LARGEST_TEMPO,
    LAST_TICK,
    empty_clock,
    finer_clock,
    nearest_ticks,
)

# Where the tempo map of a file is from, and what the file says of it.
CLOCKS = {
    "source": "tempo map and meters: as in the source's MIDI file",
    "events": "tempo map and meters: as the source says them of its strokes",
    "none": "tempo map and meters: the source says none; 120 a minute and 4/4 stand for it",
}
_NO_TEMPO = "no tempo is known; 120 a minute stands for it"
_NO_METER = "no meter is known; 4/4 stands for it"
_TICKS_PER_QUARTER = 480
_LAST_NOTE_SECONDS = 1.0  # that must still be countable after the last onset


def session_clock(
    events: pa.Table, source_midi: bytes | None = None
) -> tuple[MidiFile, str, list[str]]:
    """Tempo map and meters of a session, in ticks shorter than 1 ms; where from; and remarks.

    Those of the source's MIDI file, exactly; else those that its events state, each from the first
    event on that has it, the first from the start; else 120 a minute and 4/4. The same holds where
    the source's map would come to more ticks than MIDI can count, and of a file in SMPTE time.

    Raises
    ------
    ValueError
        If `source_midi` is no MIDI file.
    """
    if source_midi is not None:
        source = parse_midi(source_midi)
        if source.ticks_per_second is None:
            clock = finer_clock(source)
            if _fits(clock, events):
                return clock, "source", [CLOCKS["source"]]
    onsets = np.maximum(events["onset_time"].to_numpy(), 0.0)
    tempos = _changes(onsets, _microseconds(events["tempo_bpm"]))
    meters = _changes(onsets, _meter_codes(events["meter"]))
    clock = _clock_of_changes(tempos, meters)
    if (tempos or meters) and _fits(clock, events):
        remarks = [CLOCKS["events"]]
        remarks += [] if tempos else [_NO_TEMPO]
        return clock, "events", remarks + ([] if meters else [_NO_METER])
    return _clock_of_changes([], []), "none", [CLOCKS["none"]]


def _microseconds(tempos_bpm: pa.ChunkedArray) -> np.ndarray:
    """Tempos in microseconds a quarter; -1 where there is none."""
    tempos = np.nan_to_num(tempos_bpm.cast(pa.float64()).to_numpy())
    return np.divide(60e6, tempos, out=np.full(len(tempos), -1.0), where=tempos > 0)


def _fits(clock: MidiFile, events: pa.Table) -> bool:
    last = max(pc.max(events["onset_time"]).as_py() or 0.0, 0.0)
    ticks = [tick for tick, *_ in [*clock.tempos, *clock.meters]]
    reached = int(nearest_ticks(clock, np.array([last + _LAST_NOTE_SECONDS]))[0])
    return max([reached, *ticks]) <= LAST_TICK


def _meter_codes(meters: pa.ChunkedArray) -> np.ndarray:
    """Meters as numbers, numerator times 256 and denominator; -1 where there is none."""
    encoded = meters.combine_chunks().cast(pa.string()).dictionary_encode()
    codes = []
    for text in encoded.dictionary.to_pylist():
        count, _, unit = text.partition("/")
        codes.append(int(count) * 256 + int(unit))
    indices = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return np.array([*codes, -1])[indices]


def _changes(onsets: np.ndarray, values: np.ndarray) -> list[tuple[float, int]]:
    """When a value changes, in seconds, and to what; the first holds from the start.

    Values are taken as whole numbers; those not above 0, and tempos too slow for MIDI, are none.
    """
    values = np.rint(values)
    is_known = (values > 0) & (values <= LARGEST_TEMPO)
    onsets, values = onsets[is_known], values[is_known].astype(np.int64)
    is_change = np.diff(values, prepend=-1) != 0
    times = np.where(np.arange(len(values)) == 0, 0.0, onsets)[is_change]
    return list(zip(times.tolist(), values[is_change].tolist(), strict=True))


def _clock_of_changes(tempos: list[tuple[float, int]], meters: list[tuple[float, int]]) -> MidiFile:
    """A clock from changes at times in seconds; a change of tempo stands on the tick nearest."""
    tempos = tempos or [(0.0, DEFAULT_TEMPO)]
    meters = meters or [(0.0, DEFAULT_METER[0] * 256 + DEFAULT_METER[1])]
    slowest = max(tempo for _, tempo in tempos)
    division = finer_clock(empty_clock(_TICKS_PER_QUARTER, [(0, slowest)], [])).ticks_per_quarter
    ticks, tick, now = [], 0, 0.0
    for (time, _), (_, before) in zip(tempos, [tempos[0], *tempos], strict=False):
        seconds_per_tick = before / (1e6 * division)
        n_ticks = round((time - now) / seconds_per_tick)
        tick, now = tick + n_ticks, now + n_ticks * seconds_per_tick
        ticks.append(tick)
    clock = empty_clock(
        division, [(tick, tempo) for tick, (_, tempo) in zip(ticks, tempos, strict=True)], []
    )
    meter_ticks = nearest_ticks(clock, np.array([time for time, _ in meters]))
    clock.meters.extend(
        (tick, *divmod(code, 256))
        for tick, (_, code) in zip(meter_ticks.tolist(), meters, strict=True)
    )
    return clock
