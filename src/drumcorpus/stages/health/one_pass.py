"""The one pass over the events: every figure that a single event gives, a row group at a time.

Text columns are read as dictionaries and only their codes are counted, so that the cost is that of
reading the file, and memory is bounded by a row group, the distinct sessions and labels, and 16
bytes of each event that tell whether one stands twice.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.columns import numbers
from drumcorpus.ground.files.tables import count_rows, iter_batches, leaf_columns, read_ahead
from drumcorpus.stages.health.repeats import EventKeys
from drumcorpus.stages.health.tally import Codes, Names, Tally, joint
from drumcorpus.vocabulary import CYMBAL_NUMBER, DUAL_LABEL

OPENNESS_BINS = 10  # of equal width, from 0 to 1
OUTSIDE = OPENNESS_BINS  # bin of an openness below 0, above 1, or not a number
VELOCITY_LEVELS = 128  # those of MIDI: velocity times 127, rounded
VELOCITY_OUTSIDE = 128  # level of a velocity below 0, above 1, or not a number
VELOCITY_NONE = 129
TEMPO_BIN_BPM = 10
TEMPO_TOP_BPM = 300  # the last bin holds everything from here on
TEMPO_NONE = TEMPO_TOP_BPM // TEMPO_BIN_BPM + 1
PLACES_PER_BEAT = 12  # sixteenths and triplets of a quarter both fall on them
PLACES = 20 * PLACES_PER_BEAT  # of a bar; what is later or before beat 1 has the one after them
PLACE_NONE = PLACES + 1

# What tells one cell from another: columns that hardly change within a session.
CELL_COLUMNS = (
    *("source_set", "session_id", "group_id", "split", "license", "meter"),
    *("label_method", "audio_path"),
)
FLAT_COLUMNS = (*CELL_COLUMNS, "is_synthetic", "tempo_bpm", "beat", "event_id", "onset_time")
# Within the lists; `list.element` stands for whatever the writer calls the levels between.
LIST_COLUMNS = {
    "techniques": (),
    "annotation_history": ("annotation_stage", "method"),
    "components": ("label", "velocity", "dynamic_bucket", "openness"),
}
# Columns that are no text, or text that does not repeat.
NO_NAMES = ("velocity", "openness", "is_synthetic", "tempo_bpm", "beat", "event_id", "onset_time")


@dataclass
class Counts:
    """What one pass found. A cell is a session with its group, split, licence and the like."""

    names: dict[str, Names] = field(default_factory=dict)
    cells: dict[tuple, int] = field(default_factory=dict)
    events: Tally = field(default_factory=lambda: Tally(2))  # cell, number of components
    tempi: Tally = field(default_factory=lambda: Tally(2))  # cell, bin
    components: Tally = field(default_factory=lambda: Tally(2))  # cell, label
    places: Tally = field(default_factory=lambda: Tally(2))  # label, meter with place in the bar
    dynamics: Tally = field(default_factory=lambda: Tally(3))  # source set, label, bucket
    velocities: Tally = field(default_factory=lambda: Tally(3))  # source set, label, level
    openness: Tally = field(default_factory=lambda: Tally(2))  # label, bin
    odd_values: Tally = field(default_factory=lambda: Tally(2))  # cell, 0 openness or 1 velocity
    techniques: Tally = field(default_factory=lambda: Tally(2))  # cell, technique
    variants: Tally = field(default_factory=lambda: Tally(4))  # cell, label, stage, method
    tempo_range: tuple[float, float] | None = None
    may_repeat: tuple[bool, bool] = (False, False)  # event ids; hits of one recording

    def __post_init__(self):
        blank = ("license", "meter", "audio_path")
        keys = (*CELL_COLUMNS, "label", "bucket", "technique", "method", "stage")
        self.names = {key: Names(strip=key in blank) for key in keys}


def count_events(paths: Sequence[str | os.PathLike]) -> Counts:
    """Count the events of tables of the schema `schemas.EVENTS`, which is held to be theirs."""
    counts = Counts()
    keys = EventKeys(sum(map(count_rows, paths)))
    with ThreadPoolExecutor(1) as pool:
        for path in paths:
            for batch in read_ahead(batches(path)):
                adding = pool.submit(keys.add, batch)
                count_batch(counts, batch)
                adding.result()
    counts.may_repeat = keys.some_repeat()
    return counts


def batches(path: str | os.PathLike) -> Iterator[pa.RecordBatch]:
    """The columns of interest in pieces of row groups, text as dictionaries where that works."""
    leaves = [leaf for leaf in leaf_columns(path) if is_wanted(leaf.split("."))]
    text = [leaf for leaf in leaves if leaf.split(".")[-1] not in NO_NAMES]
    return iter_batches(path, leaves, dictionaries=text)


def is_wanted(path: list[str]) -> bool:
    """Whether a leaf of the table is one that the pass reads."""
    if len(path) == 1:
        return path[0] in FLAT_COLUMNS
    inner = LIST_COLUMNS.get(path[0])
    return inner is not None and (not inner or path[-1] in inner)


def count_batch(counts: Counts, batch: pa.RecordBatch) -> None:
    """Count the rows of one batch."""
    cell = count_cells(counts, batch)
    source_set = counts.names["source_set"].encode(batch["source_set"])
    components = batch["components"]
    lengths = list_lengths(components)
    counts.events.add(cell, Codes.of_numbers(lengths, int(lengths.max(initial=0)) + 1))
    counts.tempi.add(cell, tempo_bins(counts, batch["tempo_bpm"]))

    owner = np.repeat(np.arange(len(lengths)), lengths)
    hits = components.flatten()
    label = counts.names["label"].encode(hits.field("label"))
    counts.components.add(cell.take(owner), label)
    counts.places.add(label, bar_places(counts, batch).take(owner))
    bucket = counts.names["bucket"].encode(hits.field("dynamic_bucket"))
    counts.dynamics.add(source_set.take(owner), label, bucket)
    level = velocity_levels(hits.field("velocity"))
    counts.velocities.add(source_set.take(owner), label, level)
    odd = owner[level.local == VELOCITY_OUTSIDE]
    counts.odd_values.add(cell.take(odd), Codes.of_numbers(np.ones(len(odd), dtype=int), 2))
    count_openness(counts, cell.take(owner), label, hits.field("openness"))
    count_techniques(counts, cell, batch["techniques"])
    count_variants(counts, cell.take(owner), label, owner, batch["annotation_history"])


def count_cells(counts: Counts, batch: pa.RecordBatch) -> Codes:
    """The cell of every row. Rows of a session follow each other, so few are looked at."""
    columns = [counts.names[name].encode(batch[name]) for name in CELL_COLUMNS]
    has_audio = Codes(columns[-1].local, np.minimum(columns[-1].names, 1))
    kinds = numbers(batch["is_synthetic"]).astype(np.int64)
    columns = [*columns[:-1], has_audio, Codes.of_numbers(kinds, 2)]
    changes = np.zeros(batch.num_rows, dtype=bool)
    changes[:1] = True
    for column in columns:
        changes[1:] |= np.diff(column.local) != 0
    starts = np.flatnonzero(changes)
    keys = [column.take(starts).all_names() for column in columns]
    _, first, inverse = np.unique(joint(keys), return_index=True, return_inverse=True)
    cells = [tuple(int(key[place]) for key in keys) for place in first]
    codes = [counts.cells.setdefault(key, len(counts.cells)) for key in cells]
    lengths = np.diff([*starts, batch.num_rows])
    return Codes(np.repeat(inverse, lengths), np.array(codes))


def list_lengths(column: pa.ListArray) -> np.ndarray:
    """Number of values of every list; a null list has none."""
    return numbers(column.value_lengths()).astype(np.int64)


def tempo_bins(counts: Counts, column: pa.Array) -> Codes:
    """The bin of every tempo; what is no tempo has none."""
    tempo = numbers(column, null=np.nan)
    is_tempo = np.isfinite(tempo) & (tempo > 0)
    if is_tempo.any():
        low, high = float(tempo[is_tempo].min()), float(tempo[is_tempo].max())
        if counts.tempo_range:
            low, high = min(low, counts.tempo_range[0]), max(high, counts.tempo_range[1])
        counts.tempo_range = low, high
    bins = np.full(len(tempo), TEMPO_NONE)
    # Cut off, which is the floor of what is above 0; numpy's own takes ten times as long.
    bins[is_tempo] = np.minimum(tempo[is_tempo], TEMPO_TOP_BPM) / TEMPO_BIN_BPM
    return Codes.of_numbers(bins, TEMPO_NONE + 1)


def bar_places(counts: Counts, batch: pa.RecordBatch) -> Codes:
    """The meter and the nearest place in the bar of every row, in one code, as of `meter_place`."""
    meter = counts.names["meter"].encode(batch["meter"])
    beat = numbers(batch["beat"], null=np.nan)
    n_places = PLACE_NONE + 1
    place = np.rint((beat - 1) * PLACES_PER_BEAT)
    outside = ~((place >= 0) & (place < PLACES))
    place[outside] = np.where(np.isnan(place[outside]), PLACE_NONE, PLACES)
    names = meter.names[:, None] * n_places + np.arange(n_places)
    return Codes(meter.local * n_places + place.astype(np.int64), names.ravel())


def meter_place(code: int) -> tuple[int, int]:
    """The code of the meter, and the place, `PLACE_NONE` where there is none."""
    return divmod(code, PLACE_NONE + 1)


def velocity_levels(column: pa.Array) -> Codes:
    """Every velocity as a level of MIDI, with levels of their own for odd values and for none."""
    velocity = numbers(column, null=np.nan)
    inside = (velocity >= 0) & (velocity <= 1)
    levels = np.full(len(velocity), VELOCITY_OUTSIDE)
    levels[inside] = np.rint(velocity[inside] * (VELOCITY_LEVELS - 1))
    if column.null_count:
        levels[numbers(column.is_null()) > 0] = VELOCITY_NONE
    return Codes.of_numbers(levels, VELOCITY_NONE + 1)


def count_openness(counts: Counts, cell: Codes, label: Codes, column: pa.Array) -> None:
    """Count the hits that have an openness, by label and bin."""
    having = np.flatnonzero(numbers(column.is_valid()))
    if len(having) == 0:
        return
    openness = numbers(column, null=np.nan)[having]
    inside = (openness >= 0) & (openness <= 1)
    bins = np.full(len(having), OUTSIDE)
    bins[inside] = np.minimum(openness[inside] * OPENNESS_BINS, OPENNESS_BINS - 1)
    counts.openness.add(label.take(having), Codes.of_numbers(bins, OPENNESS_BINS + 1))
    odd = cell.take(having[~inside])
    counts.odd_values.add(odd, Codes.of_numbers(np.zeros(len(odd.local), dtype=int), 2))


def count_techniques(counts: Counts, cell: Codes, column: pa.ListArray) -> None:
    """Count events by technique; an event counts once for each of its own."""
    lengths = list_lengths(column)
    if not lengths.any():
        return
    owner = np.repeat(np.arange(len(lengths)), lengths)
    technique = counts.names["technique"].encode(column.flatten())
    _, first = np.unique(joint([owner, technique.local]), return_index=True)
    counts.techniques.add(cell.take(owner[first]), technique.take(first))


def count_variants(
    counts: Counts, cell: Codes, label: Codes, owner: np.ndarray, history: pa.ListArray
) -> None:
    """Count the components of events whose cymbals were told apart, by label, stage and method.

    The stage names the family, whose labels are not known here: components of other families that
    were struck at once are counted too.
    """
    lengths = list_lengths(history)
    if not lengths.any():
        return
    entries = history.flatten()
    stages = counts.names["stage"]
    stage_codes = stages.encode(entries.field("annotation_stage")).all_names()
    method = counts.names["method"].encode(entries.field("method"))
    of_event = np.repeat(np.arange(len(lengths)), lengths)
    for name, code in list(stages.codes.items()):
        is_verdict = (stage_codes == code) & is_cymbal_verdict(name)
        event = of_event[is_verdict]
        if len(event) == 0:
            continue
        last = np.zeros(len(lengths), dtype=np.int64)
        last[event] = method.local[is_verdict]  # of several of one event the last stays
        judged = np.zeros(len(lengths), dtype=bool)
        judged[event] = True
        hits = np.flatnonzero(judged[owner] & (label.all_names() > 0))
        stage = Codes(np.zeros(len(hits), dtype=np.int64), np.array([code]))
        methods = Codes(last[owner[hits]], method.names)
        counts.variants.add(cell.take(hits), label.take(hits), stage, methods)


def is_cymbal_verdict(stage: str | None) -> bool:
    """Whether an accepted assignment of a cymbal is noted under this stage."""
    return stage is not None and stage.endswith((f"_{DUAL_LABEL}", f"_{CYMBAL_NUMBER}"))
