"""What a killed job of an export leaves beside its products; imports nothing that takes time."""

import os
from pathlib import Path

from drumcorpus.ground.files.fan_out import old_of, part_of


def half_made_samples(export_root: str | os.PathLike, source_set: str, shard: str) -> list[Path]:
    """What is half-made of one shard's samples, of every split and form."""
    root = Path(export_root)
    folders = [folder / shard for folder in root.glob(f"*/*/{source_set}")]
    shards = root.glob(f"*/.*-{source_set}-{shard}-*.part")
    return [*shards, *(name(each) for each in folders for name in (part_of, old_of))]
