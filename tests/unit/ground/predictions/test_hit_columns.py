"""Hits that are read batch by batch are those of all batches, each with its score or without."""

import numpy as np
import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import count_values, write_table
from drumcorpus.ground.predictions.hit_columns import HitBuffer, join_hits, make_hits
from drumcorpus.schemas import EVENTS


def batch(session, n, score=None):
    numbers = np.arange(n)
    return make_hits(np.full(n, session), numbers, numbers / 4, numbers / 10, numbers, score)


def test_a_buffer_has_what_was_added_in_order():
    parts = [batch(0, 3), batch(1, 0), batch(2, 2)]
    buffer = HitBuffer(9)
    for part in parts:
        buffer.add(part)
    hits, joined = buffer.hits(), join_hits(parts)
    assert parts == []
    assert hits.session.tolist() == [0, 0, 0, 2, 2]
    assert hits.onset.tolist() == [0, 250_000, 500_000, 0, 250_000]
    for name in ("session", "label", "onset", "velocity", "polyphony"):
        assert getattr(hits.long_times(), name).dtype == getattr(joined, name).dtype
        assert (getattr(hits, name) == getattr(joined, name)).all()
    assert hits.score is None and joined.score is None
    assert len(HitBuffer(0).hits()) == len(join_hits([])) == 0


@pytest.mark.parametrize("last", [1_800.0, 1_800.000001, 86_400.0])
def test_times_are_whole_however_late(last):
    """After half an hour 32 bits hold no µs with a window around it."""
    buffer = HitBuffer(4)
    for times in ([0.5], [last, last], [0.25]):
        buffer.add(make_hits([0] * len(times), [0] * len(times), times))
    hits = buffer.hits()
    assert hits.onset.dtype == (np.int32 if last == 1_800 else np.int64)
    assert hits.onset.tolist() == [500_000, *[round(last * 1e6)] * 2, 250_000]
    assert hits.long_times().onset.dtype == np.int64


def test_what_came_without_a_score_has_none_before_and_after_what_had_one():
    buffer = HitBuffer(6)
    for part in (batch(0, 1), batch(1, 2, [0.5, 0.25]), batch(2, 1)):
        buffer.add(part)
    assert buffer.hits().score.tolist() == pytest.approx([np.nan, 0.5, 0.25, np.nan], nan_ok=True)


def test_as_many_values_as_components_and_events_without_one(tmp_path):
    components = [[{"label": "kick"}, {"label": "snare"}], [], [{"label": "kick"}]]
    rows = [{"event_id": str(n), "components": of} for n, of in enumerate(components)]
    write_table(tmp_path / "t.parquet", pa.Table.from_pylist(rows, EVENTS))
    assert count_values(tmp_path / "t.parquet", "components.list.element.label") == 4
    with pytest.raises(ValueError, match=r"the column parts.list.element.label is missing"):
        count_values(tmp_path / "t.parquet", "parts.list.element.label")
