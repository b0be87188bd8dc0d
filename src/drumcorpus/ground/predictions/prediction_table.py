"""Predictions of all sessions in one Parquet table."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.ranges import Range
from drumcorpus.ground.files.tables import count_rows, iter_batches, read_schema, release_unused
from drumcorpus.ground.predictions.class_maps import NO_CLASS, Vocabulary
from drumcorpus.ground.predictions.hit_columns import HitBuffer, HitColumns, make_hits
from drumcorpus.ground.predictions.prediction_files import RANGES

_REQUIRED = ("session_id", "onset_time", "label")
_OPTIONAL = ("score", "velocity")


def read_prediction_table(
    path: Path,
    places: Mapping[str, int],
    vocabulary: Vocabulary,
    refuse_session: Callable[[str, str], str],
    *,
    with_scores: bool = False,
    ranges: Mapping[str, Range] = RANGES,
) -> tuple[HitColumns, Counter, set[str]]:
    """Rows of session_id, onset_time, label, and optionally score and velocity.

    Rows of one session stand together, in order of time; the order of the sessions is free.

    Parameters
    ----------
    places : mapping
        The row of every session that may be named; below 0 for one that is not scored.
    refuse_session : callable
        Gives the message for another session, by place and id.
    with_scores : bool
        Whether the hits get their scores, where there are any.
    ranges : mapping of str to Range
        What `onset_time`, `score` and `velocity` may be.

    Returns
    -------
    hits : HitColumns
        By class of the scored map; those of no class, or of a session that is not scored, are left
        out.
    outside : Counter
        Labels of no class, with their hits.
    named : set of str
        Sessions that have a row.

    Raises
    ------
    ValueError
        If a column or a row is not as it must be; the message has file, row (from 1), what was got
        and what is allowed.
    """
    shown = visible(str(path))
    names = _checked_columns(path, shown)
    buffer, outside, order = HitBuffer(count_rows(path)), Counter(), _Order(shown)
    n_rows = 0
    for batch in iter_batches(path, names, _REQUIRED[::2]):
        ids, labels = (_encoded(batch, name, shown, n_rows) for name in _REQUIRED[::2])
        for name in names:
            if name in ranges:
                _check_range(batch[name], name, ranges[name], shown, n_rows)
        place = _coded(
            ids, places, lambda row, name: refuse_session(f"{shown}: row {row}", name), n_rows
        )
        label = _coded(
            labels,
            vocabulary.class_of,
            lambda row, name: f"{shown}: row {row}: {vocabulary.refusal(name)}",
            n_rows,
        )
        # As floats: of whole numbers without a sign a difference is never below 0.
        onset = batch["onset_time"].to_numpy(zero_copy_only=False).astype(float, copy=False)
        order.check(ids, onset, n_rows)
        for code, count in zip(
            *np.unique(labels.indices.to_numpy()[label == NO_CLASS], return_counts=True),
            strict=True,
        ):
            outside[labels.dictionary[int(code)].as_py()] += int(count)
        velocity, score = (
            batch[name].to_numpy(zero_copy_only=False) if name in names else None
            for name in ("velocity", "score")
        )
        rows = (place >= 0) & (label != NO_CLASS)
        hits = make_hits(place, label, onset, velocity, score=score if with_scores else None)
        buffer.add(hits.take(rows))
        n_rows += batch.num_rows
    release_unused()
    return buffer.hits(), outside, order.named


class _Order:
    """Rows of one session stand together, and in order of time, from batch to batch as well."""

    def __init__(self, shown: str):
        self._shown, self.named = shown, set()
        self._last: tuple[str | None, float] = (None, 0.0)

    def check(self, ids: pa.DictionaryArray, onset: np.ndarray, n_before: int) -> None:
        codes = ids.indices.to_numpy()
        if len(codes) == 0:
            return
        is_new = np.concatenate([[True], codes[1:] != codes[:-1]])
        falls = np.concatenate([[False], (np.diff(onset) < 0) & ~is_new[1:]])
        first = ids.dictionary[int(codes[0])].as_py()
        if first == self._last[0]:
            is_new[0], falls[0] = False, onset[0] < self._last[1]
        if falls.any():
            row = int(np.argmax(falls))
            raise ValueError(
                f"{self._shown}: row {n_before + row + 1}: onset_time {onset[row]} is before that "
                "of the row above; wanted: the rows of a session in order of time"
            )
        for row in np.flatnonzero(is_new).tolist():
            name = ids.dictionary[int(codes[row])].as_py()
            if name in self.named:
                raise ValueError(
                    f"{self._shown}: row {n_before + row + 1}: session {name!r} begins again; "
                    "wanted: all rows of a session together"
                )
            self.named.add(name)
        self._last = (ids.dictionary[int(codes[-1])].as_py(), float(onset[-1]))


def _checked_columns(path: Path, shown: str) -> list[str]:
    schema = read_schema(path)
    names = schema.names
    lacking = [name for name in _REQUIRED if name not in names]
    odd = [name for name in names if name not in (*_REQUIRED, *_OPTIONAL)]
    if lacking or odd or len(set(names)) < len(names):
        raise ValueError(
            f"{shown}: columns {', '.join(names)}; wanted: {', '.join(_REQUIRED)}, each once; "
            f"allowed beside them: {', '.join(_OPTIONAL)}"
        )
    for field in schema:
        wanted, is_one = ("numbers", _is_number) if field.name in RANGES else ("text", _is_text)
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if not is_one(kind):
            raise ValueError(f"{shown}: column {field.name} is {field.type}; wanted: {wanted}")
        if field.name == "onset_time" and kind == pa.float32():
            raise ValueError(
                f"{shown}: column onset_time is float, 32 bits, which tell no 0.1 ms apart after "
                "half an hour; wanted: double; write times in 64 bits from the start"
            )
    return names


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view()


def _is_number(kind: pa.DataType) -> bool:
    """Whole numbers and floating ones; those of 16 bits tell no ms from another after a second."""
    return pa.types.is_integer(kind) or kind in (pa.float32(), pa.float64())


def _encoded(batch: pa.RecordBatch, name: str, shown: str, n_before: int) -> pa.DictionaryArray:
    column = batch[name]
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if column.null_count:
        row = n_before + column.is_null().index(True).as_py() + 1
        raise ValueError(f"{shown}: row {row}: {name} is empty; wanted: text")
    return column


def _check_range(column: pa.Array, name: str, allowed: Range, shown: str, n_before: int) -> None:
    if column.null_count:
        row = n_before + column.is_null().index(True).as_py() + 1
        raise ValueError(
            f"{shown}: row {row}: {name}: got null; wanted: {allowed.wanted()} in every row, or no "
            f"column {name}"
            if name in _OPTIONAL
            else f"{shown}: row {row}: {name}: got null; wanted: {allowed.wanted()}"
        )
    values = column.to_numpy(zero_copy_only=False)
    is_odd = ~((values >= allowed.low) & (values <= allowed.high))
    if is_odd.any():
        row = int(np.argmax(is_odd))
        raise ValueError(
            f"{shown}: row {n_before + row + 1}: {name}: got {values[row]}; wanted: "
            f"{allowed.wanted()}"
        )


def _coded(
    column: pa.DictionaryArray,
    numbers: Mapping[str, int],
    refusal: Callable[[int, str], str],
    n_before: int,
) -> np.ndarray:
    """The number of every text; one that has none is refused at its first row."""
    names, codes = column.dictionary.to_pylist(), column.indices.to_numpy()
    table = np.array([numbers.get(name, -2) for name in names] or [-2])
    values = table[codes]
    if (values == -2).any():
        row = int(np.argmax(values == -2))
        raise ValueError(refusal(n_before + row + 1, names[codes[row]]))
    return values
