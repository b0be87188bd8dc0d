"""Which rows of products are of the sessions of a raw file, or came from the file itself."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.json_rows import iter_rows
from drumcorpus.ground.files.tables import iter_batches, read_schema
from drumcorpus.stages.provenance.rows import SESSION_COLUMNS, OfSessions

DIGEST_KEY = "src_sha256"  # by which rows of corpora of clips name the file they came from


@dataclass
class RowSearch:
    """Which rows are of some sessions, or came from a file with one of some digests."""

    wanted: list[OfSessions]
    digests: set[str]
    events: set[str] = field(default_factory=set)

    def count(self, place: Path, path: str) -> int:
        """How many rows of a product are."""
        if place.suffix == ".jsonl":
            ids = [json.dumps(name).encode() for each in self.wanted for name in each.sessions]
            marks = [*ids, *(digest.encode() for digest in self.digests)]
            if not marks or not _mentions(place, marks):
                return 0
            return sum(self.is_wanted(row.values) for row in iter_rows(place))
        if not self.wanted or place.suffix != ".parquet" or not place.is_file():
            return 0
        there = read_schema(place).names
        if "session_id" in there:
            return sum(self._count_of(place, path, match, there) for match in self.wanted)
        if "event_id" not in there or not self.events:
            return 0
        ids = pa.array(sorted(self.events), pa.string())
        batches = (batch["event_id"] for batch in iter_batches(place, ["event_id"]))
        return sum(pc.is_in(column, value_set=ids).true_count for column in batches)

    def is_wanted(self, row: dict) -> bool:
        """Whether one row of JSON Lines is."""
        digest = row.get(DIGEST_KEY)
        if isinstance(digest, str) and any(digest.startswith(each) for each in self.digests):
            return True
        names = all(isinstance(row.get(name), str) for name in SESSION_COLUMNS)
        return names and any(each.of_row(row) for each in self.wanted)

    def _count_of(self, place: Path, path: str, match: OfSessions, there: list[str]) -> int:
        """Rows of the sessions of one source set; a table of one set alone may not name the set."""
        has_set = "source_set" in there
        if not has_set and match.source_set not in re.split("[/.]", path):
            return 0
        columns = [name for name in (*SESSION_COLUMNS, "event_id") if name in there]
        n_rows = 0
        for batch in iter_batches(place, columns):
            mask = match.of_batch(batch) if has_set else match.of_sessions(batch)
            n_rows += mask.true_count
            if "event_id" in there and mask.true_count:
                self.events.update(batch["event_id"].filter(mask).drop_null().to_pylist())
        return n_rows


def _mentions(path: Path, marks: list[bytes]) -> bool:
    """Whether any of some texts stands in a file, so that few files need be taken apart."""
    if not path.is_file():
        return False
    longest = max(map(len, marks))
    before = b""
    with path.open("rb") as handle:
        while block := handle.read(1 << 22):
            data = before + block
            if any(mark in data for mark in marks):
                return True
            before = data[-longest:]
    return False


def search_rank(place: Path) -> int:
    """0 for what names sessions, 1 for a table that names events alone and is searched after."""
    return int(place.suffix == ".parquet" and "session_id" not in _columns(place))


def _columns(table: Path) -> list[str]:
    try:
        return read_schema(table).names
    except (OSError, ValueError):
        return []
