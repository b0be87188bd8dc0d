"""The whole search: by names, by equal files, by sound, by strokes; each over what is joined."""

import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from drumcorpus.ground.files.database import open_database, open_tables
from drumcorpus.ground.files.tables import iter_batches, read_table
from drumcorpus.schemas import FINGERPRINTS, INVENTORY
from drumcorpus.stages.splits.equal_files import equal_file_edges
from drumcorpus.stages.splits.families import DRUMMER, GROUP, KIT, Edge, equal_values, find_families
from drumcorpus.stages.splits.near_audio import near_audio_edges
from drumcorpus.stages.splits.near_strokes import near_stroke_edges
from drumcorpus.stages.splits.pairs import number_sessions
from drumcorpus.stages.splits.settings import SearchSettings

UNHEARD = {
    "silent_files": "silent_files",
    "unreadable_files": "unreadable_stems",
}  # columns of the fingerprints
_COLUMNS = [
    *("source_set", "session_id", "group_id", "split", "official_split"),
    *("drummer_id", "kit_id", "style"),
]


def read_sessions(paths: Sequence[str]) -> list[dict]:
    """The sessions of all source sets of a manifest, in order of source set and session.

    Parameters
    ----------
    paths : sequence of path
        SESSIONS tables.

    Raises
    ------
    ValueError
        If a session stands in two of them.
    """
    rows = [row for path in paths for row in read_table(path, _COLUMNS).to_pylist()]
    rows.sort(key=lambda row: (row["source_set"], row["session_id"]))
    keys = Counter((row["source_set"], row["session_id"]) for row in rows)
    twice = [f"{source_set}/{name}" for (source_set, name), n in keys.items() if n > 1]
    if twice:
        raise ValueError(f"sessions that are listed twice: {', '.join(twice[:5])}")
    return rows


def find_edges(
    sessions: Sequence[Mapping],
    inventories: list[str],
    fingerprints: list[str],
    search: SearchSettings,
    *,
    isolate: Sequence[str],
    threads: int,
    memory_limit: str,
    spill_dir: str | os.PathLike | None = None,
) -> list[Edge]:
    """What joins the sessions of a manifest, in order.

    Parameters
    ----------
    sessions : sequence of dict
        Of `read_sessions`.
    inventories, fingerprints : list of path
        INVENTORY and FINGERPRINTS tables of the same source sets.
    search : SearchSettings
    isolate : sequence of str
        `drummer` and `kit`, where sessions of one must stay in one split.
    threads, memory_limit, spill_dir
        As of `database.open_database`.

    Raises
    ------
    ValueError
        If a table has not the schema it should have; the message names file and column.
    """
    keys = [(session["source_set"], session["session_id"]) for session in sessions]
    numbers = {key: number for number, key in enumerate(keys)}
    edges = equal_values(GROUP, [session["group_id"] for session in sessions], "group_id")
    unheard, n_onsets = _facts(fingerprints, numbers)
    with open_database(threads, memory_limit, spill_dir) as database:
        open_tables(database, "inventory", inventories, INVENTORY)
        open_tables(database, "fingerprints", fingerprints, FINGERPRINTS)
        edges += equal_file_edges(
            database, numbers, unheard, n_onsets, min_onsets=search.min_onsets
        )
        # Sessions that are joined already need no second reason: all is searched by families.
        number_sessions(database, keys, find_families(len(keys), edges))
        edges += near_audio_edges(database, search.audio)
        number_sessions(database, keys, find_families(len(keys), edges))
        edges += near_stroke_edges(database, search.strokes)
    for kind, column in ((DRUMMER, "drummer_id"), (KIT, "kit_id")):
        if kind in isolate:
            edges += equal_values(kind, [session[column] for session in sessions], column)
    return edges


def count_audio_reasons(fingerprints: Sequence[str]) -> dict[str, Counter]:
    """By source set, the sessions without landmarks by reason."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for path in fingerprints:
        for batch in iter_batches(path, ["source_set", "audio_reason"]):
            for source_set, reason in zip(*(c.to_pylist() for c in batch.columns), strict=True):
                if reason is not None:
                    counts[source_set][reason] += 1
    return dict(counts)


def find_unreadable(fingerprints: Sequence[str]) -> dict[str, list[str]]:
    """By source set, the sessions of which a file that was read cannot be decoded, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    names = ["source_set", "session_id", "unreadable_files"]
    for path in fingerprints:
        for batch in iter_batches(path, names):
            columns = (column.to_pylist() for column in batch.columns)
            for source_set, session_id, files in zip(*columns, strict=True):
                if files:
                    found[source_set].append(session_id)
    return {name: sorted(sessions) for name, sessions in sorted(found.items())}


def count_unheard_files(fingerprints: Sequence[str]) -> dict[str, dict[str, int]]:
    """By source set, how many files of the sessions are silent, and how many unreadable."""
    digests: dict[str, dict[str, set[str]]] = defaultdict(lambda: {name: set() for name in UNHEARD})
    for path in fingerprints:
        for batch in iter_batches(path, ["source_set", *UNHEARD.values()]):
            for row in batch.to_pylist():
                for name, column in UNHEARD.items():
                    digests[row["source_set"]][name].update(row[column] or ())
    return {
        source_set: {name: len(found) for name, found in of_set.items()}
        for source_set, of_set in sorted(digests.items())
    }


def _facts(fingerprints, numbers) -> tuple[set[str], dict[int, int]]:
    """Digests of files in which nothing is heard, and the onsets of every session by its number."""
    unheard: set[str] = set()
    n_onsets = {}
    for path in fingerprints:
        names = ["source_set", "session_id", *UNHEARD.values(), "stroke_times"]
        for batch in iter_batches(path, names):
            columns = {name: batch[name] for name in names}
            for name in UNHEARD.values():
                unheard.update(columns[name].flatten().to_pylist())
            counts = columns["stroke_times"].value_lengths().to_pylist()
            keys = zip(*(columns[name].to_pylist() for name in names[:2]), strict=True)
            n_onsets |= {
                numbers[key]: n for key, n in zip(keys, counts, strict=True) if key in numbers
            }
    return unheard, n_onsets
