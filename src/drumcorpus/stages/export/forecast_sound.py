"""Which recordings an export can be cut from, and how long they are, without decoding any."""

from collections.abc import Callable

import duckdb
import pyarrow as pa

from drumcorpus.stages.export.audio_choice import DRUMS, MIX
from drumcorpus.vocabulary import (
    EMPTY_AUDIO,
    MISSING_AUDIO,
    NO_AUDIO,
    NO_MIX,
    TOO_SHORT,
    UNREADABLE_AUDIO,
)

CHANGED_AUDIO = "changed_audio"  # a raw file has another size than the inventory says
N_EXAMPLES = 5

# The sessions with the files of the recording that is asked for; `length` is known of a mix, which
# may be a sum.
_RECORDED = {
    DRUMS: """
    CREATE VIEW recorded AS SELECT *, NULL::DOUBLE AS length, audio_path AS named,
        coalesce(channel_paths, [audio_path]) AS own_files FROM sessions
    """,
    MIX: """
    CREATE VIEW recorded AS SELECT * REPLACE (mix_duration AS audio_duration),
        mix_duration AS length, mix_path AS named,
        coalesce(flatten(list_transform(mix_parts, lambda part:
            CASE WHEN part.path = channel_paths[1] THEN channel_paths ELSE [part.path] END)),
            [mix_path]) AS own_files
    FROM sessions
    """,
}
# Every recording of the events: a session may have several, which `audio_path` tells apart. Its
# files are the session's, where it is named by one of these.
_RECORDINGS = """
CREATE TABLE recordings AS
SELECT r.*, s.audio_duration, s.length, s.decoded, s.reason AS decoding_reason,
       CASE WHEN s.named = r.audio_path THEN s.own_files ELSE [r.audio_path] END AS files
FROM (SELECT DISTINCT source_set, session_id, audio_path, split FROM chosen) AS r
LEFT JOIN known_sessions AS s USING (source_set, session_id)
"""
_KNOWN_SESSIONS = """
CREATE TABLE known_sessions AS
SELECT source_set, session_id, audio_duration, length, named, own_files,
       coalesce(c.sampled, false) AS decoded,
       CASE WHEN c.reason <> $short THEN c.reason END AS reason
FROM recorded LEFT JOIN checked AS c USING (source_set, session_id)
"""
_CHECKED = {
    DRUMS: "CREATE VIEW checked AS FROM checks",
    MIX: "CREATE VIEW checked AS SELECT * REPLACE (mix.reason AS reason) FROM checks",
}
_FILES = """
SELECT source_set, path, i.bytes, i.path IS NULL
FROM (SELECT DISTINCT source_set, unnest(files) AS path FROM recordings
      WHERE audio_path IS NOT NULL)
LEFT JOIN inventory AS i USING (source_set, path) ORDER BY source_set, path
"""
_WITH_REASON = """
CREATE TABLE sound AS
SELECT source_set, session_id, audio_path, split, n_samples, decoded,
       CASE WHEN audio_path IS NULL THEN $no_path
            WHEN file_reason IS NOT NULL THEN file_reason
            WHEN decoding_reason IS NOT NULL THEN decoding_reason
            WHEN n_samples IS NULL THEN $unreadable
            WHEN n_samples < 1 THEN $empty END AS reason
FROM (
    SELECT r.*, CAST(round(coalesce(r.length, i.duration, r.audio_duration) * $rate) AS BIGINT)
               AS n_samples,
           b.reason AS file_reason
    FROM recordings AS r
    LEFT JOIN inventory AS i ON i.source_set = r.source_set AND i.path = r.audio_path
    LEFT JOIN (
        SELECT source_set, session_id, audio_path, min(reason) AS reason
        FROM (SELECT source_set, session_id, audio_path, unnest(files) AS path FROM recordings)
        JOIN bad_files USING (source_set, path) GROUP BY ALL
    ) AS b ON b.source_set = r.source_set AND b.session_id = r.session_id
        AND b.audio_path = r.audio_path
)
"""


def find_sound(
    con: duckdb.DuckDBPyConnection,
    audio: str,
    sample_rate_hz: int,
    size_now: Callable[[str, str], int | None] | None,
) -> dict:
    """Make the table `sound`, a row for each recording with its samples or why there are none.

    Parameters
    ----------
    con : connection
        Has the views ``chosen``, ``sessions``, ``inventory`` and ``checks``.
    audio : str
        Of the export, `audio_choice.DRUMS` or `MIX`.
    sample_rate_hz : int
        Of the export.
    size_now : callable, optional
        Bytes of a raw file by source set and path, None where it is gone. Without it none is looked
        at.

    Returns
    -------
    missing : dict
        By source set, how many ``files`` are gone or of another size, and the first ``examples``.
    """
    for view in (_RECORDED[audio], _CHECKED[audio]):
        con.execute(view)
    con.execute(_KNOWN_SESSIONS, {"short": TOO_SHORT})
    con.execute(_RECORDINGS)
    bad = []
    for source_set, path, n_bytes, is_unknown in con.execute(_FILES).fetchall():
        now = n_bytes if size_now is None or is_unknown else size_now(source_set, path)
        if is_unknown or now is None:
            bad.append((source_set, path, MISSING_AUDIO))
        elif now != n_bytes:
            bad.append((source_set, path, CHANGED_AUDIO))
    names = ("source_set", "path", "reason")
    columns = zip(*bad, strict=True) if bad else ((), (), ())
    arrays = [pa.array(column, pa.string()) for column in columns]
    con.register("bad_files", pa.Table.from_arrays(arrays, names))
    no_path = NO_MIX if audio == MIX else NO_AUDIO
    words = {"no_path": no_path, "unreadable": UNREADABLE_AUDIO, "empty": EMPTY_AUDIO}
    con.execute(_WITH_REASON, {"rate": sample_rate_hz, **words})
    missing: dict[str, dict] = {}
    for source_set, path, _ in bad:
        found = missing.setdefault(source_set, {"files": 0, "examples": []})
        found["files"] += 1
        found["examples"] += [path] if found["files"] <= N_EXAMPLES else []
    return missing
