"""Whether event ids, or hits of one recording, stand in several rows: 16 bytes of each event.

Keys of 64 bits are compared first, which is fast and can only overrate: what is equal has one key.
Where fewer keys are distinct than there are rows, the rows are compared value by value elsewhere.
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.columns import mixed, numbers
from drumcorpus.vocabulary import NO_VALUE

_WORD = 8  # bytes


class EventKeys:
    """A key of the id of every event, and one of its onset in its recording.

    Parameters
    ----------
    n_events : int
        That will be added.
    """

    def __init__(self, n_events: int):
        self._keys = np.empty((2, n_events), np.uint64)
        self._n_added = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the events of a batch of `schemas.EVENTS`."""
        rows = slice(self._n_added, self._n_added + batch.num_rows)
        self._keys[0, rows] = keys_of_text(batch["event_id"])
        onset = numbers(batch["onset_time"], null=np.nan) + 0.0  # of -0.0 as of 0.0
        audio, session = batch["audio_path"], keys_of_names(batch["session_id"], b"session")
        recording = np.where(numbers(audio.is_valid()) > 0, keys_of_names(audio, b"audio"), session)
        keys = mixed(keys_of_names(batch["source_set"], b"set") + recording)
        self._keys[1, rows] = mixed(keys + mixed(onset.view(np.uint64)))
        self._n_added += batch.num_rows

    def some_repeat(self) -> tuple[bool, bool]:
        """Whether two ids may be equal, and two hits; the keys are gone after that."""
        with ThreadPoolExecutor(len(self._keys)) as pool:
            ids, hits = pool.map(_has_equal, self._keys)
        return ids, hits


def _has_equal(keys: np.ndarray) -> bool:
    """Whether two keys are equal; they are in order after that."""
    keys.sort()
    return bool((keys[1:] == keys[:-1]).any())


def keys_of_text(column: pa.Array) -> np.ndarray:
    """A key of each text of a column whose texts hardly repeat, (n_rows,)."""
    content = column.buffers()[2]
    offsets = np.frombuffer(column.buffers()[1], np.int32)
    offsets = offsets[column.offset : column.offset + len(column) + 1]
    lengths = np.diff(offsets)
    length = int(lengths[0]) if len(lengths) else 0
    if column.null_count or not _WORD <= length <= 3 * _WORD or (lengths != length).any():
        return np.array([key_of(text, b"id") for text in column.to_pylist()], np.uint64)
    letters = np.frombuffer(content, np.uint8)[offsets[0] : offsets[-1]].reshape(-1, length)
    keys = np.zeros(len(letters), np.uint64)
    for start in sorted({0, (length - _WORD) // 2, length - _WORD}):
        word = np.ascontiguousarray(letters[:, start : start + _WORD]).view(np.uint64)[:, 0]
        keys = mixed(keys + word)
    return keys


def keys_of_names(column: pa.Array, kind: bytes) -> np.ndarray:
    """A key of each name of a column, best as a dictionary, (n_rows,)."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    names = [*column.dictionary.to_pylist(), None]
    keys = np.array([key_of(name, kind) for name in names], np.uint64)
    return keys[numbers(column.indices, null=-1)]


@lru_cache(maxsize=100_000)
def key_of(name: str | None, kind: bytes) -> int:
    """64 bits of a name; of none as of that which stands for none."""
    text = (NO_VALUE if name is None else name).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8, person=kind).digest(), "little")
