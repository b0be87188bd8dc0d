"""Parquet shards as `datasets` opens them: the record of a sample beside the content of its sound.

The columns are those of the records, with `audio` before them and `strokes` called `notes`. The
schema carries the features of `datasets` (key ``huggingface``, as its own writer leaves it), so
that ``load_dataset("parquet", data_files=...)`` gives an Audio feature without being told.
"""

import hashlib
import io
import json
import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from drumcorpus.ground.files.atomic import naming, replacing
from drumcorpus.ground.files.shards import SHARDS, check_bounds, remove_after, shard_name

AUDIO = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
STROKES, NOTES = "strokes", "notes"
# A reader that streams holds one row group, and one that wants a single sample reads one: eight
# mebibytes are 340 clips or nine segments of 10 s.
GROUP_BYTES = 1 << 23
GROUP_ROWS = 1_000
# Values after which Arrow asks whether a page is full. With its 1,024 a page is a whole row group,
# and the memory in which it grows costs a fifth of the work.
_BATCH = 2
# By these a reader may pass over row groups; of others the least and largest value help nobody.
_STATISTICS = ("sample_id", "source_set", "session_id", "split", "start")
# Of one column of one row group: its page headers, its levels, and what the footer says of it.
_COLUMN_BYTES = 1_024
_FOOTER_BYTES = 4_096  # beside the schema, which stands in the footer twice
_DTYPES = {"double": "float64", "float": "float32"}  # other names are the same in both


class ParquetShards:
    """Writes samples, in the order in which they are given, into ``<stem>-000000.parquet`` and on.

    A shard ends with a row group. The next one begins before one would pass a bound; one sample
    larger than `shard_bytes` is a shard of its own. A shard has its name when it is whole, and none
    is written without a sample. To be used in a ``with`` statement: on an error the shard in work
    is removed. At the end the shards that an earlier run left under the same stem and higher
    numbers are removed. Memory is bounded by a row group and what is added at once.

    Parameters
    ----------
    folder : path
        Made with the first shard.
    stem : str
        What the names begin with.
    records : pa.Schema
        Columns of the records, among them `sample_id` and `strokes`.
    sample_rate_hz : int
        Of all sound.
    extension : str
        Ending of the name of a sample's sound, such as ``wav``.
    shard_bytes, shard_samples : int
        Largest size of a shard's file, and most samples of a shard.
    shard_column : str, optional
        Column of `records` that gets ``shard_prefix`` and the name of the sample's shard.
    shard_prefix : str

    Raises
    ------
    ValueError
        If a bound is less than 1.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        stem: str,
        records: pa.Schema,
        *,
        sample_rate_hz: int,
        extension: str,
        shard_bytes: int,
        shard_samples: int,
        shard_column: str | None = None,
        shard_prefix: str = "",
    ):
        check_bounds(shard_bytes=shard_bytes, shard_samples=shard_samples)
        self._folder, self._stem, self._records = Path(folder), stem, records
        self._schema = shard_schema(records, sample_rate_hz)
        self._extension = extension
        self._shard_bytes, self._shard_samples = shard_bytes, shard_samples
        self._shard_column, self._shard_prefix = shard_column, shard_prefix
        self._n_leaves = len(pq.ParquetFile(_empty(self._schema)).schema)
        self._around = len(_empty(self._schema).getbuffer()) + _FOOTER_BYTES
        # A shard ends with a row group: of eight or more, what is left empty is little.
        self._group_bytes = min(GROUP_BYTES, shard_bytes // 8)
        self._open = ExitStack()
        self._path: Path | None = None  # of the shard in work
        self._n_samples = self._n_groups = 0  # of the shard in work
        self._rows: list[pa.Table] = []  # of the next row group, with the sound of each sample
        self._contents: list[bytes] = []
        self._n_content = 0  # bytes of these
        self._shards: list[dict] = []
        self._placed: list[tuple[str, int]] = []  # shard and number of samples, in order

    def __enter__(self) -> "ParquetShards":
        return self

    def __exit__(self, kind, error, trace) -> None:
        if error is not None:
            self._open.__exit__(kind, error, trace)
            return
        with self._open:
            self._write_pending()
            self._finish_shard()
        remove_after(self._folder, self._stem, ".parquet", len(self._shards))

    def add(self, records: pa.Table, contents: Sequence[bytes]) -> None:
        """Write samples.

        Parameters
        ----------
        records : pa.Table
            One row a sample.
        contents : sequence of bytes
            The encoded sound of each.

        Raises
        ------
        ValueError
            If there is not one content for each record, or they have other columns.
        OSError
            Naming the shard, if it cannot be written.
        """
        if not records.schema.equals(self._records):
            raise ValueError(f"{self._stem}: the columns of the records are not those stated")
        if len(records) != len(contents):
            raise ValueError(f"{self._stem}: {len(records)} records, {len(contents)} sounds")
        first = 0
        for place, content in enumerate(contents):
            is_full = self._n_content + len(content) > self._group_bytes
            if self._contents and (is_full or len(self._contents) == GROUP_ROWS):
                self._rows.append(records.slice(first, place - first))
                first = place
                self._write_pending()
            self._contents.append(content)
            self._n_content += len(content)
        self._rows.append(records.slice(first))

    @property
    def shards(self) -> pa.Table:
        """Schema SHARDS (`ground.files.shards`): the shards that are whole."""
        return pa.Table.from_pylist(self._shards, SHARDS)

    @property
    def shard_of_each(self) -> pa.Array:
        """File name of the shard of each sample, in the order in which they were added."""
        names = np.array([name for name, _ in self._placed], dtype=object)
        return pa.array(np.repeat(names, [n for _, n in self._placed]), pa.string())

    def _write_pending(self) -> None:
        if not self._contents:
            return
        records = pa.concat_tables(self._rows).combine_chunks()
        names = [f"{name}.{self._extension}" for name in records["sample_id"].to_pylist()]
        columns = [_as_binary(self._contents), pa.array(names, pa.string())]
        audio = pa.StructArray.from_arrays(columns, fields=list(AUDIO))
        group = records.add_column(0, pa.field("audio", AUDIO), audio)
        self._rows, self._contents, self._n_content = [], [], 0
        self._write_group(group)

    def _write_group(self, group: pa.Table) -> None:
        """Write rows as one row group, or as several where the bounds ask for it."""
        room = self._shard_samples - self._n_samples
        if room == 0:
            self._finish_shard()
            room = self._shard_samples
        if len(group) > room:
            self._write_group(group.slice(0, room))
            self._write_group(group.slice(room))
            return
        n_bytes = group.nbytes + group.nbytes // 100 + self._n_leaves * _COLUMN_BYTES
        if self._path is not None and self._size_with(n_bytes) > self._shard_bytes:
            self._finish_shard()
        if self._size_with(n_bytes) > self._shard_bytes and len(group) > 1:
            self._write_group(group.slice(0, len(group) // 2))
            self._write_group(group.slice(len(group) // 2))
            return
        if self._path is None:
            self._start_shard()
        name = self._path.name
        if self._shard_column is not None:
            place = group.schema.get_field_index(self._shard_column)
            shard = pa.array([self._shard_prefix + name] * len(group), pa.string())
            group = group.set_column(place, group.schema.field(place), shard)
        with naming(self._path):
            self._writer.write_table(group.rename_columns(self._schema.names).cast(self._schema))
        self._n_samples += len(group)
        self._n_groups += 1
        self._placed.append((name, len(group)))

    def _size_with(self, n_bytes: int) -> int:
        """Size of the shard, at most, after another row group of so many bytes."""
        written = self._file.n_bytes if self._path is not None else 0
        return written + n_bytes + self._n_groups * self._n_leaves * _COLUMN_BYTES + self._around

    def _start_shard(self) -> None:
        path = self._folder / shard_name(self._stem, len(self._shards), ".parquet")
        part = self._open.enter_context(replacing(path))
        with naming(path):
            self._file = self._open.enter_context(_HashedFile(part))
            self._writer = self._open.enter_context(_writer(self._file, self._schema))
        self._path = path

    def _finish_shard(self) -> None:
        if self._path is None:
            return
        self._open.close()
        self._shards.append(
            {
                "shard": self._path.name,
                "n_samples": self._n_samples,
                "bytes": self._file.n_bytes,
                "sha256": self._file.digest.hexdigest(),
            }
        )
        self._path, self._n_samples, self._n_groups = None, 0, 0


class _HashedFile(io.FileIO):
    """A new file that keeps the digest and the number of the bytes written into it."""

    def __init__(self, path: Path):
        super().__init__(path, "wb")
        self.digest, self.n_bytes = hashlib.sha256(), 0

    def write(self, data) -> int:
        """Write all of it; the system alone may write less, up to 2 GiB or the end of the disk."""
        view = memoryview(data).cast("B")
        n_written = 0
        while n_written < len(view):
            n_written += super().write(view[n_written:])
        self.digest.update(view)
        self.n_bytes += len(view)
        return len(view)


def shard_schema(records: pa.Schema, sample_rate_hz: int) -> pa.Schema:
    """The columns of a shard, with the features of `datasets` in the metadata."""
    fields = [pa.field("audio", AUDIO)]
    fields += [field.with_name(NOTES) if field.name == STROKES else field for field in records]
    features = {field.name: _feature(field.type) for field in fields}
    features["audio"] = {"sampling_rate": sample_rate_hz, "_type": "Audio"}
    described = json.dumps({"info": {"features": features}})
    return pa.schema(fields, metadata={"huggingface": described})


def _feature(kind: pa.DataType):
    """A type as `datasets` writes it down; lists as lists, which every version of it reads."""
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    if pa.types.is_list(kind):
        return [_feature(kind.value_type)]
    return {"dtype": _DTYPES.get(str(kind), str(kind)), "_type": "Value"}


def _as_binary(contents: Sequence[bytes]) -> pa.Array:
    """One array of contents; Arrow's own way grows the memory for it, and copies what was there."""
    ends = pa.array(np.cumsum([0, *map(len, contents)]), pa.int32())
    joined = contents[0] if len(contents) == 1 else b"".join(contents)
    buffers = [None, ends.buffers()[1], pa.py_buffer(joined)]
    return pa.Array.from_buffers(pa.binary(), len(contents), buffers)


def _writer(file, schema: pa.Schema) -> pq.ParquetWriter:
    # Sound hardly gets smaller by compression, and a dictionary of it helps nobody.
    leaves = [path for path in _leaves(schema) if path != "audio.bytes"]
    compression = dict.fromkeys(leaves, "zstd") | {"audio.bytes": "NONE"}
    dictionaries = [path for path in leaves if path not in ("audio.path", "sample_id", "sha256")]
    return pq.ParquetWriter(
        file,
        schema,
        compression=compression,
        use_dictionary=dictionaries,
        write_batch_size=_BATCH,
        write_statistics=[name for name in _STATISTICS if name in schema.names],
    )


def _leaves(schema: pa.Schema) -> list[str]:
    """Names of the columns in the file, those within lists and structs as well."""
    buffer = io.BytesIO()
    pq.write_table(schema.empty_table(), buffer)
    described = pq.ParquetFile(buffer).schema
    return [described.column(place).path for place in range(len(described))]


def _empty(schema: pa.Schema) -> io.BytesIO:
    """A file without a row, as it is written."""
    buffer = io.BytesIO()
    _writer(buffer, schema).close()
    return buffer
