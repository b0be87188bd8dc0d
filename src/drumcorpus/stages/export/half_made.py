"""What a killed job of the export leaves beside its products; imports nothing that takes time."""

import os
from pathlib import Path


def part_folder(folder: Path) -> Path:
    """Where the next content of a folder of clips is gathered."""
    return folder.with_name(f".{folder.name}.part")


def old_folder(folder: Path) -> Path:
    """Where a folder of clips waits until the next one has its place."""
    return folder.with_name(f".{folder.name}.old")


def spill_folder(export_root: Path) -> Path:
    """Where the joins of an export's tables go when memory is full."""
    return export_root / ".assemble.part"


def half_made_clips(export_root: str | os.PathLike, source_set: str, shard: str) -> list[Path]:
    """The temporary folders of one shard's clips, of every split."""
    folders = Path(export_root).glob(f"*/clips/{source_set}")
    clips = [folder / shard for folder in folders]
    return [name(folder) for folder in clips for name in (part_folder, old_folder)]
