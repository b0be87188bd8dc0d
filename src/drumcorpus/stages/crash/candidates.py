"""Sessions that may hold two or more cymbals of a family, and why; and those that cannot.

What is known of a session, from the surest on: the source's numbers of its hits; its kit, by a
cymbal map, by its label map, or by what other sessions of the kit number; cymbals that notes or
names tell of; how the cymbals were played. Every session with a hit has one row and one reason for
each family.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import pyarrow as pa

from drumcorpus.ground.files.database import open_database, open_tables
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.crash.cymbal_maps import CymbalMap, apply_cymbal_map, entries_by_session
from drumcorpus.taxonomy import CymbalFamily, LabelMap
from drumcorpus.vocabulary import (
    CYMBAL_NAMES,
    NO_HIT,
    ONE_BY_KIT_CARD,
    ONE_BY_METADATA,
    TOO_FEW_HITS,
)

# Reasons of a candidate, and of a session that is none, in order of precedence within each.
METADATA, KIT_CARD, TECHNIQUES, UNKNOWN = "metadata", "kit_card", "techniques", "unknown"
CANDIDATES = (METADATA, KIT_CARD, CYMBAL_NAMES, TECHNIQUES, UNKNOWN)
OTHERS = (TOO_FEW_HITS, ONE_BY_METADATA, ONE_BY_KIT_CARD)

# One row per family and session with a hit of it.
CYMBAL_CANDIDATES = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("kit_id", pa.string()),
        ("family", pa.string()),
        ("n_hits", pa.int64()),
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

# Kinds of hits: few rows for each session, whatever the number of its hits.
_KINDS = """
    SELECT session_id, family, hit.source_label AS source_label,
           hit.strike_position AS strike_position, hit.cymbal AS cymbal, count(*) AS n_hits
    FROM (SELECT session_id, unnest(components) AS hit FROM events)
    JOIN families ON families.label = hit.label
    GROUP BY ALL ORDER BY ALL
"""

# A label map tells the cymbals of a session only if it has all source labels of its hits. Where
# a source set's module translates the labels first, the map lists cymbals of different kits.
_CANDIDATES = f"""
    WITH hits AS (
        SELECT k.*, s.source_set, s.kit_id, s.label_map,
               coalesce(z.zone, k.strike_position) AS zone, z.zone IS NOT NULL AS in_map
        FROM kinds k JOIN sessions s USING (session_id)
        LEFT JOIN zones z USING (label_map, source_label)
    ),
    seen AS (
        SELECT kit_id, family, count(DISTINCT cymbal) AS n_seen FROM hits
        WHERE kit_id IS NOT NULL GROUP BY ALL
    ),
    counted AS (
        SELECT source_set, session_id, kit_id, family, label_map,
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
        FROM counted LEFT JOIN seen USING (kit_id, family)
        LEFT JOIN maps m USING (label_map, family) LEFT JOIN cards c USING (session_id, family)
        LEFT JOIN named n USING (session_id, family)
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
    SELECT source_set, session_id, kit_id, family, n_hits, n_numbered, n_cymbals, n_of_kit, n_named,
           named, coalesce(n_of_kit, n_named, CASE WHEN n_numbered = n_hits THEN n_cymbals END),
           list_contains($candidates, reason), reason
    FROM judged ORDER BY source_set, session_id, list_position($families, family)
"""


def find_candidates(
    events: str | os.PathLike,
    sessions: pa.Table,
    label_maps: Mapping[str, LabelMap],
    families: Iterable[CymbalFamily],
    *,
    min_hits: int,
    use_metadata: bool,
    cymbal_maps: Iterable[CymbalMap],
    name_cymbals: Callable[[pa.Table], pa.Table],
) -> pa.Table:
    """One row for every family and session with a hit: whether it may hold two cymbals, and why.

    Parameters
    ----------
    events : path
        Table of the schema EVENTS, of one source set; read by duckdb, in parts.
    sessions : pa.Table
        SESSIONS schema, of the same source set.
    label_maps : mapping of str to LabelMap
        By the names in the column `label_map`.
    families : iterable of CymbalFamily
        Those whose cymbals are told apart.
    min_hits : int
        Fewest hits of a candidate that is not numbered; 2 or more.
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
        CYMBAL_CANDIDATES schema, in order of the session, then of `families`.

    Raises
    ------
    ValueError
        If `min_hits` is below 2, or a cymbal map does not say which of two entries holds.
    """
    if min_hits < 2:
        raise ValueError(f"min_hits {min_hits}: one hit cannot be two cymbals; allowed: 2 or more")
    families, cymbal_maps = list(families), list(cymbal_maps)
    with open_database(1, "1GB") as database:
        open_tables(database, "events", [events], EVENTS)
        database.register("families", _labels_of(families))
        kinds = database.sql(_KINDS).to_arrow_table()
        for cymbal_map in cymbal_maps:
            kinds = apply_cymbal_map(kinds, sessions, cymbal_map)
        maps = _cymbals_of_maps(label_maps, families)
        cards = _cards(kinds, sessions, families, cymbal_maps)
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
        values["families"] = [family.name for family in families]
        candidates = database.sql(_CANDIDATES, params=values).to_arrow_table()
    return candidates.rename_columns(CYMBAL_CANDIDATES.names).cast(CYMBAL_CANDIDATES)


def expected_cymbals(candidates: pa.Table) -> dict[tuple[str, str], int]:
    """How many cymbals each session is said to have, by session and family, where one says it."""
    columns = (candidates[name].to_pylist() for name in ("session_id", "family", "n_expected"))
    rows = zip(*columns, strict=True)
    return {(session_id, family): n for session_id, family, n in rows if n is not None}


def count_reasons(
    candidates: pa.Table, sessions: pa.Table, families: Iterable[CymbalFamily]
) -> dict[str, dict[str, int]]:
    """Sessions by reason, with those that have labels and no hit of the family.

    Parameters
    ----------
    candidates : pa.Table
        The columns family and reason of CYMBAL_CANDIDATES.
    sessions : pa.Table
        The column label_map of SESSIONS.
    families : iterable of CymbalFamily

    Returns
    -------
    counts : dict
        Of each family: `candidates`, then every reason, also those of no session.
    """
    rows = candidates.group_by(["family", "reason"]).aggregate([([], "count_all")]).to_pylist()
    counts = {(row["family"], row["reason"]): row["count_all"] for row in rows}
    n_labelled = len(sessions) - sessions["label_map"].null_count
    by_family = {}
    for family in families:
        reasons = {r: counts.get((family.name, r), 0) for r in (*CANDIDATES, *OTHERS)}
        by_family[family.name] = {
            "candidates": sum(reasons[reason] for reason in CANDIDATES),
            **reasons,
            NO_HIT: max(n_labelled - sum(reasons.values()), 0),
        }
    return by_family


def total_reasons(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """What `count_reasons` gives, of all families together."""
    totals: Counter[str] = Counter()
    for reasons in counts.values():
        totals.update(reasons)
    return dict(totals)


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


def _labels_of(families: list[CymbalFamily]) -> pa.Table:
    rows = [
        {"label": label, "family": family.name} for family in families for label in family.labels
    ]
    return _strings(rows, "label", "family")


def _cymbals_of_maps(label_maps: Mapping[str, LabelMap], families: list[CymbalFamily]) -> pa.Table:
    """How many cymbals of each family a label map tells apart; no row where it leaves that open."""
    rows = []
    for name, label_map in label_maps.items():
        for family in families:
            strokes = label_map.strokes.values()
            numbers = {stroke.cymbal for stroke in strokes if stroke.label in family.labels}
            cymbals = numbers - {None}
            if len(cymbals) > 1 or (cymbals and cymbals == numbers):
                row = {"label_map": name, "family": family.name, "n_cymbals": len(cymbals)}
                rows.append(row)
    return _strings(rows, "label_map", "family", n_cymbals=pa.int32())


def _cards(
    kinds: pa.Table,
    sessions: pa.Table,
    families: list[CymbalFamily],
    cymbal_maps: list[CymbalMap],
) -> pa.Table:
    """How many cymbals of a family the entry of a cymbal map that holds for a session names.

    An entry that hides one number and names only one cymbal gives no row: there may be more. What
    it says of a source label counts for the families of its hits; of one without hits, for all.
    Notes beside the sounds give no row either: what they say of the kit is counted with the names.
    """
    families_of: dict[str, set[str]] = {}
    for row in kinds.select(["source_label", "family"]).to_pylist():
        families_of.setdefault(row["source_label"], set()).add(row["family"])
    everything = {family.name for family in families}
    counts = {}
    for cymbal_map in cymbal_maps:
        for session_id, entry in entries_by_session(sessions, cymbal_map).items():
            numbers: dict[str, set[int | None]] = {}
            is_entry = entry is not None and not entry.is_exact
            for source_label, number in entry.cymbals.items() if is_entry else ():
                for family in families_of.get(source_label, everything):
                    numbers.setdefault(family, set()).add(number)
            for family, values in numbers.items():
                cymbals = values - {None}
                if len(cymbals) > 1 or (cymbals and cymbals == values):
                    counts[session_id, family] = len(cymbals)
    rows = [
        {"session_id": session_id, "family": family, "n_cymbals": count}
        for (session_id, family), count in counts.items()
    ]
    return _strings(rows, "session_id", "family", n_cymbals=pa.int32())


def _without_cymbals(kinds: pa.Table) -> pa.Table:
    column = kinds.schema.get_field_index("cymbal")
    return kinds.set_column(column, "cymbal", pa.nulls(len(kinds), pa.int32()))


def _strings(rows: list[dict], *names: str, **others: pa.DataType) -> pa.Table:
    fields = [*((name, pa.string()) for name in names), *others.items()]
    return pa.Table.from_pylist(rows, pa.schema(fields))
