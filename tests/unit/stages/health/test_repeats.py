"""Keys of events: equal where the events are, and of few bytes."""

import numpy as np
import pyarrow as pa
import pytest

from drumcorpus.schemas import EVENTS
from drumcorpus.stages.health.repeats import EventKeys, keys_of_text

ROW = {"event_id": "e0", "source_set": "s", "session_id": "a", "audio_path": "x", "onset_time": 1.0}


def may_repeat(*changes: dict) -> tuple[bool, bool]:
    """What is said of rows that differ in this, half of them in a batch of their own."""
    rows = [ROW | {"event_id": f"e{place}"} | change for place, change in enumerate(changes)]
    batch = pa.RecordBatch.from_pylist(rows, EVENTS)
    keys = EventKeys(len(rows))
    for part in (batch.slice(0, len(rows) // 2), batch.slice(len(rows) // 2)):
        keys.add(part)
    return keys.some_repeat()


@pytest.mark.parametrize(
    ("one", "other", "hits"),
    [
        ({}, {}, True),
        ({"onset_time": 0.0}, {"onset_time": -0.0}, True),
        ({"onset_time": None}, {"onset_time": None}, True),
        ({"onset_time": 2.0}, {}, False),
        ({"audio_path": "y"}, {}, False),
        ({"source_set": "t"}, {}, False),
        ({"session_id": "b"}, {}, True),  # of one recording
        ({"audio_path": None}, {"audio_path": None}, True),
        ({"audio_path": None, "session_id": "b"}, {"audio_path": None}, False),
        ({"audio_path": None, "session_id": "x"}, {}, False),  # a recording of the session's name
    ],
    ids=str,
)
def test_hits_repeat_at_one_onset_of_one_recording(one, other, hits):
    assert may_repeat(one, other) == (False, hits)


def test_ids_repeat_over_batches_and_recordings():
    changes = [{"event_id": "e", "onset_time": float(row)} for row in range(2)]
    assert may_repeat(*changes) == (True, False)
    assert may_repeat(*changes, {"onset_time": 9.0}) == (True, False)


@pytest.mark.parametrize("length", [1, 7, 8, 9, 16, 20, 24, 25, 64])
def test_every_letter_of_a_text_counts_in_its_key(length):
    text = "0123456789abcdef" * 4
    texts = [text[:length]] + [
        f"{text[:place]}x{text[place + 1 : length]}" for place in range(length)
    ]
    column = pa.array([*texts, texts[0]])
    assert [len(text) for text in texts] == [length] * (length + 1)
    keys = keys_of_text(column)
    assert len(np.unique(keys)) == length + 1
    assert keys[0] == keys[-1]
    assert keys_of_text(column.slice(1)).tolist() == keys[1:].tolist()


def test_texts_of_several_lengths_and_none_have_keys():
    keys = keys_of_text(pa.array(["a", "bb", None, "a", "", "0123456789"]))
    assert len(set(keys.tolist())) == 5
    assert keys[0] == keys[3]
    assert keys_of_text(pa.array([], pa.string())).tolist() == []
