"""Near-duplicates by strokes: sessions whose onsets coincide once their clocks are fitted."""

from collections.abc import Iterable, Iterator

import duckdb
import numpy as np

from drumcorpus.stages.splits.families import Edge
from drumcorpus.stages.splits.onset_patterns import Alignment, align
from drumcorpus.stages.splits.pairs import keep_telling_hashes, rows_by_slices
from drumcorpus.stages.splits.settings import AlignmentSettings, StrokeSettings
from drumcorpus.vocabulary import NEAR_STROKES

# Of a family, only the first session with a pattern is kept: its copies have the pattern too.
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
    settings: StrokeSettings,
) -> list[Edge]:
    """Pairs of sessions whose strokes coincide once their clocks are fitted.

    Parameters
    ----------
    database
        As of `near_audio.near_audio_edges`.
    settings : StrokeSettings
    """
    database.execute(_PATTERNS)
    keep_telling_hashes(database, settings.max_families)
    database.execute(_PATTERN_SIZES)
    names = ("min_shared", "min_likeness", "max_tried")
    limits = {name: getattr(settings, name) for name in names}
    ranked = sorted(rows_by_slices(database, _ALIKE, limits), key=lambda row: (-row[2], row[:2]))
    pairs = [(one, other) for one, other, _ in ranked]
    return [
        Edge(NEAR_STROKES, one, other, _evidence(alignment))
        for one, other, alignment in _aligned(database, pairs, settings.alignment)
        if is_copy(alignment, settings.alignment)
    ]


def is_copy(alignment: Alignment, settings: AlignmentSettings) -> bool:
    """Whether two aligned performances are one and the same."""
    near, least_loop = alignment.near, settings.min_loop_share
    if near.share < settings.min_share or alignment.covered_short < settings.min_covered:
        return False
    is_improbable = alignment.chance <= settings.max_chance_log10
    if near.second < settings.loop_share:
        return is_improbable
    if min(near.share, alignment.classes) < least_loop:
        return False
    is_whole = alignment.onsets >= settings.min_whole_onsets and alignment.covered >= least_loop
    exceptions = 1 - min(near.share, alignment.classes)
    return is_improbable or (is_whole and exceptions <= (1 - least_loop) / 3)


def _aligned(
    database, pairs: list[tuple[int, int]], settings: AlignmentSettings
) -> Iterator[tuple[int, int, Alignment]]:
    """The alignments of pairs, where there are any."""
    strokes = _strokes(database, {number for pair in pairs for number in pair})
    for one, other in pairs:
        alignment = align(
            *strokes[one],
            *strokes[other],
            max_stretch=settings.max_stretch,
            min_share=settings.min_share,
        )
        if alignment is not None:
            yield one, other, alignment


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


def _evidence(alignment: Alignment) -> dict:
    return {
        "share": round(alignment.near.share, 3),
        "at_another_alignment": round(alignment.near.second, 3),
        "equal_classes": round(alignment.classes, 3),
        "onsets": round(alignment.onsets),
        "chance_log10": round(alignment.chance, 1),
        "tempo_ratio": round(alignment.scale, 4),
        "offset_s": round(alignment.offset_ms / 1000, 3),
    }
