"""Takes away what an export no longer has: what a former setting, or one given up, has left."""

import os
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path

from drumcorpus.ground.files.tables import read_table
from drumcorpus.stages.export.layout import SPLIT_FOLDERS, UNIT_FOLDERS, label_file

LOOSE_FOLDERS = tuple(UNIT_FOLDERS.values())


def remove_stale(
    export_root: str | os.PathLike,
    written_tables: Iterable[str | os.PathLike],
    label_files: Collection[str],
) -> None:
    """Remove sound and label lists of shards, a unit or a form that are no more.

    Parameters
    ----------
    export_root : path
    written_tables : iterable of path
        Of each shard, as Parquet: the second table that `cut.SampleCutter` returned.
    label_files : collection of str
        Label lists that the export has, relative to its root.
    """
    root = Path(export_root)
    for path in {label_file(split) for split in SPLIT_FOLDERS} - set(label_files):
        for name in (path, f"{path}.manifest.json"):
            (root / name).unlink(missing_ok=True)
    shards, folders = set(), set()
    for table in written_tables:
        for path in read_table(table, columns=["path"])["path"].to_pylist():
            parts = path.split("/")
            if parts[1] in LOOSE_FOLDERS:
                folders.add("/".join(parts[:4]))
            else:
                shards.add(path)
    for split in SPLIT_FOLDERS.values():
        for folder in root.glob(f"{split}/*/*/*"):
            of_export = folder.parent.parent.name in LOOSE_FOLDERS and not folder.is_symlink()
            if of_export and folder.is_dir() and folder.relative_to(root).as_posix() not in folders:
                shutil.rmtree(folder)
        for shard in (*root.glob(f"{split}/*-*.tar"), *root.glob(f"{split}/*-*.parquet")):
            if shard.relative_to(root).as_posix() not in shards:
                shard.unlink()
