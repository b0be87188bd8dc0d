"""The table of sessions of an export: what each is, whose it is, and the files that it rests on."""

from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.schemas import FLAGS, SESSIONS
from drumcorpus.sessions import mix_files
from drumcorpus.stages.export.audio_choice import DRUMS, MIX

# One row per recording, which is one per session but where a session has sound files of its own for
# some strokes.
EXPORT_SESSIONS = pa.schema(
    [
        ("session_id", pa.string()),
        ("source_set", pa.string()),
        ("sample_id", pa.string()),  # where the session is one sample; else null
        ("split", pa.string()),
        ("group_id", pa.string()),
        ("kit_id", pa.string()),
        ("drummer_id", pa.string()),
        ("style", pa.string()),
        ("duration", pa.float64()),  # s of sound; null where there is none
        ("n_events", pa.int64()),
        ("n_strokes", pa.int64()),  # components struck
        ("license", pa.string()),
        ("redistributable", pa.bool_()),
        ("label_method", pa.string()),
        ("is_synthetic", pa.bool_()),
        ("recording", pa.string()),  # drums, or mix; null where there is none
        # Of the sound: the file that was opened, relative to the set's root; the first of
        # `audio_files` where several mono files are one recording. A mix that is a sum is named by
        # one of them, and the notes say with which gains they were added.
        ("audio_path", pa.string()),
        ("audio_sha256", pa.string()),
        ("audio_files", pa.list_(pa.struct([("path", pa.string()), ("sha256", pa.string())]))),
        ("annotation_path", pa.string()),
        ("annotation_sha256", pa.string()),
        ("metadata_ref", pa.string()),  # of the provenance: provenance:<source_set>/<session_id>
        ("notes", pa.list_(pa.string())),
        ("errata", SESSIONS.field("errata").type),
        # What was found wrong around its files.
        (
            "flags",
            pa.list_(
                pa.struct(
                    [
                        FLAGS.field("flag"),
                        FLAGS.field("path"),
                        FLAGS.field("n"),
                        FLAGS.field("detail"),
                    ]
                )
            ),
        ),
    ]
)
_KEY = ["source_set", "session_id", "audio_path"]
_OF_SESSION = ("group_id", "kit_id", "drummer_id", "style", "is_synthetic", "notes", "errata")
_OF_EVENTS = ("license", "redistributable", "label_method")


def export_sessions(
    recordings: pa.Table,
    events: pa.Table,
    sessions: pa.Table,
    *,
    flags: pa.Table | None = None,
    of_set: Mapping | None = None,
) -> pa.Table:
    """The rows of one shard's recordings, by source set, session and audio path.

    Parameters
    ----------
    recordings : pa.Table
        One row per recording: `source_set`, `session_id`, `audio_path` as the events have it, and
        `split`. Where they are there: `sample_id`; `duration` in seconds, for which the session's
        own stands elsewhere; and `sound_path`, the file that was opened if it is another, as a full
        mix is.
    events : pa.Table
        Schema EVENTS: all events of the recordings; others may be among them.
    sessions : pa.Table
        Schema SESSIONS.
    flags : pa.Table, optional
        Schema FLAGS.
    of_set : mapping, optional
        `license`, `redistributable` and `label_method` of recordings without an event.

    Raises
    ------
    ValueError
        If a recording's session is not in `sessions`, a recording stands twice, or a file that it
        rests on is not among the files of its session.
    """
    counts = _counts(events)
    by_session = {(row["source_set"], row["session_id"]): row for row in sessions.to_pylist()}
    flags_by_session: dict[tuple, list[dict]] = {}
    for row in flags.to_pylist() if flags is not None else ():
        flags_by_session.setdefault((row["source_set"], row["session_id"]), []).append(row)
    rows = {}
    for recording in recordings.to_pylist():
        key = tuple(recording[name] for name in _KEY)
        session = by_session.get(key[:2])
        if session is None:
            raise ValueError(f"{key[0]}: session {key[1]!r} is in no table of sessions")
        if key in rows:
            raise ValueError(f"{key[0]}: the recording {key[2]!r} of session {key[1]!r} twice")
        counted = counts.get(key, {"n_events": 0, "n_strokes": 0} | dict(of_set or {}))
        rows[key] = (
            {name: session[name] for name in _OF_SESSION}
            | {name: counted.get(name) for name in ("n_events", "n_strokes", *_OF_EVENTS)}
            | {name: recording.get(name) for name in ("sample_id", "split", *_KEY[:2])}
            | {"duration": _duration(recording, session)}
            | _files(recording, session)
            | {"metadata_ref": f"provenance:{key[0]}/{key[1]}"}
            | {"flags": flags_by_session.get(key[:2], [])}
        )
    ordered = [rows[key] for key in sorted(rows, key=lambda key: (*key[:2], key[2] or ""))]
    return pa.Table.from_pylist(ordered, EXPORT_SESSIONS)


def gather_sessions(tables: Iterable[pa.Table]) -> pa.Table:
    """The tables of all shards as one, by source set, session and audio path.

    Raises
    ------
    ValueError
        If a sample stands twice.
    """
    table = pa.concat_tables([EXPORT_SESSIONS.empty_table(), *tables])
    counts = pc.value_counts(pc.drop_null(table["sample_id"].combine_chunks()))
    twice = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(twice):
        raise ValueError(f"the sample {twice.field('values')[0]} stands twice in the sessions")
    return table.sort_by([(name, "ascending") for name in _KEY])


def _counts(events: pa.Table) -> dict[tuple, dict]:
    """Events and strokes of each recording, and what its events say of it."""
    names = [*_KEY, *_OF_EVENTS]
    strokes = pc.fill_null(pc.list_value_length(events["components"]), 0)
    table = events.select(names).append_column("n_strokes", strokes.cast(pa.int64()))
    grouped = table.group_by(_KEY, use_threads=False).aggregate(
        [([], "count_all"), ("n_strokes", "sum"), *((name, "first") for name in _OF_EVENTS)]
    )
    renamed = {"count_all": "n_events", "n_strokes_sum": "n_strokes"} | {
        f"{name}_first": name for name in _OF_EVENTS
    }
    grouped = grouped.rename_columns([renamed.get(name, name) for name in grouped.column_names])
    return {tuple(row[name] for name in _KEY): row for row in grouped.to_pylist()}


def _duration(recording: Mapping, session: Mapping) -> float | None:
    known = recording.get("duration")
    if known is None and recording["audio_path"] == session["audio_path"]:
        return session["audio_duration"]
    return known


def _files(recording: Mapping, session: Mapping) -> dict:
    """The files of sound and labels with their digests."""
    digests = {file["path"]: file["sha256"] for file in session["files"] or ()}
    sound = recording.get("sound_path") or recording["audio_path"]
    paths = [] if sound is None else [sound]
    is_mix = sound is not None and sound == session["mix_path"]
    channels = session["channel_paths"] or []
    if is_mix:
        paths = mix_files(session)
    elif sound in channels[:1]:
        paths = channels
    annotation = session["annotation_path"]
    missing = [path for path in [*paths, annotation] if path is not None and path not in digests]
    if missing:
        raise ValueError(
            f"{session['source_set']}: {missing[0]!r} is not among the files of session "
            f"{session['session_id']!r}"
        )
    return {
        "recording": None if sound is None else MIX if is_mix else DRUMS,
        "audio_path": sound,
        "audio_sha256": digests.get(sound),
        "audio_files": [{"path": path, "sha256": digests[path]} for path in paths],
        "annotation_path": annotation,
        "annotation_sha256": digests.get(annotation),
    }
