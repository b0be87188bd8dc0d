"""Near-duplicates by strokes: sessions whose onsets coincide once their clocks are fitted."""

from collections.abc import Iterable, Iterator, Mapping

import duckdb
import numpy as np

from drumcorpus.stages.splits.families import NEAR_STROKES, Edge
from drumcorpus.stages.splits.onset_patterns import Alignment, align
from drumcorpus.stages.splits.pairs import keep_telling_hashes, rows_by_slices

# Of a family only the first session that has a pattern: its copies have it too.
_PATTERNS = """
    CREATE OR REPLACE TEMP TABLE hashes AS
    SELECT min(number) AS number, family, hash FROM (
        SELECT number, family, unnest(pattern_hashes) AS hash
        FROM numbered JOIN fingerprints USING (source_set, session_id))
    GROUP BY family, hash
"""
_ALIKE = """
    WITH alike AS (
        SELECT a.number AS one, b.number AS other, count(*) AS shared
        FROM kept a JOIN kept b ON a.hash = b.hash AND a.number < b.number AND a.family <> b.family
        WHERE a.number BETWEEN $first AND $last
        GROUP BY one, other HAVING shared >= $min_shared
    )
    SELECT one, other, shared / least(x.size, y.size) AS likeness
    FROM alike JOIN sizes x ON x.number = one JOIN sizes y ON y.number = other
    WHERE likeness >= $min_likeness
    QUALIFY row_number() OVER (PARTITION BY one ORDER BY likeness DESC, other) <= $max_tried
"""
_PATTERN_SIZES = """
    CREATE OR REPLACE TEMP TABLE sizes AS
    SELECT number, len(pattern_hashes) AS size
    FROM numbered JOIN fingerprints USING (source_set, session_id)
"""
_STROKES = """
    SELECT number, stroke_times, stroke_classes
    FROM numbered JOIN fingerprints USING (source_set, session_id)
    WHERE list_contains($wanted, number)
"""


def near_stroke_edges(
    database: duckdb.DuckDBPyConnection,
    *,
    max_families: int,
    min_shared: int,
    min_likeness: float,
    max_tried: int,
    alignment: Mapping,
) -> list[Edge]:
    """Pairs of sessions whose strokes coincide once their clocks are fitted.

    Parameters
    ----------
    database, max_families
        As of `near_audio.near_audio_edges`, of patterns.
    min_shared : int
    min_likeness : float
        Fewest patterns in common, and least share of those of the session that has fewer, of a
        pair that is aligned.
    max_tried : int
        Most pairs of a session with later ones that are aligned, the likest first.
    alignment : mapping
        Of `is_copy`, and `max_stretch` of `onset_patterns.align`.
    """
    database.execute(_PATTERNS)
    keep_telling_hashes(database, max_families)
    database.execute(_PATTERN_SIZES)
    limits = {"min_shared": min_shared, "min_likeness": min_likeness, "max_tried": max_tried}
    ranked = sorted(rows_by_slices(database, _ALIKE, limits), key=lambda row: (-row[2], row[:2]))
    pairs = [(one, other) for one, other, _ in ranked]
    return [
        Edge(NEAR_STROKES, one, other, _evidence(found))
        for one, other, found in _aligned(database, pairs, alignment)
        if is_copy(found, **{key: alignment[key] for key in alignment if key != "max_stretch"})
    ]


def is_copy(
    found: Alignment,
    *,
    min_share: float,
    min_covered: float,
    max_chance_log10: float,
    loop_share: float,
    min_loop_share: float,
    min_whole_onsets: int,
) -> bool:
    """Whether two performances that are aligned are one.

    Parameters
    ----------
    min_share : float
        Least share of onsets that coincide.
    min_covered : float
        Least part of the performance with fewer onsets that lies in common time.
    max_chance_log10 : float
        Largest decimal logarithm of the probability that they coincide by chance.
    loop_share : float
        Where another alignment reaches this share, the music is on a grid and repeats itself, so
        that what coincides says less:
    min_loop_share : float
        then so large a share of the onsets must coincide, and of their classes, and so improbably;
        or else all of both performances is in common time, nearly without an exception,
    min_whole_onsets : int
        and has so many onsets.
    """
    near = found.near
    if near.share < min_share or found.covered_short < min_covered:
        return False
    if near.second < loop_share:
        return found.chance <= max_chance_log10
    if min(near.share, found.classes) < min_loop_share:
        return False
    is_whole = found.onsets >= min_whole_onsets and found.covered >= min_loop_share
    exceptions = 1 - min(near.share, found.classes)
    return found.chance <= max_chance_log10 or (is_whole and exceptions <= (1 - min_loop_share) / 3)


def _aligned(
    database, pairs: list[tuple[int, int]], alignment: Mapping
) -> Iterator[tuple[int, int, Alignment]]:
    """The alignments of pairs, where there are any."""
    strokes = _strokes(database, {number for pair in pairs for number in pair})
    for one, other in pairs:
        found = align(
            *strokes[one],
            *strokes[other],
            max_stretch=alignment["max_stretch"],
            min_share=alignment["min_share"],
        )
        if found is not None:
            yield one, other, found


def _strokes(database, wanted: Iterable[int]) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Onsets and classes of the sessions of these numbers."""
    strokes = database.sql(_STROKES, params={"wanted": sorted(wanted)}).to_arrow_table()
    return {
        number: (np.asarray(times, np.int64), np.asarray(classes, np.int64))
        for number, times, classes in zip(
            strokes["number"].to_pylist(),
            (row.values.to_numpy() for row in strokes["stroke_times"]),
            (row.values.to_numpy() for row in strokes["stroke_classes"]),
            strict=True,
        )
    }


def _evidence(found: Alignment) -> dict:
    return {
        "share": round(found.near.share, 3),
        "at_another_alignment": round(found.near.second, 3),
        "equal_classes": round(found.classes, 3),
        "onsets": round(found.onsets),
        "chance_log10": round(found.chance, 1),
        "tempo_ratio": round(found.scale, 4),
        "offset_s": round(found.offset_ms / 1000, 3),
    }
