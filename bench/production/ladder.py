"""The stages that work on tables alone, on drawn manifests of several sizes.

A manifest is drawn in shards of some 100,000 events, as ingestion leaves them, one at a time, so
that memory does not grow with it. Every function that is a step runs in a process of its own.
"""

import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "bench"))

SHARD_EVENTS = 100_000
# Columns that a stage reads, for what pyarrow takes to read the same.
AUDITED = ["source_set", "session_id", "event_id", "metadata_ref", "audio_path", "annotation_path"]
AUDITED += ["split", "license", "redistributable"]
WEIGHED = ["event_id", "source_set", "session_id", "split", "techniques", "components"]


def draw(data: Path, n_events: int, seed: int = 1) -> int:
    """Draw a manifest of the sets of production and the tables around it; returns its events."""
    from collections import Counter

    import numpy as np
    import pyarrow as pa
    from make_manifest import event_batches, production_sessions, quarantine_table, tally_table
    from tables import draw_assignments, write_records

    from drumcorpus.ground.files.merging import merge_sorted
    from drumcorpus.ground.files.tables import read_table, write_batches, write_table
    from drumcorpus.schemas import EVENTS, SESSIONS

    sessions = production_sessions(np.random.default_rng(seed), n_events)
    hits: Counter = Counter()
    n_shards = max(1, round(n_events / SHARD_EVENTS))
    for shard in range(n_shards):
        path = data / f"tables/alias_{shard}.parquet"
        rng = np.random.default_rng([seed, shard])
        write_batches(path, EVENTS, event_batches(rng, sessions[shard::n_shards], hits))
        assignments = draw_assignments(read_table(path), shard)
        write_table(data / f"tables/assignments_{shard}.parquet", assignments)
    write_table(data / "sessions.parquet", pa.Table.from_pylist(sessions, SESSIONS))
    write_table(data / "tallies.parquet", tally_table(hits))
    write_table(data / "quarantine.parquet", quarantine_table(sessions))
    counts = {(row["source_set"], row["session_id"]): row["n_events"] for row in sessions}
    write_records(data, sessions, counts)
    n_rows = merge_sorted(shards_of(data), EVENTS, data / "events.parquet")
    (data / "complete").write_text(f"{n_rows}\n")
    return n_rows


def shards_of(data: Path) -> list[str]:
    """The shards of events, in order."""
    paths = (data / "tables").glob("alias_*.parquet")
    return sorted(map(str, paths), key=lambda path: int(path.rpartition("_")[2].split(".")[0]))


def merge(data: Path) -> int:
    """Merge the shards into a manifest, each session into its split."""
    from drumcorpus.ground.files.split_table import read_split_table
    from drumcorpus.ground.run.surroundings import prepare_job
    from drumcorpus.schemas import EVENTS
    from drumcorpus.stages.manifest.merge import merge_by_splits

    prepare_job()
    splits = read_split_table(data / "tables/splits.parquet")
    return merge_by_splits(shards_of(data), EVENTS, data / "tables/merged.parquet", splits)[0]


def records(data: Path) -> int:
    """Plan and label the clips of the shards, one after the other; returns their number."""
    from export_records import label

    from drumcorpus.ground.files.tables import count_rows

    folders = sorted((data / "export").iterdir())
    return sum(
        label(each, "clip", False)["records"]
        for each in folders
        if count_rows(each / "events.parquet")
    )


def draw_export(data: Path, n_events: int) -> None:
    """Shards of an export with as many events."""
    from export_records import draw_all

    n_shards = max(1, round(n_events / SHARD_EVENTS))
    sizes = [len(range(shard, n_events, n_shards)) for shard in range(n_shards)]
    draw_all(data / "export", sizes)


def assemble(data: Path) -> str:
    """Write the label tables of an export, and all that stands around its samples."""
    from export_records import assemble as assembled

    return assembled(data / "export", "clip")


def gather(data: Path) -> None:
    """The manifest and the weights of the events of an export."""
    from export_records import gather as gathered

    gathered(data / "export")
