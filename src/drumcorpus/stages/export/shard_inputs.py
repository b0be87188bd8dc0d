"""What a job of an export reads: the events and sessions of one shard, and what cuts it."""

import os
from collections.abc import Mapping, Sequence

import pyarrow as pa

from drumcorpus.ground.files.split_table import read_split_table
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.stages.export.class_map_files import read_class_maps
from drumcorpus.stages.export.cut import SampleCutter
from drumcorpus.stages.export.general_midi import read_general_midi


def read_shard(events_table, sessions_table, splits_table) -> tuple[pa.Table, pa.Table]:
    """The events and the sessions of one shard that are in a manifest, each with its split.

    A session that is left out by its errata has no labels, and is not there.
    """
    splits = read_split_table(splits_table)
    events, sessions = read_table(events_table), read_table(sessions_table)
    return splits.apply(events), splits.apply(sessions.filter(sessions["label_map"].is_valid()))


def read_sample_cutter(
    export_root: str | os.PathLike,
    settings: Mapping,
    source_set: str,
    shard: str,
    taxonomy_files: Sequence[str | os.PathLike],
    class_maps_file: str | os.PathLike,
    general_midi_file: str | os.PathLike,
) -> SampleCutter:
    """What writes the samples of one shard, by the files of the taxonomy."""
    taxonomy = load_taxonomy(*taxonomy_files)
    return SampleCutter(
        export_root,
        settings,
        source_set=source_set,
        shard=shard,
        families=taxonomy.families,
        class_maps=read_class_maps(taxonomy_files, class_maps_file),
        notes=read_general_midi(general_midi_file, taxonomy.labels).notes,
    )
