"""Rows of products that name a session, found by event, session or file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.json_rows import iter_rows
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.tables import iter_batches, read_schema

SESSION_COLUMNS = ("source_set", "session_id")
# What a row says of the sound and the labels that it rests on, and what else is shown of it.
NAMES_FILES = ("audio_path", "annotation_path")
SHOWN = ("event_id", "sample_id", "onset_time", "start", "duration", "split", "license")
SAMPLE_PLACES = ("file", "shard", "parquet_shard")
_NAMES_NO_SESSION = "its rows do not name source_set and session_id"


class Match(Protocol):
    """Which rows are wanted; `needs` are the columns that this is told by, where they are there."""

    needs: tuple[str, ...]

    def of_batch(self, batch: pa.RecordBatch) -> pa.BooleanArray:
        """Whether each row of a batch is."""

    def of_row(self, row: dict) -> bool:
        """Whether one row is."""


@dataclass(frozen=True)
class OfEvent:
    """Rows of an event, and samples in which it is struck."""

    event_id: str
    needs = ("event_id", "strokes")

    def of_batch(self, batch: pa.RecordBatch) -> pa.BooleanArray:
        """Whether each row of a batch is."""
        names = batch.schema.names
        mask = pa.array([False] * batch.num_rows)
        if "event_id" in names:
            mask = pc.fill_null(pc.equal(batch["event_id"], self.event_id), False)
        if "strokes" in names:
            strokes = pc.list_flatten(batch["strokes"])
            hits = pc.equal(pc.struct_field(strokes, "event_id"), self.event_id)
            rows = pc.filter(pc.list_parent_indices(batch["strokes"]), pc.fill_null(hits, False))
            places = pa.array(range(batch.num_rows), rows.type)
            mask = pc.or_(mask, pc.is_in(places, value_set=rows))
        return mask

    def of_row(self, row: dict) -> bool:
        """Whether one row is."""
        strokes = row.get("strokes")
        strokes = strokes if isinstance(strokes, list) else []
        struck = [stroke.get("event_id") for stroke in strokes if isinstance(stroke, dict)]
        return self.event_id in (row.get("event_id"), *struck)


@dataclass(frozen=True)
class OfSession:
    """Rows of a session, by its id, or by source set and id with a slash or a colon between."""

    session: str
    needs = ()

    def of_batch(self, batch: pa.RecordBatch) -> pa.BooleanArray:
        """Whether each row of a batch is."""
        sets, sessions = (batch[name].cast(pa.string()) for name in SESSION_COLUMNS)
        mask = pc.equal(sessions, self.session)
        for between in "/:":
            joined = pc.binary_join_element_wise(sets, sessions, between)
            mask = pc.or_(mask, pc.equal(joined, self.session))
        return pc.fill_null(mask, False)

    def of_row(self, row: dict) -> bool:
        """Whether one row is."""
        source_set, session = (row[name] for name in SESSION_COLUMNS)
        return self.session in (session, f"{source_set}/{session}", f"{source_set}:{session}")


@dataclass(frozen=True)
class OfSessions:
    """Rows of some sessions of one source set."""

    source_set: str
    sessions: frozenset[str]
    needs = ()

    def of_batch(self, batch: pa.RecordBatch) -> pa.BooleanArray:
        """Whether each row of a batch is."""
        sets = batch["source_set"].cast(pa.string())
        is_set = pc.fill_null(pc.equal(sets, self.source_set), False)
        return pc.and_(is_set, self.of_sessions(batch))

    def of_sessions(self, batch: pa.RecordBatch) -> pa.BooleanArray:
        """The same of a batch of one source set, which does not name it."""
        sessions = batch["session_id"].cast(pa.string())
        return pc.is_in(sessions, value_set=pa.array(sorted(self.sessions), pa.string()))

    def of_row(self, row: dict) -> bool:
        """Whether one row is."""
        return row["source_set"] == self.source_set and row["session_id"] in self.sessions


@dataclass(frozen=True)
class InFile:
    """Samples whose sound stands in a file of their export: their own, or a shard."""

    path: str
    needs = SAMPLE_PLACES

    def of_batch(self, batch: pa.RecordBatch) -> pa.BooleanArray:
        """Whether each row of a batch is."""
        mask = pa.array([False] * batch.num_rows)
        for name in set(SAMPLE_PLACES) & set(batch.schema.names):
            equal = pc.equal(batch[name].cast(pa.string()), self.path)
            mask = pc.or_(mask, pc.fill_null(equal, False))
        return mask

    def of_row(self, row: dict) -> bool:
        """Whether one row is."""
        return self.path in [row.get(name) for name in SAMPLE_PLACES]


def matching_rows(
    table: Path, match: Match, columns: Iterable[str] | None = None
) -> Iterator[dict]:
    """The rows of a Parquet table or of JSON Lines that are wanted.

    Parameters
    ----------
    table : path
    match : Match
    columns : iterable of str, optional
        Of a table; else those that say where a row came from.

    Raises
    ------
    ValueError
        If the file is neither, or its rows name no session.
    """
    if table.suffix == ".jsonl":
        for row in iter_rows(table):
            if not all(isinstance(row.values.get(name), str) for name in SESSION_COLUMNS):
                raise ValueError(f"{visible(str(table))}:{row.number}: {_NAMES_NO_SESSION}")
            if match.of_row(row.values):
                yield row.values
        return
    if not names_sessions(table):
        raise ValueError(f"{visible(str(table))}: {_NAMES_NO_SESSION}")
    there = read_schema(table).names
    if columns is None:
        columns = (*SESSION_COLUMNS, *SHOWN, *NAMES_FILES, *SAMPLE_PLACES)
    wanted = [name for name in dict.fromkeys((*columns, *match.needs)) if name in there]
    for batch in iter_batches(table, wanted):
        mask = match.of_batch(batch)
        if pc.any(mask).as_py():
            yield from batch.filter(mask).to_pylist()


def names_sessions(table: Path) -> bool:
    """Whether a file is a Parquet table whose rows name sessions."""
    return table.suffix == ".parquet" and set(SESSION_COLUMNS) <= set(read_schema(table).names)
