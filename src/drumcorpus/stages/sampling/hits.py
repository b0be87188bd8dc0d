"""Reads what was struck in the events of one split, as numbers instead of strings."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.tables import iter_batches

# Names come as dictionary codes, as Parquet has them: reading is three times faster.
_NAMES = [
    "source_set",
    "session_id",
    "split",
    "style",
    "techniques.list.element",
    "components.list.element.label",
]


# The style of a pack of isolated strokes, which is no music.
ONE_SHOT = "one_shot"


class Codes(dict):
    """Names -> whole numbers from 0, in the order in which the names come up."""

    def __missing__(self, name) -> int:
        self[name] = len(self)
        return self[name]


@dataclass(frozen=True)
class Hits:
    """Some events of one split, in the manifest's order.

    Attributes
    ----------
    labels : np.ndarray, shape (n_hits,), int32
        Code of each component's label.
    n_components : np.ndarray, shape (n_events,), int32
        How many consecutive components belong to each event.
    factors : np.ndarray, shape (n_events,)
        Product of the factors of the event's techniques.
    sessions : np.ndarray, shape (n_events,), int32
        Code of each event's (source_set, session_id).
    one_shots : np.ndarray, shape (n_events,), bool
        Whether each event is of a pack of one-shots.
    event_ids, session_ids : pa.Array or None
        Only where asked for.
    """

    labels: np.ndarray
    n_components: np.ndarray
    factors: np.ndarray
    sessions: np.ndarray
    one_shots: np.ndarray
    event_ids: pa.Array | None = None
    session_ids: pa.Array | None = None


def iter_hits(
    tables: Iterable[str | os.PathLike],
    split: str,
    technique_factors: dict[str, float],
    labels: Codes,
    sessions: Codes,
    *,
    with_ids: bool = False,
) -> Iterator[Hits]:
    """Read the events of `split` in parts; `labels` and `sessions` grow as names come up."""
    for path in tables:
        yield from _iter_table(path, split, technique_factors, labels, sessions, with_ids)


def _iter_table(path, split, technique_factors, labels, sessions, with_ids) -> Iterator[Hits]:
    columns = [*_NAMES, "event_id"] if with_ids else _NAMES
    first = 1
    for batch in iter_batches(path, columns, dictionaries=_NAMES):
        last = first + batch.num_rows - 1
        table = pa.Table.from_batches([batch])
        table = table.filter(pc.equal(table["split"], split)).combine_chunks()
        if table.num_rows:
            try:
                hits = _hits(table, technique_factors, labels, sessions, with_ids)
            except ValueError as error:
                raise ValueError(f"{path}, rows {first} to {last}: {error}") from error
            yield hits
        first = last + 1


def read_hits(
    tables: Iterable[str | os.PathLike],
    split: str,
    technique_factors: dict[str, float],
    labels: Codes,
    sessions: Codes,
) -> Hits | None:
    """All events of `split` at once, or None: some 25 bytes per event, no strings."""
    parts = list(iter_hits(tables, split, technique_factors, labels, sessions))
    if not parts:
        return None
    names = ("labels", "n_components", "factors", "sessions", "one_shots")
    return Hits(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def reduce_events(
    ufunc: np.ufunc, values: np.ndarray, n_values: np.ndarray, empty: float
) -> np.ndarray:
    """Reduce the `n_values` (n_events,) consecutive `values` of each event; `empty` for none."""
    reduced = np.full(len(n_values), empty)
    some = n_values > 0
    if some.any():
        starts = np.cumsum(n_values) - n_values
        reduced[some] = ufunc.reduceat(values, starts[some])
    return reduced


def _hits(table: pa.Table, technique_factors, labels, sessions, with_ids: bool) -> Hits:
    """The hits of one table."""
    components, techniques = (_only(table[name]) for name in ("components", "techniques"))
    label_codes, label_names = _decode(pc.struct_field(components.flatten(), [0]))
    technique_codes, technique_names = _decode(techniques.flatten())
    factors = np.array([technique_factors.get(name, 1.0) for name in technique_names])
    return Hits(
        labels=np.array([labels[name] for name in label_names], np.int32)[label_codes],
        n_components=_lengths(components),
        factors=reduce_events(np.multiply, factors[technique_codes], _lengths(techniques), 1.0),
        sessions=_session_codes(table, sessions),
        one_shots=np.asarray(pc.fill_null(pc.equal(_only(table["style"]), ONE_SHOT), False)),
        event_ids=_only(table["event_id"]) if with_ids else None,
        session_ids=_only(table["session_id"]).dictionary_decode() if with_ids else None,
    )


def _session_codes(table: pa.Table, sessions: Codes) -> np.ndarray:
    """Code of (source_set, session_id) of each row, found once per run of equal rows."""
    columns = [_only(table[name]) for name in ("source_set", "session_id")]
    codes = [np.asarray(column.indices) for column in columns]
    changes = np.diff(codes[0]).astype(bool) | np.diff(codes[1]).astype(bool)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    names = [column.dictionary.to_pylist() for column in columns]
    runs = [sessions[names[0][codes[0][i]], names[1][codes[1][i]]] for i in starts]
    return np.repeat(np.array(runs, np.int32), np.diff(starts, append=table.num_rows))


def _decode(names: pa.DictionaryArray) -> tuple[np.ndarray, list[str]]:
    """Codes (n,) into the distinct names, and those names: only such as occur."""
    if names.null_count:
        raise ValueError("a component without a label, or a technique without a name")
    codes, every_name = np.asarray(names.indices), names.dictionary.to_pylist()
    occurs = np.bincount(codes, minlength=len(every_name)) > 0  # not so if its rows were filtered
    return (np.cumsum(occurs) - 1)[codes], [every_name[i] for i in np.flatnonzero(occurs)]


def _lengths(lists: pa.Array) -> np.ndarray:
    """Number of values of each list, 0 for null."""
    return np.asarray(pc.fill_null(pc.list_value_length(lists), 0))


def _only(column: pa.ChunkedArray) -> pa.Array:
    """The one chunk of a combined column."""
    return column.chunk(0)
