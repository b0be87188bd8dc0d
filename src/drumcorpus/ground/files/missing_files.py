"""Sessions that lack their sound, or their annotation, by name."""

from collections.abc import Mapping

import pyarrow as pa

from drumcorpus.ground.files.paths import is_sound_file
from drumcorpus.vocabulary import ANNOTATION, AUDIO, MISSING_ANNOTATION, MISSING_AUDIO, NO_AUDIO

# Reasons of the quarantine that say it in so many words.
_KINDS = {MISSING_AUDIO: AUDIO, MISSING_ANNOTATION: ANNOTATION}
SESSION_COLUMNS = ("session_id", "audio_duration", "notes")


def missing_files(sessions: pa.Table, quarantine: pa.Table) -> list[dict]:
    """The sessions of a source set without sound, and what its layout or index promises of them.

    A session without an annotation is no session of the tables: it is known by its refusal alone.

    Parameters
    ----------
    sessions : pa.Table
        The columns SESSION_COLUMNS of the schema SESSIONS.
    quarantine : pa.Table
        QUARANTINE schema, of the same source set.

    Returns
    -------
    list of dict
        One for each session and ``kind`` (annotation, audio), in this order and by
        ``session_id``: ``reason``, as in the quarantine, or ``no_audio`` where no file is refused;
        ``paths`` of the refused files, sorted; ``detail``, that of the first of them, or the notes
        of the session. All of them, however many.
    """
    rows = sessions.select(SESSION_COLUMNS).to_pylist()
    silent = {row["session_id"]: row for row in rows if row["audio_duration"] is None}
    refused: dict[tuple[str, str], list[Mapping]] = {}
    for row in quarantine.to_pylist():
        session_id = row["session_id"]
        kind = _KINDS.get(row["reason"])
        if kind is None and session_id in silent and is_sound_file(row["path"]):
            kind = AUDIO
        if kind is not None and session_id is not None:
            refused.setdefault((kind, session_id), []).append(row)
    missing = [_described(*key, found) for key, found in refused.items()]
    missing += [
        {
            **{"kind": AUDIO, "session_id": session_id, "reason": NO_AUDIO, "paths": []},
            "detail": "; ".join(row["notes"] or []) or None,
        }
        for session_id, row in silent.items()
        if (AUDIO, session_id) not in refused
    ]
    return sorted(missing, key=lambda row: (row["kind"], row["session_id"]))


def _described(kind: str, session_id: str, refused: list[Mapping]) -> dict:
    first, *_ = sorted(refused, key=lambda row: (row["path"], row["reason"], row["detail"] or ""))
    return {
        **{"kind": kind, "session_id": session_id, "reason": first["reason"]},
        "paths": sorted({row["path"] for row in refused}),
        "detail": first["detail"],
    }
