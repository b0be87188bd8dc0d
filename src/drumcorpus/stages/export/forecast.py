"""What an export will hold, said before any sound is decoded.

It rests on the manifest, on the sessions and on the inventory, whose lengths were read from the
heads of the files. What only decoding shows is known as far as the audio checks have decoded.
"""

import os
from collections.abc import Callable, Iterable, Mapping

from drumcorpus.ground.files.database import in_quotes, open_database, open_tables, select
from drumcorpus.schemas import AUDIO_CHECKS, EVENTS, INVENTORY, SESSIONS
from drumcorpus.stages.export.audio_choice import make_chosen_view
from drumcorpus.stages.export.forecast_sound import N_EXAMPLES, find_sound
from drumcorpus.stages.export.limits import limit_figures, make_limited_view
from drumcorpus.stages.export.statistics import figures_of
from drumcorpus.vocabulary import NO_VALUE, ONSET_BEFORE_START, ONSET_PAST_END

SCHEMA = "drumcorpus.export_forecast/1"
BYTES_OF_PCM = {"wav16": 2, "wav24": 3, "flac": 2}
WAV_HEADER_BYTES = 44
# Of FLAC to PCM of 16 bit: the mean of the eight drum tracks of MDB Drums at hand, 0.23 to 0.64.
FLAC_RATIO = 0.4

# Every event with what becomes of it: null where its onset is inside its recording.
_PLACED = """
CREATE VIEW placed AS
SELECT split, source_set, session_id, event_id, labels,
       coalesce(reason, CASE WHEN place < 0 THEN {before} WHEN place >= n_samples THEN {past} END)
       AS outcome
FROM (
    SELECT e.split, e.source_set, e.session_id, e.event_id, s.reason, s.n_samples,
           floor(e.onset_time * {rate} + 0.5) AS place,
           list_transform(e.components, lambda c: c.label) AS labels
    FROM chosen AS e JOIN sound AS s ON e.source_set = s.source_set
        AND e.session_id = s.session_id AND e.split IS NOT DISTINCT FROM s.split
        AND e.audio_path IS NOT DISTINCT FROM s.audio_path
)
"""
_STROKES = """
SELECT split, source_set, CAST(sum(len(labels)) AS BIGINT) FROM placed WHERE outcome IS NULL
GROUP BY ALL ORDER BY ALL
"""
_LABELS = """
SELECT split, label, count(*) FROM
    (SELECT split, unnest(labels) AS label FROM placed WHERE outcome IS NULL)
WHERE label IN (SELECT unnest($labels)) GROUP BY ALL ORDER BY ALL
"""
_UNKNOWN_LABELS = f"""
SELECT source_set, label, count(*) AS strokes, min(event_id, {N_EXAMPLES}) AS examples FROM
    (SELECT source_set, event_id, coalesce(unnest(labels), $no_value) AS label FROM placed)
WHERE label NOT IN (SELECT unnest($labels)) GROUP BY ALL ORDER BY ALL
"""
_WITHOUT = f"""
SELECT source_set, outcome AS reason, count(*) AS events, min(event_id, {N_EXAMPLES}) AS examples
FROM placed WHERE outcome IS NOT NULL GROUP BY ALL ORDER BY ALL
"""


def forecast_export(
    manifest: str | os.PathLike,
    sessions: Iterable[str | os.PathLike],
    inventories: Iterable[str | os.PathLike],
    audio_checks: Iterable[str | os.PathLike] = (),
    *,
    unit: str,
    audio: str,
    sample_rate_hz: int,
    n_channels: int,
    encoding: str,
    preroll_ms: Mapping[str, float] | None,
    postroll_ms: Mapping[str, float] | None,
    seconds: float | None = None,
    overlap: float | None = None,
    n_forms: int = 1,
    limit: int | None,
    class_maps: Mapping[str, Mapping],
    threads: int,
    memory_limit: str,
    flac_ratio: float = FLAC_RATIO,
    size_now: Callable[[str, str], int | None] | None = None,
) -> dict:
    """Estimate the samples, seconds and bytes of an export, and name what it will lack.

    Sound is counted, labels are not.

    Parameters
    ----------
    manifest : path
        Parquet in the schema EVENTS.
    sessions, inventories, audio_checks : iterable of path
        The tables SESSIONS, INVENTORY and AUDIO_CHECKS of its source sets, as Parquet.
    unit : str
        clip, segment or session.
    audio : str
        drums or mix: which recording.
    sample_rate_hz, n_channels : int
    encoding : str
        wav16, wav24 or flac.
    preroll_ms, postroll_ms : mapping or None
        Of clips: milliseconds of every label; of an event's components the longest counts.
    seconds, overlap : float, optional
        Of segments.
    n_forms : int
        How often the sound is written: once in each form.
    limit : int, optional
        Events that the export is limited to, as of `limits.limit_sessions`.
    class_maps : mapping
        As of `statistics.measure_samples`, ``components`` among them.
    threads : int
        Threads of duckdb.
    memory_limit : str
        What it may hold before it goes to disk.
    flac_ratio : float
        Bytes of FLAC to those of the same sound as PCM of 16 bit.
    size_now : callable, optional
        ``source_set, path -> bytes`` of a raw file as it is now, None where it is gone.

    Returns
    -------
    forecast : dict
        ``unit``; ``limit``, as of `limits.limit_figures`, or None; the figures in the form of
        `statistics.measure_samples`, but that ``strokes`` and ``label_counts`` have each stroke
        once; ``events_without_sound``: by source set and reason
        the events and the first of them; ``missing_files``: by source set how many recordings'
        files are gone or of another size, and the first; ``unknown_labels``: by source set and
        label the strokes and the first events; ``decoded_sessions``: of how many the audio checks
        have decoded the sound.

    Raises
    ------
    ValueError
        If the unit or the encoding is none, a segment has no length, or a table has not the schema
        it should have.
    """
    _check(unit, encoding, seconds)
    labels = list(class_maps["components"]["of"])
    with open_database(threads, memory_limit) as con:
        limits = None
        open_tables(con, "events", [manifest], EVENTS)
        open_tables(con, "sessions", list(sessions), SESSIONS)
        make_chosen_view(con, "events", "chosen" if limit is None else "all_chosen", audio)
        if limit is not None:
            limits = make_limited_view(con, "all_chosen", "chosen", limit, unit)
        open_tables(con, "inventory", list(inventories), INVENTORY)
        checks = list(audio_checks)
        if checks:
            open_tables(con, "checks", checks, AUDIO_CHECKS)
        else:
            con.register("checks", AUDIO_CHECKS.empty_table())
        missing = find_sound(con, audio, sample_rate_hz, size_now)
        con.execute(
            _PLACED.format(
                rate=int(sample_rate_hz),
                before=in_quotes(ONSET_BEFORE_START),
                past=in_quotes(ONSET_PAST_END),
            )
        )
        bytes_of = _bytes_expression(encoding, n_channels, flac_ratio)
        if unit == "clip":
            before, after = (
                _longest(lengths, sample_rate_hz) for lengths in (preroll_ms, postroll_ms)
            )
            samples = f"SELECT *, {before} + {after} AS n, 1 AS windows FROM placed"
        else:
            samples = f"SELECT *, {_window(unit, sample_rate_hz, seconds, overlap)} FROM sound"
        of_labels = con.execute(_LABELS, {"labels": labels}).fetchall()
        rows = {
            "sums": _sums(con, unit, samples, bytes_of, sample_rate_hz, n_forms),
            "sessions": con.execute(_sessions(unit)).fetchall(),
            "labels": of_labels,
            "event_labels": of_labels if unit == "clip" else (),
            "without": con.execute(_without(unit)).fetchall(),
        }
        unknown = {"labels": labels, "no_value": NO_VALUE}
        return {
            "schema": SCHEMA,
            "unit": unit,
            "limit": None if limits is None else limit_figures(limits, limit),
            **figures_of(rows, class_maps),
            "events_without_sound": select(con, _WITHOUT),
            "missing_files": missing,
            "unknown_labels": select(con, _UNKNOWN_LABELS, unknown),
            "decoded_sessions": _decoded(con),
        }


def _check(unit: str, encoding: str, seconds: float | None) -> None:
    if unit not in ("clip", "segment", "session"):
        raise ValueError(f"unit {unit!r}; allowed: clip, segment, session")
    if encoding not in BYTES_OF_PCM:
        raise ValueError(f"encoding {encoding!r}; allowed: {', '.join(BYTES_OF_PCM)}")
    if unit == "segment" and not seconds:
        raise ValueError("seconds: a segment needs its length in seconds")


def _longest(lengths_ms: Mapping[str, float], sample_rate_hz: int) -> str:
    """SQL: the longest time, in samples, of the labels of an event; the shortest without any."""
    samples = {label: round(ms * sample_rate_hz / 1000) for label, ms in lengths_ms.items()}
    if len(set(samples.values())) == 1:
        return str(min(samples.values()))
    cases = " ".join(f"WHEN {in_quotes(label)} THEN {n}" for label, n in samples.items())
    longest = f"list_max(list_transform(labels, lambda l: CASE l {cases} END))"
    return f"coalesce({longest}, {min(samples.values())})"


def _window(unit: str, sample_rate_hz: int, seconds: float | None, overlap: float | None) -> str:
    """SQL: length of the windows of a recording, and their number."""
    if unit == "session":
        return "n_samples AS n, 1 AS windows"
    length = round(seconds * sample_rate_hz)
    step = length - round((overlap or 0) * sample_rate_hz)
    if step < 1:
        raise ValueError(f"overlap: got {overlap}; it must be below seconds, {seconds}")
    number = f"greatest(1, 1 + (n_samples - {length} + {step - 1}) // {step})"
    return f"{length} AS n, {number} AS windows"


def _bytes_expression(encoding: str, n_channels: int, flac_ratio: float) -> str:
    """SQL: the size of a file of `n` samples; a WAV is filled up to an even number of bytes."""
    pcm = f"n * {BYTES_OF_PCM[encoding] * int(n_channels)}"
    if encoding == "flac":
        return f"CAST(round({pcm} * {float(flac_ratio)}) AS BIGINT)"
    return f"{WAV_HEADER_BYTES} + {pcm} + ({pcm}) % 2"


def _reason(unit: str) -> str:
    return "outcome" if unit == "clip" else "reason"


def _sums(con, unit: str, samples: str, bytes_of: str, sample_rate_hz: int, n_forms: int) -> list:
    """Rows as `statistics.figures_of` takes them; the strokes are those of the manifest."""
    strokes = {tuple(keys): n for *keys, n in con.execute(_STROKES).fetchall()}
    query = f"""
    SELECT split, source_set, sum(windows), sum(windows * n), sum(windows * ({bytes_of}))
    FROM ({samples}) WHERE {_reason(unit)} IS NULL GROUP BY ALL ORDER BY ALL
    """
    return [
        (split, name, sample_rate_hz, int(n), strokes.get((split, name), 0), sound, size * n_forms)
        for split, name, n, sound, size in con.execute(query).fetchall()
    ]


def _sessions(unit: str) -> str:
    table = "placed" if unit == "clip" else "sound"
    return f"""
    SELECT split, source_set, count(DISTINCT session_id) FROM {table}
    WHERE {_reason(unit)} IS NULL GROUP BY ALL ORDER BY ALL
    """


def _without(unit: str) -> str:
    table, reason = "placed" if unit == "clip" else "sound", _reason(unit)
    return f"""
    SELECT split, source_set, {reason}, count(*) FROM {table}
    WHERE {reason} IS NOT NULL GROUP BY ALL ORDER BY ALL
    """


def _decoded(con) -> dict:
    n_sessions, n_decoded = con.execute(
        "SELECT count(*), count_if(decoded) FROM (SELECT DISTINCT source_set, session_id, decoded "
        "FROM sound WHERE audio_path IS NOT NULL)"
    ).fetchone()
    return {"sessions": n_sessions, "decoded": n_decoded}
