"""What a job of an export reads: the events and sessions of one shard, and what cuts it."""

import math
import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.split_table import read_split_table, splits_of_sessions
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.stages.export.class_map_files import read_class_maps
from drumcorpus.stages.export.cut import SampleCutter
from drumcorpus.stages.export.general_midi import read_general_midi
from drumcorpus.stages.export.limits import read_limits
from drumcorpus.stages.export.settings import CLIP, SEGMENT


class ShardPart(NamedTuple):
    """What an export takes of one shard.

    `events` and `sessions` are those that are in the manifest, each with its split; `limits` has,
    by session, the number of events that a limited export takes of it, and is None without a limit.
    """

    events: pa.Table
    sessions: pa.Table
    limits: dict[str, int] | None

    def expected_samples(self, settings: Mapping) -> dict[str, int]:
        """About how many samples it will have of each split, told before any sound is read.

        Parameters
        ----------
        settings : mapping
            As of `settings.export_settings`.
        """
        if settings["unit"] == CLIP and self.limits is None:
            counts = pc.value_counts(self.events["split"]).to_pylist()
            return {row["values"]: row["counts"] for row in counts}
        expected: dict[str, int] = {}
        names = ("session_id", "split", "audio_duration")
        for session_id, split, duration in zip(
            *(self.sessions[name].to_pylist() for name in names), strict=True
        ):
            n_samples = 1
            if settings["unit"] == CLIP:
                n_samples = self.limits[session_id]
            elif settings["unit"] == SEGMENT:
                beyond = max(0.0, (duration or 0.0) - settings["seconds"])
                n_samples += math.ceil(beyond / (settings["seconds"] - settings["overlap"]))
            expected[split] = expected.get(split, 0) + n_samples
        return expected


def require_events(verdict_file: str | os.PathLike, export: str) -> None:
    """Refuse to export a manifest that holds nothing, before any sound is read.

    Parameters
    ----------
    verdict_file : path
        The verdict of the gates on the manifest, which says whether it has events.
    export : str
        Name of the export, for the message.

    Raises
    ------
    ValueError
        If there is no event; it names the export by its key.
    """
    if not read_json(verdict_file)["has_events"]:
        raise ValueError(
            f"exports.{export}: there is no event in the manifest, and nothing to export; see the "
            "health report for what was dropped, ask for `weights` and `release` alone, or take "
            f"the export away: exports: {{{export}: null}}"
        )


def read_shard(events_table, sessions_table, splits_table, limits_table=None) -> ShardPart:
    """The events and the sessions of one shard that are in a manifest, each with its split.

    A session that is left out by its errata has no labels, and is not there; neither are those
    that a table of limits takes nothing of.
    """
    splits = read_split_table(splits_table)
    events, sessions = read_table(events_table), read_table(sessions_table)
    events = splits.apply(events)
    sessions = splits.apply(sessions.filter(sessions["label_map"].is_valid()))
    if limits_table is None:
        return ShardPart(events, sessions, None)
    limits = splits_of_sessions(read_limits(limits_table), sessions)  # ids are those of a set
    ids = limits["session_id"].combine_chunks()
    events, sessions = (t.filter(pc.is_in(t["session_id"], ids)) for t in (events, sessions))
    taken = dict(zip(ids.to_pylist(), limits["n_taken"].to_pylist(), strict=True))
    return ShardPart(events, sessions, taken)


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
