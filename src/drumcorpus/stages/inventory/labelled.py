"""Sessions of a source set whose labels a model made: those that it has predictions of."""

from collections.abc import Mapping

import pyarrow as pa

from drumcorpus.ground.files.errata import LEAVE_OUT


def labelled_by_model(sessions: pa.Table, staged: Mapping) -> pa.Table:
    """The sessions as they are labelled by a model, and by nothing else.

    One without predictions has no labels, nor has one that a known fault leaves out.

    Parameters
    ----------
    sessions : pa.Table
        Schema SESSIONS.
    staged : mapping
        The document of the predictions, with ``label_map`` and ``sessions``.
    """
    labelled = {row["session_id"] for row in staged["sessions"]}
    names = [
        staged["label_map"] if row["session_id"] in labelled and not _is_left_out(row) else None
        for row in sessions.select(["session_id", "errata"]).to_pylist()
    ]
    place = sessions.schema.get_field_index("label_map")
    return sessions.set_column(place, sessions.schema.field(place), pa.array(names, pa.string()))


def _is_left_out(session: Mapping) -> bool:
    return any(row["action"] == LEAVE_OUT for row in session["errata"] or ())
