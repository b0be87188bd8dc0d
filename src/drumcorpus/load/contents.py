"""The encoded sound of samples: from a file each, from tar shards, or from Parquet shards.

Each class has ``content(row)``, the bytes of one sample; ``places()``, shard and place in it of
every sample, and ``n_shards``, so that what lies together is read together; and ``hold(n)``, which
says among how many neighbours samples are about to be drawn.
Files are read at a position and never by a shared cursor, and none is opened before it is needed,
so that processes that were forked, or get a copy, read beside one another.
"""

import os
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from drumcorpus.load.errors import UnreadableSample
from drumcorpus.load.parquet_index import places_of_values
from drumcorpus.load.tar_index import members_of

# Files that one process holds open, and row groups of Parquet that it keeps for the next sample.
OPEN_FILES = 32
ROW_GROUPS = 2
# The encoded sound in a Parquet shard.
SOUND_COLUMN = "audio.bytes"


class FileContents:
    """A file for each sample; `names` are paths below `root`."""

    def __init__(self, root: Path, names: pa.Array):
        self._root, self._names = root, names
        self.n_shards = len(names)

    def hold(self, n_samples: int) -> None:
        """Nothing is held."""

    def content(self, row: int) -> bytes:
        """The bytes of one sample; OSError if the file is not to be read."""
        return (self._root / self._names[row].as_py()).read_bytes()

    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Shard and place in it of every sample; here each is for itself."""
        rows = np.arange(len(self._names))
        return rows, np.zeros_like(rows)


class _Opened:
    """Open files of this process, the ones used last."""

    def __init__(self, opener, close):
        self._opener, self._close = opener, close
        self._files, self._process = OrderedDict(), None

    def __getitem__(self, path: Path):
        if self._process != os.getpid():  # what was opened before a fork belongs to the parent
            self._files, self._process = OrderedDict(), os.getpid()
        if path not in self._files:
            self._files[path] = self._opener(path)
            while len(self._files) > OPEN_FILES:
                self._close(self._files.popitem(last=False)[1])
        self._files.move_to_end(path)
        return self._files[path]

    def __reduce__(self):
        return _Opened, (self._opener, self._close)


def _open_to_read(path):
    return os.open(path, os.O_RDONLY)


def _open_parquet(path):
    return pq.ParquetFile(path)


def _close_parquet(file):
    file.close()


class _Shards:
    """Samples in shards. Where each stands is noted when the first of its shard is read."""

    def __init__(self, root: Path, shards: pa.Array, sample_ids: pa.Array, files: _Opened):
        names = sorted(pc.unique(shards).to_pylist())
        self._shards = names
        self._shard_ids = pc.index_in(shards, value_set=pa.array(names, pa.string())).to_numpy()
        self._root, self._sample_ids, self._files = root, sample_ids, files
        self.n_shards = len(names)
        self._noted: set[int] = set()
        # Of every sample two numbers; a dict of them all would take gigabytes in large exports.
        self._at = np.full((len(sample_ids), 2), -1, np.int64)

    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Shard and place in it; samples stand in the order of the records."""
        return self._shard_ids, np.arange(len(self._shard_ids))

    def _place_of(self, row: int) -> tuple[int, int]:
        shard = int(self._shard_ids[row])
        if shard not in self._noted:
            rows = np.flatnonzero(self._shard_ids == shard)
            found = self._look_up(shard)
            ids = self._sample_ids.take(pa.array(rows)).to_pylist()
            self._at[rows] = [found.get(sample_id, (-1, -1)) for sample_id in ids]
            self._noted.add(shard)
        first, second = self._at[row].tolist()
        if first < 0:
            raise ValueError("the shard has no sound of this sample")
        return first, second

    def _path(self, shard: int) -> Path:
        return self._root / self._shards[shard]


def _part(file: int, offset: int, size: int) -> bytes:
    content = os.pread(file, size, offset)
    if len(content) < size:
        raise ValueError("the shard is cut short")
    return content


class TarContents(_Shards):
    """Members of tar shards, found by the name of the sample up to the first dot."""

    def __init__(self, root: Path, shards: pa.Array, sample_ids: pa.Array):
        super().__init__(root, shards, sample_ids, _Opened(_open_to_read, os.close))

    def hold(self, n_samples: int) -> None:
        """Nothing is held."""

    def content(self, row: int) -> bytes:
        """The bytes of one sample; OSError or ValueError if they are not to be had."""
        offset, size = self._place_of(row)
        return _part(self._files[self._path(int(self._shard_ids[row]))], offset, size)

    def _look_up(self, shard: int) -> dict[str, tuple[int, int]]:
        """Offset and size by sample; records stand beside the sound as JSON."""
        return {
            name.rpartition("/")[2].partition(".")[0]: place
            for name, place in members_of(self._path(shard)).items()
            if not name.endswith(".json")
        }


class ParquetContents(_Shards):
    """Rows of Parquet shards.

    A sound that stands plainly in its file, as the export writes it, is read alone. Of shards that
    are written otherwise, such as compressed ones, row groups are read whole and held.
    """

    def __init__(self, root: Path, shards: pa.Array, sample_ids: pa.Array):
        super().__init__(root, shards, sample_ids, _Opened(_open_parquet, _close_parquet))
        self._plain_files = _Opened(_open_to_read, os.close)
        self._plain: set[int] = set()  # shards of which `_at` has offset and size
        self._held: OrderedDict[tuple[int, int], pa.Array] = OrderedDict()
        self._unread: dict[tuple[int, int], int] = {}
        self._n_neighbours = 0

    def __getstate__(self):
        return self.__dict__ | {"_held": OrderedDict(), "_unread": {}}

    def hold(self, n_samples: int) -> None:
        """Keep the row groups of that many samples, until each of their rows was read."""
        self._n_neighbours = n_samples

    def content(self, row: int) -> bytes | memoryview:
        """The bytes of one sample; OSError or ValueError if they are not to be had."""
        first, second = self._place_of(row)
        shard = int(self._shard_ids[row])
        if shard in self._plain:
            return _part(self._plain_files[self._path(shard)], first, second)
        return self._content_in_group(shard, first, second)

    def _content_in_group(self, shard: int, group: int, place: int) -> memoryview:
        sounds = self._group(shard, group)
        self._unread[shard, group] -= 1
        if not self._unread[shard, group]:
            del self._held[shard, group], self._unread[shard, group]
        if not sounds[place].is_valid:
            raise ValueError("the shard has no sound of this sample")
        return memoryview(sounds[place].as_buffer())

    def _group(self, shard: int, group: int) -> pa.Array:
        if (shard, group) not in self._held:
            file = self._files[self._path(shard)]
            table = file.read_row_group(group, columns=[SOUND_COLUMN], use_threads=False)
            audio = table.column("audio")  # in one chunk, unless it has more than 2 GiB
            audio = audio.chunk(0) if audio.num_chunks == 1 else audio.combine_chunks()
            sounds = audio.field("bytes")
            self._held[shard, group], self._unread[shard, group] = sounds, len(sounds)
            # Twice those that can be in use, for the ones used last need not be these.
            n_held = ROW_GROUPS + 2 * self._n_neighbours // len(sounds)
            while len(self._held) > n_held:
                self._unread.pop(self._held.popitem(last=False)[0])
        self._held.move_to_end((shard, group))
        return self._held[shard, group]

    def _look_up(self, shard: int) -> dict[str, tuple[int, int]]:
        """By sample, offset and size, or row group and place in it."""
        file = self._files[self._path(shard)]
        groups = [
            file.read_row_group(group, columns=["sample_id"], use_threads=False)
            for group in range(file.num_row_groups)
        ]
        ids = [sample_id for group in groups for sample_id in group["sample_id"].to_pylist()]
        plain = self._plain_files[self._path(shard)]
        places = places_of_values(plain, file, SOUND_COLUMN)
        if places is None:
            rows = [
                (number, row) for number, group in enumerate(groups) for row in range(len(group))
            ]
            return dict(zip(ids, rows, strict=True))
        self._plain.add(shard)
        return dict(zip(ids, places.tolist(), strict=True))


def read_or_name(contents, row: int, sample_id: str) -> bytes | memoryview:
    """The bytes of one sample.

    Raises
    ------
    UnreadableSample
        Whatever keeps them from being read; names the sample.
    """
    try:
        return contents.content(row)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise UnreadableSample(f"{where(contents, row)}: {sample_id}: {error}") from None


def where(contents, row: int) -> str:
    """The file that holds a sample, as a path below the export."""
    if isinstance(contents, FileContents):
        return contents._names[row].as_py()
    return contents._shards[int(contents._shard_ids[row])]
