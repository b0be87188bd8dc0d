"""Near-duplicates by sound: sessions whose landmarks coincide at one shift in time."""

import duckdb

from drumcorpus.ground.sound.landmarks import FRAMES_PER_SECOND
from drumcorpus.stages.splits.families import Edge
from drumcorpus.stages.splits.pairs import keep_telling_hashes, rows_by_slices
from drumcorpus.stages.splits.settings import AudioSettings
from drumcorpus.vocabulary import NEAR_AUDIO

_LANDMARKS = """
    CREATE OR REPLACE TEMP TABLE hashes AS
    SELECT number, family, unnest(landmark_hashes) AS hash, unnest(landmark_frames) AS frame
    FROM numbered JOIN fingerprints USING (source_set, session_id)
"""
_SIZES = """
    CREATE OR REPLACE TEMP TABLE sizes AS
    SELECT number, count(DISTINCT frame // $frames_per_second) AS seconds, count(*) AS landmarks
    FROM hashes GROUP BY number
"""
# Per pair and lag, of which the copy's are within a frame of each other: the landmarks that
# coincide, and the seconds in which they do.
_BEST_LAGS = """
    WITH pairs AS (
        SELECT a.number AS one, b.number AS other, a.frame, b.frame - a.frame AS lag
        FROM kept a JOIN kept b ON a.hash = b.hash AND a.number < b.number AND a.family <> b.family
        WHERE a.number BETWEEN $first AND $last
        QUALIFY count(*) OVER (PARTITION BY a.number, b.number) >= $min_landmarks
    ), around AS (
        SELECT one, other, lag + near AS lag, frame
        FROM pairs, (VALUES (-1), (0), (1)) AS nearby(near)
    ), coinciding AS MATERIALIZED (
        SELECT one, other, lag, count(*) AS landmarks,
               count(DISTINCT frame // $frames_per_second) AS seconds
        FROM around GROUP BY one, other, lag HAVING count(*) >= 2
    ), best AS (
        SELECT one, other, arg_max(lag, (landmarks, seconds, -abs(lag))) AS lag
        FROM coinciding GROUP BY one, other
    )
    SELECT b.one, b.other, b.lag, any_value(c.landmarks) FILTER (c.lag = b.lag) AS coinciding,
           coalesce(max(c.landmarks) FILTER (abs(c.lag - b.lag) > $apart), 0),
           any_value(c.seconds) FILTER (c.lag = b.lag),
           least(any_value(x.seconds), any_value(y.seconds)),
           least(any_value(x.landmarks), any_value(y.landmarks))
    FROM best b JOIN coinciding c USING (one, other)
    JOIN sizes x ON x.number = b.one JOIN sizes y ON y.number = b.other
    GROUP BY b.one, b.other, b.lag HAVING coinciding >= $min_landmarks
"""
_APART_FRAMES = 25  # 0.2 s: another lag is farther than this from the best


def near_audio_edges(
    database: duckdb.DuckDBPyConnection,
    settings: AudioSettings,
) -> list[Edge]:
    """Pairs of sessions whose landmarks coincide at one lag.

    Parameters
    ----------
    database
        With the view ``fingerprints`` of the schema FINGERPRINTS, and the sessions that
        `number_sessions` has told it.
    settings : AudioSettings
    """
    frames = {"frames_per_second": FRAMES_PER_SECOND}
    database.execute(_LANDMARKS)
    database.execute(_SIZES, frames)
    keep_telling_hashes(database, settings.max_families)
    limits = {"apart": _APART_FRAMES, "min_landmarks": settings.min_landmarks}
    rows = rows_by_slices(database, _BEST_LAGS, limits | frames)
    edges = []
    for one, other, lag, landmarks, second, seconds, of_seconds, of_landmarks in rows:
        is_long = seconds >= max(settings.min_seconds, settings.min_share * of_seconds)
        is_most = landmarks >= max(
            2 * settings.min_landmarks, settings.min_landmark_share * of_landmarks
        )
        if landmarks >= settings.min_contrast * second and (
            is_long or (is_most and min(seconds, of_seconds) >= 2)
        ):
            evidence = {
                "lag_s": round(lag / FRAMES_PER_SECOND, 3),
                "landmarks": landmarks,
                "at_another_lag": second,
                "seconds": seconds,
                "of_seconds": of_seconds,
            }
            edges.append(Edge(NEAR_AUDIO, one, other, evidence))
    return edges
