"""What a killed job of an export leaves beside its products; imports nothing that takes time."""

import os
from pathlib import Path


def part_folder(folder: Path) -> Path:
    """Where the next content of a folder of files is gathered."""
    return folder.with_name(f".{folder.name}.part")


def old_folder(folder: Path) -> Path:
    """Where a folder of files waits until the next one has its place."""
    return folder.with_name(f".{folder.name}.old")


def half_made_samples(export_root: str | os.PathLike, source_set: str, shard: str) -> list[Path]:
    """What is half-made of one shard's samples, of every split and form."""
    root = Path(export_root)
    folders = [folder / shard for folder in root.glob(f"*/*/{source_set}")]
    shards = root.glob(f"*/.*-{source_set}-{shard}-*.part")
    return [*shards, *(name(each) for each in folders for name in (part_folder, old_folder))]
