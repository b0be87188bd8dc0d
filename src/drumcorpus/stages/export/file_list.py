"""The list of all files of an export, with their digests: they may be millions."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.tables import iter_batches, read_table, write_batches
from drumcorpus.stages.export.layout import CHECKSUMS, FILES_TABLE, UNIT_FOLDERS
from drumcorpus.stages.export.written import WRITTEN

_FOLDER = "/?[^/]*$"  # what comes after the folder of a path
_IN_SHARD = f"^[^/]+/(?:{'|'.join(UNIT_FOLDERS.values())})/[^/]+/[^/]+/"
_AFTER_SHARD = r"^((?:[^/]+/){4}).*$"


def list_files(root: Path, own: pa.Table, written_tables: Iterable[str | os.PathLike]) -> None:
    """Write the table of all files, and the checksums as ``sha256sum -c`` reads them.

    Both are in order of folder and name, so that a reader sees each folder once and whole. Memory
    is bounded by the files of one shard.

    Parameters
    ----------
    root : path
        Of the export.
    own : pa.Table
        Schema WRITTEN: the files around the samples.
    written_tables : iterable of path
        The same of the samples, of each shard, as Parquet.
    """
    write_batches(root / FILES_TABLE, WRITTEN, _in_order(own, written_tables))
    digest = sha256_file(root / FILES_TABLE)
    with replacing(root / CHECKSUMS) as part, part.open("wb") as handle:
        handle.write(f"{digest}  {FILES_TABLE}\n".encode())
        for batch in iter_batches(root / FILES_TABLE, ["sha256", "path"]):
            pairs = zip(batch["sha256"].to_pylist(), batch["path"].to_pylist(), strict=True)
            handle.write("".join(f"{sha256}  {path}\n" for sha256, path in pairs).encode())


def _in_order(own: pa.Table, written_tables) -> Iterator[pa.RecordBatch]:
    """All rows by folder and path.

    Loose files stand in folders of their shard alone, so that each shard's are one block; of what
    stands elsewhere there is little.
    """
    others, blocks = [own], []
    for path in written_tables:
        table = read_table(path)
        loose = pc.match_substring_regex(table["path"], _IN_SHARD)
        others.append(table.filter(pc.invert(loose)))
        paths = table["path"].filter(loose)
        shards = pc.unique(pc.replace_substring_regex(paths, _AFTER_SHARD, r"\1"))
        for shard in shards.to_pylist():
            first = pc.min(_folders(paths.filter(pc.starts_with(paths, shard)))).as_py()
            blocks.append((first, path, shard))
    rest = pa.concat_tables(others)
    folders = _folders(rest["path"])
    blocks += [(folder, None, folder) for folder in pc.unique(folders).to_pylist()]
    for _, path, where in sorted(blocks, key=lambda block: block[0]):
        if path is None:
            rows = rest.filter(pc.equal(folders, where))
        else:
            table = read_table(path)
            rows = table.filter(pc.starts_with(table["path"], where))
        keyed = rows.append_column("folder", _folders(rows["path"]))
        keyed = keyed.sort_by([("folder", "ascending"), ("path", "ascending")])
        yield from keyed.select(WRITTEN.names).to_batches()


def _folders(paths: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring_regex(paths, _FOLDER, "")
