"""What a job of an export has written, and writers that put samples into each form.

Every writer takes samples in the order of the records, some at a time, and says at its end which
files it has made and in which of them each sample stands. Only one process writes a shard at a
time.
"""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa

from drumcorpus.ground.files.fan_out import FanOutFolder
from drumcorpus.ground.files.tar_shards import TarShards
from drumcorpus.stages.export.layout import SPLIT_FOLDERS, sample_folder, sample_path, shard_stem
from drumcorpus.stages.export.parquet_shards import ParquetShards
from drumcorpus.stages.export.settings import SESSION

# One row per file of an export.
WRITTEN = pa.schema(
    [
        ("path", pa.string()),  # relative to the export root
        ("sha256", pa.string()),
        ("bytes", pa.int64()),
        ("n_samples", pa.int64()),  # that stand in it
    ]
)


class FileForm:
    """Each sample a file of sound; a shard's folders are replaced as a whole at the end.

    Parameters
    ----------
    root : path
        Of the export.
    source_set, shard, unit : str
        Names of the folders.
    extension : str
        Of the files of sound.
    """

    def __init__(self, root: Path, source_set: str, shard: str, unit: str, extension: str):
        self._open, self._names, self._extension = ExitStack(), (source_set, shard, unit), extension
        self._paths = {split: sample_folder(split, *self._names) for split in SPLIT_FOLDERS}
        self._folders = {
            split: FanOutFolder(Path(root, path), spread=unit != SESSION)
            for split, path in self._paths.items()
        }
        self.rows: list[dict] = []

    def __enter__(self) -> "FileForm":
        for folder in self._folders.values():
            self._open.enter_context(folder)
        return self

    def __exit__(self, kind, error, trace) -> None:
        self._open.__exit__(kind, error, trace)

    def path_of(self, split: str, sample_id: str) -> str:
        """Where a sample's file of sound stands, relative to the export root."""
        return sample_path(split, *self._names, sample_id, self._extension)

    def add(self, split: str, sample_ids, contents, digests) -> None:
        """Write the sound of samples of one split; `digests` are the SHA-256 of the contents."""
        for sample_id, content, sha256 in zip(sample_ids, contents, digests, strict=True):
            self.write(split, sample_id, self._extension, content, sha256)

    def write(
        self, split: str, sample_id: str, extension: str, content: bytes, sha256: str
    ) -> None:
        """Write one file of a sample."""
        path = self._folders[split].add(sample_id, extension, content)
        row = {"path": f"{self._paths[split]}/{path}", "sha256": sha256, "bytes": len(content)}
        self.rows.append(row | {"n_samples": int(extension == self._extension)})


class ShardForms:
    """Samples in tar shards, in Parquet shards, or in both, one series of them for each split.

    Parameters
    ----------
    root : path
        Of the export.
    source_set, shard : str
    records : pa.Schema
        As of `layout.records_schema`.
    extension : str
        Of the sound of a sample.
    tar, parquet : bool
        Which of them are written.
    bounds : mapping
        ``shard_bytes`` and ``shard_samples``.
    sample_rate_hz : int
    """

    def __init__(
        self,
        root: Path,
        source_set: str,
        shard: str,
        records: pa.Schema,
        *,
        extension: str,
        tar: bool,
        parquet: bool,
        bounds: Mapping[str, int],
        sample_rate_hz: int,
    ):
        self._open, self._extension = ExitStack(), extension
        self._tars: dict[str, TarShards] = {}
        self._tables: dict[str, ParquetShards] = {}
        # Where both are written, the tar's name stands in `shard`.
        column = "parquet_shard" if tar else "shard"
        for split, name in SPLIT_FOLDERS.items():
            folder, stem = Path(root, name), shard_stem(split, source_set, shard)
            _clear_folders(folder, f"{stem}-*")
            if tar:
                self._tars[split] = TarShards(folder, stem, **bounds)
            if parquet:
                self._tables[split] = ParquetShards(
                    folder,
                    stem,
                    records,
                    sample_rate_hz=sample_rate_hz,
                    extension=extension,
                    shard_column=column,
                    shard_prefix=f"{name}/",
                    **bounds,
                )
        self._first = {
            split: f"{SPLIT_FOLDERS[split]}/{shard_stem(split, source_set, shard)}-000000.tar"
            for split in SPLIT_FOLDERS
        }
        self._tar_of: list[str] = []

    def __enter__(self) -> "ShardForms":
        for shards in (*self._tars.values(), *self._tables.values()):
            self._open.enter_context(shards)
        return self

    def __exit__(self, kind, error, trace) -> None:
        self._open.__exit__(kind, error, trace)

    def first_shard(self, split: str) -> str | None:
        """What stands for the name of a sample's tar until it has one; all are of one length."""
        return self._first[split] if self._tars else None

    def add(
        self, split: str, records: pa.Table, contents: Sequence[bytes], texts: Sequence[bytes]
    ) -> pa.Table:
        """Write samples of one split; the records with the name of the tar that each stands in.

        Parameters
        ----------
        split : str
        records : pa.Table
            With `first_shard` for `shard`.
        contents : sequence of bytes
            The sound of each.
        texts : sequence of bytes
            The JSON of each; none where no tar is written.
        """
        if self._tars:
            records = self._into_tar(split, records, contents, texts)
        if self._tables:
            self._tables[split].add(records, contents)
        return records

    def _into_tar(self, split, records, contents, texts) -> pa.Table:
        tar, folder = self._tars[split], SPLIT_FOLDERS[split]
        first = self._first[split]
        held, shards = f'"shard":"{first}"'.encode(), []
        for key, content, text in zip(
            records["sample_id"].to_pylist(), contents, texts, strict=True
        ):
            shard = f"{folder}/{tar.shard_for((len(content), len(text)))}"
            if shard != first:
                text = text.replace(held, f'"shard":"{shard}"'.encode(), 1)
            tar.add(key, {self._extension: content, "json": text})
            shards.append(shard)
        place = records.schema.get_field_index("shard")
        return records.set_column(place, records.schema.field(place), pa.array(shards, pa.string()))

    def parquet_shards(self, split: str) -> pa.Array | None:
        """The Parquet shard of each sample of a split, in the order in which they were added."""
        if split not in self._tables:
            return None
        prefix = f"{SPLIT_FOLDERS[split]}/"
        names = self._tables[split].shard_of_each.to_pylist()
        return pa.array([prefix + name for name in names], pa.string())

    @property
    def rows(self) -> list[dict]:
        """The shards that were made; schema WRITTEN."""
        return [
            {
                "path": f"{SPLIT_FOLDERS[split]}/{row['shard']}",
                "sha256": row["sha256"],
                "bytes": row["bytes"],
                "n_samples": row["n_samples"],
            }
            for forms in (self._tars, self._tables)
            for split, shards in forms.items()
            for row in shards.shards.to_pylist()
        ]


def sha256_of(content: bytes) -> str:
    """Hexadecimal SHA-256 of a content."""
    return hashlib.sha256(content).hexdigest()


def _clear_folders(folder: Path, pattern: str) -> None:
    """Remove folders that stand where a shard belongs, of which none can take the place."""
    for path in folder.glob(pattern):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
