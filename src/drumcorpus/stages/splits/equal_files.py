"""Sessions that share a file to the byte."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

import duckdb
import pyarrow as pa

from drumcorpus.ground.files.paths import SOUND_ENDINGS
from drumcorpus.stages.splits.families import Edge
from drumcorpus.vocabulary import ANNOTATION, AUDIO, EQUAL_ANNOTATION, EQUAL_AUDIO

# Files beside the recording that are music too: accompaniment, stems, the song's own MIDI.
MUSIC = (*SOUND_ENDINGS, ".mid", ".midi")

_SHARED = """
    SELECT source_set, session_id, path, role, sha256 FROM inventory
    WHERE session_id IS NOT NULL AND role IN ('annotation', 'audio', 'other') AND bytes > 0
      AND (source_set, session_id) IN (SELECT (source_set, session_id) FROM listed)
    QUALIFY count(*) OVER (PARTITION BY sha256) > 1
    ORDER BY sha256, source_set, session_id, path
"""


def equal_file_edges(
    database: duckdb.DuckDBPyConnection,
    numbers: Mapping[tuple[str, str], int],
    unheard: Iterable[str],
    n_onsets: Mapping[int, int],
    *,
    min_onsets: int,
) -> list[Edge]:
    """An edge between sessions that own a file of one content.

    Not looked at are: indexes of a source set, files of no session, sound files in which nothing
    is heard, and annotations of sessions with so few onsets that equal text says nothing.

    Parameters
    ----------
    database
        With the view ``inventory`` of the schema INVENTORY, of all source sets.
    numbers : mapping
        Number of each session by source set and session.
    unheard : iterable of str
        SHA-256 of sound files that are silent or unreadable: recordings, stems, accompaniment.
    n_onsets : mapping
        Onsets of each session by its number.
    min_onsets : int
        Fewest onsets of a session whose equal annotation counts.
    """
    columns = {
        name: pa.array([key[place] for key in numbers], pa.string())
        for place, name in enumerate(("source_set", "session_id"))
    }
    database.register("listed", pa.table(columns))
    rows = database.execute(_SHARED).fetchall()
    database.unregister("listed")
    unheard, first, edges = set(unheard), {}, set()
    for source_set, session_id, path, role, digest in rows:
        number = numbers[source_set, session_id]
        if role == ANNOTATION:
            kind = EQUAL_ANNOTATION if n_onsets.get(number, 0) >= min_onsets else None
        else:
            kind = EQUAL_AUDIO if role == AUDIO or _is_music(path) else None
        if kind is None or digest in unheard:
            continue
        one, one_path = first.setdefault((kind, digest), (number, path))
        if one != number:
            evidence = {"sha256": digest, "files": [one_path, path]}
            edges.add(Edge(kind, min(one, number), max(one, number), evidence))
    return sorted(edges, key=lambda edge: (edge.kind, edge.one, edge.other))


def _is_music(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in MUSIC
