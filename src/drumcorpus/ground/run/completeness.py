"""Whether a source set is whole: what is here, held against the counts that its card publishes.

A card lists the releases of a set, each with its published figures. What is here is held against
one of them: of those that it can be a part of the nearest, else the nearest of all. So a download
of the MIDI alone is not called a damaged one with audio.
"""

import math
import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import PurePosixPath

import pyarrow as pa

from drumcorpus.ground.files.errata import count_left_out
from drumcorpus.ground.files.tables import iter_batches
from drumcorpus.vocabulary import NO_VALUE

COMPLETE, PARTIAL, LARGER, UNKNOWN = "complete", "partial", "larger", "unknown"
STATES = (PARTIAL, LARGER, COMPLETE, UNKNOWN)  # the first that one figure has is that of the set

SESSIONS, RECORDINGS, FILES, HOURS, NOTES = "sessions", "recordings", "files", "hours", "notes"
OF_SESSIONS = (SESSIONS, RECORDINGS, HOURS)  # figures that the table of sessions has
AT_INVENTORY, AT_INGEST = (*OF_SESSIONS, FILES), (NOTES,)
PARTS = ("split", "drummer_id", "kit_id")  # columns of sessions that a card may count by
SESSION_COLUMNS = ("session_id", "audio_duration", "official_split", "errata", *PARTS)

# Sessions, recordings, files and notes are counted, and nothing is allowed. Hours are rounded
# where they are published: half of the last digit printed. And they are not measured alike: the
# same performance lasts 27.87 s by the index of Groove MIDI and 27.83 s in that of E-GMD.
HOURS_SHARE = 0.01

Release = Mapping[str, object]  # one entry of a card's `published`


def describe_completeness(
    card: Mapping,
    sessions: pa.Table,
    *,
    figures: Collection[str],
    files: Counter | None = None,
    notes: Mapping[str, int] | None = None,
) -> dict:
    """Hold what is here of a source set against what is published.

    Parameters
    ----------
    card : mapping
        Of the source set; under ``published`` its releases.
    sessions : pa.Table
        The columns SESSION_COLUMNS of the schema SESSIONS.
    figures : collection of str
        Which are compared: of AT_INVENTORY and AT_INGEST.
    files : Counter, optional
        As of `count_files`.
    notes : mapping, optional
        As of `notes_by_session`.

    Returns
    -------
    dict
        ``state`` (complete, partial, larger, unknown), ``release``, ``figures`` with what is
        ``here`` and what is ``published`` of each, ``unknown`` (why a figure is not compared) and
        ``says``, one sentence for people.
    """
    rows = sessions.select(SESSION_COLUMNS).to_pylist()
    release = choose_release(card.get("published", []), rows)
    if release is None:
        nothing = dict.fromkeys(figures, "the card publishes no count")
        return _described(None, [], nothing)
    compared = []
    unknown = {n: why for n, why in release.get("unknown", {}).items() if n in figures}
    for figure in release["figures"]:
        if figure["figure"] not in figures:
            continue
        found = _count(figure, rows, files, notes)
        state = state_of(found, figure)
        n_left_out = sum(count_left_out(r["errata"] for r in _in_part(figure, rows)).values())
        if figure["figure"] == NOTES and n_left_out and state == PARTIAL:
            state = UNKNOWN  # nobody has counted those of the sessions that are left out
            unknown[NOTES] = (
                f"sessions with known faults that are left out and not read: {n_left_out:,}"
            )
        compared.append(
            {
                **{"figure": figure["figure"], "of": name_of_part(figure)},
                **{"here": found, "published": figure["count"], "state": state},
                **{"source": figure["source"], "where": figure["where"]},
            }
        )
    return _described(release["release"], compared, unknown)


def choose_release(published: Sequence[Release], rows: list[Mapping]) -> Release | None:
    """The release that the sessions are held against; None where the card has none.

    By what the table of sessions has alone, so that inventory, ingestion and health choose one.
    Parts decide where the figures of the whole do not, for not every release has them.
    """

    def distance(release: Release) -> tuple[bool, float, float]:
        whole, parts, states = [], [], set()
        for figure in release["figures"]:
            if figure["figure"] in OF_SESSIONS:
                found, count = _count(figure, rows, None, None), figure["count"]
                state = state_of(found, figure)
                states.add(state)
                apart = 0.0 if state == COMPLETE else abs(found - count) / max(found, count)
                (parts if "part" in figure else whole).append(apart)
        of_whole = math.fsum(whole) / len(whole) if whole else math.inf
        of_parts = math.fsum(parts) / len(parts) if parts else math.inf
        return LARGER in states, of_whole, of_parts

    return min(published, key=distance, default=None)


def state_of(found: float | None, figure: Mapping) -> str:
    """Whether as much is here as is published of one figure; unknown where it was not counted."""
    if found is None:
        return UNKNOWN
    difference = round(found - figure["count"], 9)
    allowed = tolerance(figure)
    if abs(difference) <= allowed:
        return COMPLETE
    return PARTIAL if difference < 0 else LARGER


def tolerance(figure: Mapping) -> float:
    """By how much a count may differ from the published one."""
    if figure["figure"] != HOURS:
        return 0
    last_digit = 10.0 ** Decimal(str(figure["count"])).as_tuple().exponent
    return round(max(last_digit / 2, HOURS_SHARE * figure["count"]), 9)


def count_files(files: pa.Table) -> Counter:
    """Raw files that are here: ``all``, by role, and by ending, such as ``.wav``.

    Parameters
    ----------
    files : pa.Table
        ``path`` and ``role`` of the schema INVENTORY. What begins with a dot is the system's and
        no file of a set, as the shadows that macOS writes.
    """
    counts: Counter = Counter()
    for path, role in zip(files["path"].to_pylist(), files["role"].to_pylist(), strict=True):
        name = PurePosixPath(path)
        if not name.name.startswith("."):
            counts.update({"all", role or NO_VALUE, name.suffix.lower() or NO_VALUE})
    return counts


def notes_by_session(tallies: Iterable[str | os.PathLike]) -> Counter:
    """Notes or strokes that were read of each session, those that were dropped among them.

    Tables of the schema TALLIES are read one row group at a time.
    """
    counts: Counter = Counter()
    for path in tallies:
        for batch in iter_batches(path, ["session_id", "n_hits"]):
            table = pa.Table.from_batches([batch]).group_by("session_id")
            for row in table.aggregate([("n_hits", "sum")]).to_pylist():
                counts[row["session_id"]] += row["n_hits_sum"] or 0
    return counts


def name_of_part(figure: Mapping) -> str | None:
    """What part of a set a figure counts, such as ``split train`` or ``.wav``; None of all."""
    if part := figure.get("part"):
        return " ".join(f"{column} {value}" for column, value in part.items())
    return figure.get("kind")


def _count(figure: Mapping, rows: list[Mapping], files, notes) -> float | None:
    """What is here of one figure; None where nobody has counted."""
    name, members = figure["figure"], _in_part(figure, rows)
    if name == FILES:
        return None if files is None else files[figure["kind"]]
    if name == NOTES:
        return None if notes is None else sum(notes.get(row["session_id"], 0) for row in members)
    durations = [r["audio_duration"] for r in members if r["audio_duration"] is not None]
    if name == HOURS:
        return round(math.fsum(durations) / 3600, 4)
    return len(durations) if name == RECORDINGS else len(members)


def _in_part(figure: Mapping, rows: list[Mapping]) -> list[Mapping]:
    """The sessions that a figure counts. A split that was drawn is none of a publisher's."""
    part = figure.get("part", {})
    return [
        row
        for row in rows
        if all(row[column] == value for column, value in part.items())
        and ("split" not in part or row["official_split"])
    ]


def _described(release: str | None, figures: list[dict], unknown: Mapping[str, str]) -> dict:
    states = {figure["state"] for figure in figures}
    state = next((state for state in STATES if state in states), UNKNOWN)
    return {
        **{"state": state, "release": release, "figures": figures},
        **{"unknown": dict(sorted(unknown.items())), "says": _sentence(state, figures, unknown)},
    }


def _sentence(state: str, figures: list[dict], unknown: Mapping[str, str]) -> str:
    """The state, and what is missing, too much or not known."""
    wrong = [
        f"{row['figure']}{' ' + row['of'] if row['of'] else ''} {row['here']:,} of "
        f"{row['published']:,}{' published' if row['state'] == LARGER else ''}"
        for row in figures
        if row["state"] in (PARTIAL, LARGER)
    ]
    if state == UNKNOWN:
        wrong = [f"{name}: {why}" for name, why in sorted(unknown.items())]
    return f"{state}: {'; '.join(wrong)}" if wrong else state
