"""Sessions that may hold two or more crash cymbals, and why; and those that cannot.

What is known of a session, from the surest on: the source's numbers of its crash hits; its kit, by
a cymbal map, by its label map, or by what other sessions of the kit number; cymbals that notes or
names tell of; how its crashes were played. Every session with a crash hit has one row and one
reason.
"""

import os
from collections.abc import Callable, Iterable, Mapping

import pyarrow as pa

from drumcorpus.ground.files.database import open_database, open_tables
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.crash.cymbal_maps import CymbalMap, apply_cymbal_map, entries_by_session
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import (
    CYMBAL_NAMES,
    NO_CRASH,
    ONE_BY_KIT_CARD,
    ONE_BY_METADATA,
    TOO_FEW_HITS,
)

# Reasons of a candidate, and of a session that is none, in order of precedence within each.
METADATA, KIT_CARD, TECHNIQUES, UNKNOWN = "metadata", "kit_card", "techniques", "unknown"
CANDIDATES = (METADATA, KIT_CARD, CYMBAL_NAMES, TECHNIQUES, UNKNOWN)
OTHERS = (TOO_FEW_HITS, ONE_BY_METADATA, ONE_BY_KIT_CARD)

# One row per session with a crash hit.
CRASH_CANDIDATES = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("kit_id", pa.string()),
        ("n_crash_hits", pa.int64()),
        ("n_numbered_hits", pa.int64()),  # of which the source or a cymbal map tells the cymbal
        ("n_cymbals_by_metadata", pa.int32()),  # different numbers among these
        ("n_cymbals_of_kit", pa.int32()),  # null where nothing tells
        ("n_cymbals_named", pa.int32()),  # by notes and names; null where these do not say
        ("named_cymbals", pa.list_(pa.string())),  # by these, in words
        # How many there are by the surest of these that says; null where none does.
        ("n_expected", pa.int32()),
        ("candidate", pa.bool_()),
        ("reason", pa.string()),
    ]
)

# Kinds of crash hits: few rows for each session, whatever the number of its hits.
_KINDS = """
    SELECT session_id, hit.source_label AS source_label, hit.strike_position AS strike_position,
           hit.cymbal AS cymbal, count(*) AS n_hits
    FROM (SELECT session_id, unnest(components) AS hit FROM events)
    WHERE list_contains($labels, hit.label)
    GROUP BY ALL ORDER BY ALL
"""

# A label map tells the cymbals of a session only if it has all source labels of its crashes. Where
# a source set's module translates the labels first, the map lists cymbals of different kits.
_CANDIDATES = f"""
    WITH hits AS (
        SELECT k.*, s.source_set, s.kit_id, s.label_map,
               coalesce(z.zone, k.strike_position) AS zone, z.zone IS NOT NULL AS in_map
        FROM kinds k JOIN sessions s USING (session_id)
        LEFT JOIN zones z USING (label_map, source_label)
    ),
    seen AS (
        SELECT kit_id, count(DISTINCT cymbal) AS n_seen FROM hits
        WHERE kit_id IS NOT NULL GROUP BY kit_id
    ),
    counted AS (
        SELECT source_set, session_id, kit_id, label_map,
               sum(n_hits)::BIGINT AS n_hits,
               coalesce(sum(n_hits) FILTER (cymbal IS NOT NULL), 0)::BIGINT AS n_numbered,
               count(DISTINCT cymbal) AS n_cymbals, count(DISTINCT source_label) AS n_labels,
               count(DISTINCT coalesce(zone, '')) AS n_zones, bool_and(in_map) AS in_map
        FROM hits GROUP BY ALL
    ),
    with_kit AS (
        SELECT counted.*,
               coalesce(c.n_cymbals, CASE WHEN in_map THEN m.n_cymbals END,
                        CASE WHEN n_seen > 1 THEN n_seen END)::INTEGER AS n_of_kit,
               n.n_cymbals AS n_named, coalesce(n.named, []) AS named
        FROM counted LEFT JOIN seen USING (kit_id) LEFT JOIN maps m USING (label_map)
        LEFT JOIN cards c USING (session_id) LEFT JOIN named n USING (session_id)
    ),
    judged AS (
        SELECT *, CASE
            WHEN n_cymbals > 1 THEN '{METADATA}'
            WHEN n_hits < $min_hits THEN '{TOO_FEW_HITS}'
            WHEN n_of_kit > 1 THEN '{KIT_CARD}'
            WHEN n_named > 1 THEN '{CYMBAL_NAMES}'
            WHEN n_numbered = n_hits THEN '{ONE_BY_METADATA}'
            WHEN n_of_kit = 1 THEN '{ONE_BY_KIT_CARD}'
            WHEN n_labels > 1 AND n_zones > 1 THEN '{TECHNIQUES}'
            ELSE '{UNKNOWN}' END AS reason
        FROM with_kit
    )
    SELECT source_set, session_id, kit_id, n_hits, n_numbered, n_cymbals, n_of_kit, n_named, named,
           coalesce(n_of_kit, n_named, CASE WHEN n_numbered = n_hits THEN n_cymbals END),
           list_contains($candidates, reason), reason
    FROM judged ORDER BY source_set, session_id
"""


def find_crash_candidates(
    events: str | os.PathLike,
    sessions: pa.Table,
    label_maps: Mapping[str, LabelMap],
    crash_labels: Iterable[str],
    *,
    min_hits: int,
    use_metadata: bool,
    cymbal_maps: Iterable[CymbalMap],
    name_cymbals: Callable[[pa.Table], pa.Table],
) -> pa.Table:
    """One row for every session with a crash hit: whether it may hold two cymbals, and why.

    Parameters
    ----------
    events : path
        Table of the schema EVENTS, of one source set; read by duckdb, in parts.
    sessions : pa.Table
        SESSIONS schema, of the same source set.
    label_maps : mapping of str to LabelMap
        By the names in the column `label_map`.
    crash_labels : iterable of str
        The labels of the taxonomy that mean a crash.
    min_hits : int
        Fewest crash hits of a candidate that is not numbered; 2 or more.
    use_metadata : bool
        False hides all that the source and the maps say of the cymbals, for benchmarks.
    cymbal_maps : iterable of CymbalMap
        Each overrides what the ones before it say.
    name_cymbals : callable
        From the crash hits' sessions and source labels to NAMED_CYMBALS, as of
        `kit_notes.name_cymbals`.

    Returns
    -------
    candidates : pa.Table
        CRASH_CANDIDATES schema, in order of the session.

    Raises
    ------
    ValueError
        If `min_hits` is below 2, or a cymbal map does not say which of two entries holds.
    """
    if min_hits < 2:
        raise ValueError(f"min_hits {min_hits}: one hit cannot be two cymbals; allowed: 2 or more")
    crash_labels, cymbal_maps = list(crash_labels), list(cymbal_maps)
    with open_database(1, "1GB") as database:
        open_tables(database, "events", [events], EVENTS)
        kinds = database.sql(_KINDS, params={"labels": crash_labels}).to_arrow_table()
        for cymbal_map in cymbal_maps:
            kinds = apply_cymbal_map(kinds, sessions, cymbal_map)
        maps, cards = _cymbals_of_maps(label_maps, crash_labels), _cards(sessions, cymbal_maps)
        named = name_cymbals(kinds if use_metadata else kinds.slice(0, 0))
        if not use_metadata:
            kinds = _without_cymbals(kinds)
            maps, cards = maps.slice(0, 0), cards.slice(0, 0)
        columns = ["source_set", "session_id", "kit_id", "label_map"]
        database.register("kinds", kinds)
        database.register("sessions", sessions.select(columns))
        database.register("zones", _zones(label_maps))
        database.register("maps", maps)
        database.register("cards", cards)
        database.register("named", named)
        values = {"min_hits": min_hits, "candidates": list(CANDIDATES)}
        candidates = database.sql(_CANDIDATES, params=values).to_arrow_table()
    return candidates.rename_columns(CRASH_CANDIDATES.names).cast(CRASH_CANDIDATES)


def expected_cymbals(candidates: pa.Table) -> dict[str, int]:
    """How many cymbals each session is said to have, by session_id, where anything says it."""
    pairs = zip(*(candidates[n].to_pylist() for n in ("session_id", "n_expected")), strict=True)
    return {session_id: count for session_id, count in pairs if count is not None}


def count_reasons(candidates: pa.Table, sessions: pa.Table) -> dict[str, int]:
    """Sessions by reason, with those that have labels and no crash.

    Returns
    -------
    counts : dict
        `candidates`, then every reason, also those of no session.
    """
    rows = candidates.group_by("reason").aggregate([([], "count_all")]).to_pylist()
    counts = {row["reason"]: row["count_all"] for row in rows}
    n_labelled = len(sessions) - sessions["label_map"].null_count
    return {
        "candidates": sum(counts.get(reason, 0) for reason in CANDIDATES),
        **{reason: counts.get(reason, 0) for reason in (*CANDIDATES, *OTHERS)},
        NO_CRASH: max(n_labelled - candidates.num_rows, 0),
    }


def _zones(label_maps: Mapping[str, LabelMap]) -> pa.Table:
    """Where and how each source label strikes, as one text."""
    rows = [
        {
            "label_map": name,
            "source_label": source_label,
            "zone": " ".join([stroke.strike_position or "", *sorted(stroke.techniques)]),
        }
        for name, label_map in label_maps.items()
        for source_label, stroke in label_map.strokes.items()
    ]
    return _strings(rows, "label_map", "source_label", "zone")


def _cymbals_of_maps(label_maps: Mapping[str, LabelMap], crash_labels: list[str]) -> pa.Table:
    """How many crash cymbals each label map tells apart; no row where it leaves that open."""
    rows = []
    for name, label_map in label_maps.items():
        strokes = [stroke for stroke in label_map.strokes.values() if stroke.label in crash_labels]
        numbers = {stroke.cymbal for stroke in strokes}
        cymbals = numbers - {None}
        if len(cymbals) > 1 or (cymbals and cymbals == numbers):
            rows.append({"label_map": name, "n_cymbals": len(cymbals)})
    return _strings(rows, "label_map", n_cymbals=pa.int32())


def _cards(sessions: pa.Table, cymbal_maps: list[CymbalMap]) -> pa.Table:
    """How many cymbals the entry of a cymbal map that holds for a session names.

    An entry that hides one number and names only one cymbal gives no row: there may be more. Notes
    beside the sounds give none either: what they say of the kit is counted with the names.
    """
    counts = {}
    for cymbal_map in cymbal_maps:
        for session_id, entry in entries_by_session(sessions, cymbal_map).items():
            numbers = set(entry.cymbals.values()) if entry and not entry.is_exact else set()
            cymbals = numbers - {None}
            if len(cymbals) > 1 or (cymbals and cymbals == numbers):
                counts[session_id] = len(cymbals)
    rows = [{"session_id": name, "n_cymbals": count} for name, count in counts.items()]
    return _strings(rows, "session_id", n_cymbals=pa.int32())


def _without_cymbals(kinds: pa.Table) -> pa.Table:
    column = kinds.schema.get_field_index("cymbal")
    return kinds.set_column(column, "cymbal", pa.nulls(len(kinds), pa.int32()))


def _strings(rows: list[dict], *names: str, **others: pa.DataType) -> pa.Table:
    fields = [*((name, pa.string()) for name in names), *others.items()]
    return pa.Table.from_pylist(rows, pa.schema(fields))
