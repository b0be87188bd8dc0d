"""What sounds in each sample: every stroke inside its window, and those that ring into it.

A window begins ``start = start_sample / rate`` seconds into its recording and lasts ``duration =
n_samples / rate``. A stroke of the same session and recording, ``onset = onset_time - start``, is

- *inside* where ``0 <= onset < duration``,
- *ringing* where ``onset < 0`` and ``-onset`` is less than the ring time of its label.

Both in double precision, as written, so that whoever computes them again finds the same. Strokes
are handled in arrays and never one by one; memory grows with what one shard's samples hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.stages.export.class_maps import NO_CLASS, ClassMaps
from drumcorpus.stages.export.event_checks import onsets_of
from drumcorpus.stages.export.layout import STROKE
from drumcorpus.stages.export.windows import recording_codes

# Times are searched in ticks of a microsecond, up to twelve days; beyond, all stand together.
_TICKS = 2**20  # a second
_LAST_TICK = 2**40
_NUMBERS = ("velocity", "openness", "confidence")


@dataclass(frozen=True)
class Struck:
    """What is struck in the windows, as rows of the strokes and of the events.

    Attributes
    ----------
    strokes, ringing : pa.ListArray of STROKE
        One list per window; in order of onset, event id and component.
    window, event, label : array (n_strokes,) int
        Of every stroke in `strokes`: its window, the row of its event, the number of its label.
    first : array (n_strokes,) bool
        Whether it is the first component of its event, for counting events.
    """

    strokes: pa.ListArray
    ringing: pa.ListArray
    window: np.ndarray
    event: np.ndarray
    label: np.ndarray
    first: np.ndarray


@dataclass(frozen=True)
class _Strokes:
    """All strokes of a shard by recording, onset, event id and component.

    `columns` are the fields of STROKE after the onset.
    """

    code: np.ndarray
    onset: np.ndarray
    ring: np.ndarray
    event: np.ndarray
    label: np.ndarray
    first: np.ndarray
    columns: list[pa.Array]


def strokes_of(
    windows: pa.Table,
    events: pa.Table,
    class_maps: ClassMaps,
    *,
    sample_rate_hz: int,
    ring_ms: Mapping[str, float],
) -> Struck:
    """Every stroke inside each window, and every one before it that rings into it.

    Parameters
    ----------
    windows : pa.Table
        Schema WINDOWS, in any order.
    events : pa.Table
        Schema EVENTS: all events of the windows' recordings, in any order.
    class_maps : ClassMaps
        For the order of the labels.
    sample_rate_hz : int
        Rate of the windows.
    ring_ms : mapping of str to float
        How long a stroke of each label sounds, in milliseconds.

    Raises
    ------
    ValueError
        If an event has no onset, a stroke a label that is none, or a velocity, openness or
        confidence that is not finite.
    """
    components = events["components"].combine_chunks()
    _check_numbers(events, components)
    own_codes, codes = recording_codes(windows, events)
    strokes = _sorted_strokes(events, components, codes, class_maps, class_maps.seconds(ring_ms))
    start, duration = (
        windows[name].to_numpy() / sample_rate_hz for name in ("start_sample", "n_samples")
    )
    within = _inside(own_codes, start, duration, strokes)
    before = _ringing(own_codes, start, strokes)
    lists = [
        _stroke_lists(len(windows), *pairs, strokes.onset[pairs[1]] - start[pairs[0]], strokes)
        for pairs in (within, before)
    ]
    window, stroke = within
    return Struck(
        *lists, window, strokes.event[stroke], strokes.label[stroke], strokes.first[stroke]
    )


def class_id_lists(struck: Struck, n_windows: int, class_maps: ClassMaps) -> pa.StructArray:
    """Per window and class map, the sorted class ids of all that is struck inside it."""
    return _id_lists(struck.window, struck.label, n_windows, class_maps)


def event_class_id_lists(
    windows: pa.Table, events: pa.Table, class_maps: ClassMaps
) -> pa.StructArray:
    """Per window and class map, the sorted class ids of its own event; null for what has none."""
    components = events["components"].combine_chunks()
    labels = class_maps.label_numbers(components.flatten().field("label"))
    counts = pc.fill_null(pc.list_value_length(components), 0).to_numpy()
    first = np.cumsum(counts) - counts
    has_event = windows["event"].is_valid().to_numpy()
    rows = np.flatnonzero(has_event)
    event = windows["event"].combine_chunks().drop_null().to_numpy()
    stroke = _ranges(first[event], counts[event])
    window = np.repeat(rows, counts[event])
    return _id_lists(window, labels[stroke], len(windows), class_maps, mask=~has_event)


def technique_lists(struck: Struck, n_windows: int, events: pa.Table) -> pa.ListArray:
    """Per window, the techniques of the events struck inside it, each once, sorted."""
    lists = events["techniques"].combine_chunks()
    counts = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    encoded = lists.flatten().dictionary_encode()
    names = encoded.dictionary
    order = pc.array_sort_indices(names).to_numpy()
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    values = place[encoded.indices.to_numpy()]
    event = struck.event[struck.first]
    found = _ranges((np.cumsum(counts) - counts)[event], counts[event])
    window = np.repeat(struck.window[struck.first], counts[event])
    offsets, numbers = _distinct(window, values[found], n_windows, len(names))
    return pa.ListArray.from_arrays(offsets, names.take(pa.array(order[numbers])))


def multi_hot(ids: pa.ListArray, n_classes: int) -> np.ndarray:
    """Lists of class ids as (n_rows, n_classes) of 0 and 1, uint8."""
    counts = pc.fill_null(pc.list_value_length(ids), 0).to_numpy()
    hot = np.zeros((len(ids), n_classes), np.uint8)
    hot[np.repeat(np.arange(len(ids)), counts), ids.flatten().to_numpy()] = 1
    return hot


def _check_numbers(events: pa.Table, components: pa.ListArray) -> None:
    """Refuse what neither JSON nor a trainer can take for a number."""
    for name in _NUMBERS:
        values = components.flatten().field(name)
        wrong = pc.fill_null(pc.invert(pc.is_finite(values)), False)
        if pc.any(wrong).as_py():
            row = pc.index(wrong, True).as_py()
            event = pc.list_parent_indices(components)[row].as_py()
            raise ValueError(
                f"event {events['event_id'][event]}: {name}: expected a number or null, got "
                f"{values[row]}"
            )


def _sorted_strokes(events, components, codes, class_maps, ring_s) -> _Strokes:
    onsets = onsets_of(events)
    order = np.lexsort((onsets, codes))
    same = (codes[order][1:] == codes[order][:-1]) & (onsets[order][1:] == onsets[order][:-1])
    if same.any():  # a rank of the ids costs more than all the rest, and is hardly ever wanted
        ranks = pc.rank(events["event_id"].combine_chunks()).to_numpy()
        order = np.lexsort((ranks, onsets, codes))
    counts = pc.fill_null(pc.list_value_length(components), 0).to_numpy()
    labels = class_maps.label_numbers(components.flatten().field("label"))
    first = (np.cumsum(counts) - counts)[order]
    counts = counts[order]
    row, event = _ranges(first, counts), np.repeat(order, counts)
    return _Strokes(
        code=codes[event],
        onset=onsets[event],
        ring=ring_s[labels[row]],
        event=event,
        label=labels[row],
        first=row == np.repeat(first, counts),
        columns=_columns(events, components.flatten(), pa.array(row), pa.array(event)),
    )


def _columns(events: pa.Table, components: pa.StructArray, row, event) -> list[pa.Array]:
    """The fields of STROKE after the onset, of some rows of components and of their events."""
    of_events = {
        name: events[name].combine_chunks().take(event) for name in ("event_id", "techniques")
    }
    return [
        of_events[field.name] if field.name in of_events else components.field(field.name).take(row)
        for field in list(STROKE)[1:]
    ]


def _inside(codes, start, duration, strokes: _Strokes) -> tuple[np.ndarray, np.ndarray]:
    """(window, stroke) of the strokes inside, by window and in the order of the strokes."""
    window, stroke = _near(codes, start, start + duration, strokes.code, strokes.onset)
    onset = strokes.onset[stroke] - start[window]
    within = (onset >= 0) & (onset < duration[window])
    return window[within], stroke[within]


def _ringing(codes, start, strokes: _Strokes) -> tuple[np.ndarray, np.ndarray]:
    """(window, stroke) of the strokes that ring into a window, in the same order.

    Strokes of one ring time are searched together, so that a kick is not looked for among the
    seconds of a crash.
    """
    found = [np.zeros(0, np.int64)]
    n_strokes = max(1, len(strokes.onset))
    for ring in np.unique(strokes.ring):
        own = np.flatnonzero(strokes.ring == ring)
        window, place = _near(codes, start - ring, start, strokes.code[own], strokes.onset[own])
        onset = strokes.onset[own[place]] - start[window]
        before = (onset < 0) & (-onset < ring)
        found.append(window[before] * n_strokes + own[place[before]])
    pairs = np.sort(np.concatenate(found))
    return np.divmod(pairs, n_strokes)


def _near(codes, earliest, latest, of_codes, onsets) -> tuple[np.ndarray, np.ndarray]:
    """(window, stroke) of the strokes from `earliest` to `latest` of each window, or just beside.

    Times are searched as whole ticks, together with the number of the recording; the few that lie
    at an edge are looked at too, and judged by whoever asks.
    """
    known = np.unique(of_codes)
    if not len(known):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    place = np.minimum(np.searchsorted(known, codes), len(known) - 1)
    keys = _keys(np.searchsorted(known, of_codes), onsets)
    low = np.searchsorted(keys, _keys(place, earliest) - 1, "left")
    high = np.searchsorted(keys, _keys(place, latest) + 1, "right")
    counts = np.where(known[place] == codes, np.maximum(high - low, 0), 0)
    return np.repeat(np.arange(len(codes)), counts), _ranges(low, counts)


def _keys(recording: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Integers that are ordered by recording and time."""
    ticks = np.floor(np.clip(seconds * _TICKS, -_LAST_TICK, _LAST_TICK)).astype(np.int64)
    return recording * (4 * _LAST_TICK) + ticks


def _stroke_lists(n_windows, window, stroke, onset, strokes: _Strokes) -> pa.ListArray:
    rows = pa.array(stroke)
    fields = [pa.array(onset), *(column.take(rows) for column in strokes.columns)]
    offsets = np.searchsorted(window, np.arange(n_windows + 1))
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.StructArray.from_arrays(fields, fields=list(STROKE))
    )


def _id_lists(window, label, n_windows, class_maps: ClassMaps, mask=None) -> pa.StructArray:
    """Per window and map, the sorted class ids of its labels; null where `mask`."""
    hit = np.zeros((n_windows, len(class_maps.labels)), bool)
    hit[window, label] = True
    window, label = np.nonzero(hit)
    lists = []
    for name, ids in class_maps.ids.items():
        numbers = ids[label]
        known = numbers != NO_CLASS
        n_classes = len(class_maps.classes[name])
        offsets, found = _distinct(window[known], numbers[known], n_windows, n_classes)
        lists.append(pa.ListArray.from_arrays(offsets, pa.array(found, pa.int32())))
    fields = [pa.field(name, pa.list_(pa.int32())) for name in class_maps.ids]
    mask = None if mask is None else pa.array(mask)
    return pa.StructArray.from_arrays(lists, fields=fields, mask=mask)


def _distinct(window, number, n_windows: int, n_numbers: int) -> tuple[pa.Array, np.ndarray]:
    """Offsets of a list per window, and the numbers of each, once and sorted."""
    hit = np.zeros((n_windows, n_numbers), bool)
    hit[window, number] = True
    counts = hit.sum(axis=1) if n_numbers else np.zeros(n_windows, np.int64)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return pa.array(offsets, pa.int32()), np.nonzero(hit)[1]


def _ranges(first: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """``first[i] ... first[i] + counts[i] - 1`` for every i, one after the other."""
    before = np.cumsum(counts) - counts
    return np.repeat(first - before, counts) + np.arange(counts.sum())
