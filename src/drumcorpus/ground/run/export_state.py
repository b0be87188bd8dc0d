"""Whether the files of an export stand: Snakemake knows their tables, and not the files themselves.

At every start the files that a table of a shard names are looked for, by name and size: shards one
by one, loose files by their folders alone, for they are millions. Where some are gone or cut short,
a stamp is written, which is an input of the job that makes them: so that job is asked again.
"""

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from drumcorpus.ground.files.memory_files import read_memory, write_memory
from drumcorpus.ground.files.plain_files import is_plain_file, odd_kind
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.run.product_walk import LOOSE
from drumcorpus.ground.run.run_manifest import read_manifest
from drumcorpus.ground.run.state_folder import STATE_FOLDER
from drumcorpus.vocabulary import SPLITS


def stamp_path(*names: str) -> Path:
    """The stamp of a shard, or of an export as a whole: its names are those of its folders."""
    return Path(STATE_FOLDER, "exports", *names[:-1], f"{names[-1]}.json")


def lacking_files(table: str | os.PathLike, export_root: str | os.PathLike) -> list[str]:
    """The files and folders of a shard that are gone, or have another size than its table says.

    Parameters
    ----------
    table : path
        Columns ``path``, relative to the export root, and ``bytes``; where there is none, or it
        cannot be read, nothing is known to lack.
    export_root : path
    """
    try:
        if not is_plain_file(table):  # to open a pipe is to wait for ever
            return []
        rows = read_table(table, columns=["path", "bytes"])
    except (OSError, ValueError):
        return []
    lacking, folders = [], set()
    for path, n_bytes in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        parts = path.split("/")
        if len(parts) > 3 and parts[1] in LOOSE:
            folders.add("/".join(parts[:4]))
        elif not _stands(Path(export_root, path), n_bytes):
            lacking.append(path)
    lacking += [folder for folder in folders if not Path(export_root, folder).is_dir()]
    return sorted(lacking)


def strays(export_root: str | os.PathLike, shards: Collection[tuple[str, str]]) -> list[str]:
    """Shards and folders of loose files of no shard that the export has.

    Parameters
    ----------
    export_root : path
    shards : collection of (source set, shard)
        Of the configuration; set names have no minus.
    """
    root, stray = Path(export_root), []
    for path in (*root.glob("*/*-*-*-*.tar"), *root.glob("*/*-*-*-*.parquet")):
        names = path.name.split("-")
        if len(names) == 4 and names[0] in SPLITS and tuple(names[1:3]) not in shards:
            stray.append(path)
    for folder in LOOSE:
        of_shards = (path for path in root.glob(f"*/{folder}/*/*") if path.name.isdigit())
        stray += [path for path in of_shards if path.parts[-2:] not in shards]
    return sorted(path.relative_to(root).as_posix() for path in stray)


def lacking_outputs(product: str | os.PathLike) -> list[str]:
    """The products of the job that made `product` that have another size than its record says.

    One that is gone is seen by Snakemake itself.
    """
    manifest = read_manifest(product)
    return [
        output["path"]
        for output in (manifest or {}).get("outputs", ())
        if os.path.lexists(output["path"]) and not _stands(Path(output["path"]), output["bytes"])
    ]


def ask_again(stamp: Path, aside: Path | None = None) -> Path:
    """Write a stamp that is newer than any before; who only looks has a folder `aside` for it."""
    stands, _ = read_memory(stamp)
    n_asked = stands.get("n_asked")
    path = stamp if aside is None else aside / "-".join(stamp.parts)
    # Snakemake compares the content of small inputs, not only their time.
    write_memory(path, {"n_asked": n_asked + 1 if isinstance(n_asked, int) else 1})
    return path


def in_words(export: str, lacking: Collection[str]) -> str:
    """What a run says of files that the export makes again."""
    noun = "file is" if len(lacking) == 1 else "files are"
    return (
        f"{export}: {len(lacking):,} {noun} gone or cut short; the export makes them again: "
        f"{_shown(lacking)}"
    )


def strays_in_words(export: str, stray: Collection[str]) -> str:
    """What a run says of files that the export takes away."""
    return (
        f"{export}: of {len(stray):,} shards and folders the configuration knows nothing; the "
        f"export takes them away: {_shown(stray)}"
    )


def _shown(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:5]) + (" and others" if len(names) > 5 else "")


def _stands(path: Path, n_bytes: int) -> bool:
    try:
        record = path.lstat()
    except OSError:
        return False
    return not odd_kind(record.st_mode) and record.st_size == n_bytes
