"""Sessions whose labels a model made."""

import pyarrow as pa

from drumcorpus.schemas import SESSIONS
from drumcorpus.stages.inventory.labelled import labelled_by_model


def test_sessions_with_predictions_have_their_label_map_and_the_others_none():
    fault = {"reason": "wrong_audio", "status": "verified", "source": "us"}
    rows = [
        {"session_id": "a", "label_map": None, "notes": ["n"]},
        {"session_id": "b", "label_map": "track_instruments"},
        {"session_id": "c", "label_map": None, "errata": [fault | {"action": "leave_out"}]},
        {"session_id": "d", "label_map": None, "errata": [fault | {"action": "flag"}]},
    ]
    sessions = pa.Table.from_pylist(rows, SESSIONS)
    staged = {"label_map": "adtof5", "sessions": [{"session_id": name} for name in "acd"]}
    labelled = labelled_by_model(sessions, staged)
    assert labelled["label_map"].to_pylist() == ["adtof5", None, None, "adtof5"]
    assert labelled.drop_columns("label_map").equals(sessions.drop_columns("label_map"))
    assert labelled.schema == SESSIONS
