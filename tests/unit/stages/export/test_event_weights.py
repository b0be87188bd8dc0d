"""Weights of events by session, wherever in the table its events stand."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.stages.export.event_weights import EventWeights, with_weights

STROKES = pa.list_(pa.struct([("event_id", pa.string()), ("label", pa.string())]))


def write(path, sessions, group):
    """Event n has the weight n + 0.5."""
    n = len(sessions)
    columns = [
        pa.array([f"e{row}" for row in range(n)], pa.string()),
        pa.array(sessions, pa.string()),
        pa.array(np.arange(n) + 0.5),
    ]
    table = pa.table(columns, names=["event_id", "session_id", "weight"])
    pq.write_table(table, path, row_group_size=group)
    return EventWeights(path)


@settings(deadline=None)
@given(
    sessions=st.lists(st.sampled_from(["s1", "s2", "s3"]), max_size=20),
    group=st.integers(1, 25),
    wanted=st.lists(st.sampled_from(["s1", "s2", "s3", "s4"]), unique=True),
)
def test_the_events_of_sessions_have_their_weights(tmp_path_factory, sessions, group, wanted):
    weights = write(tmp_path_factory.mktemp("weights") / "a.parquet", sessions, group)
    ids, values = weights.of_sessions(wanted)
    expected = {f"e{n}": n + 0.5 for n, name in enumerate(sessions) if name in wanted}
    assert dict(zip(ids.to_pylist(), values[:-1].tolist(), strict=True)) == expected
    assert np.isnan(values[-1])


def test_a_clip_has_the_weight_of_its_event_and_a_segment_the_mean_of_its_events(tmp_path):
    weights = write(tmp_path / "a.parquet", ["s1", "s2", "s1", "s3"], 2)
    struck = [["e0", "e2", "e2"], ["e0", "e9", "e2"], ["e1"], [], ["e9"]]
    records = pa.table(
        {
            "session_id": ["s1", "s1", "s2", "s1", "s1"],
            "event_id": ["e0", None, None, None, "e9"],
            "strokes": pa.array(
                [[{"event_id": event, "label": "kick"} for event in each] for each in struck],
                STROKES,
            ),
            "weight": pa.nulls(5, pa.float64()),
        }
    )
    expected = [0.5, (0.5 + 2.5) / 2, 1.5, None, None]
    assert with_weights(records, weights)["weight"].to_pylist() == expected


def test_a_table_without_sessions_is_refused(tmp_path):
    pq.write_table(pa.table({"event_id": ["e0"], "weight": [1.0]}), tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=r"a\.parquet: the column session_id is missing"):
        EventWeights(tmp_path / "a.parquet")
