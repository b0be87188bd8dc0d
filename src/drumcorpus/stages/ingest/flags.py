"""Flags: what is wrong around a file or a session whose strokes are used all the same."""

from collections import Counter
from collections.abc import Mapping

import pyarrow as pa

from drumcorpus.ground.files.errata import FLAG

CANCEL = "channels_cancel"  # a column of the sessions, and the flag of those that have it


def flags_of(session: Mapping, defects: Mapping[str, int]) -> list[dict]:
    """Rows of the schema FLAGS of one session, in order.

    Parameters
    ----------
    session : mapping
        A row of the schema SESSIONS.
    defects : mapping
        What its reader has found around the strokes of its annotation, and how often.
    """
    key = {name: session[name] for name in ("source_set", "session_id")}
    rows = [
        key | {"path": session["annotation_path"], "flag": flag, "n": n, "detail": None}
        for flag, n in sorted(defects.items())
    ]
    if session[CANCEL]:
        rows.append(key | {"path": session["audio_path"], "flag": CANCEL, "n": 1})
    for row in session["errata"] or ():
        if row["action"] == FLAG:
            detail = f"{row['status']} by {row['source']}"
            rows.append(key | {"flag": row["reason"], "n": 1, "detail": detail})
    return rows


def count_flags(flags: pa.Table) -> dict[str, int]:
    """Rows of the schema FLAGS, which are files or sessions, by flag."""
    return dict(sorted(Counter(flags["flag"].to_pylist()).items()))
