"""From the tables of a manifest's source sets to the split of every session."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.stages.splits.decide import decide_splits
from drumcorpus.stages.splits.report import describe_splits, split_table
from drumcorpus.stages.splits.search import (
    count_audio_reasons,
    count_unheard_files,
    find_edges,
    find_unreadable,
    read_sessions,
)
from drumcorpus.stages.splits.selection import (
    leave_out_model_labels,
    leave_out_unselected,
    selected_alone,
)
from drumcorpus.stages.splits.settings import SplitSettings


def split_manifest(
    sessions: list[str],
    inventory: list[str],
    fingerprints: list[str],
    splits: Mapping,
    select: Mapping[str, Mapping],
    *,
    manifest: str,
    threads: int,
    memory_limit: str,
    model_labels: Mapping[str, Sequence[str]] | None = None,
) -> tuple[pa.Table, dict]:
    """Find the sessions that belong together, and decide in which split they stand.

    Parameters
    ----------
    sessions, inventory, fingerprints : list of path
        SESSIONS, INVENTORY and FINGERPRINTS tables of the source sets.
    splits : mapping
        The section ``splits`` of the configuration, as far as it is in `SplitSettings`.
    select : mapping
        Of `selection.read_selection`; empty where all sessions are taken.
    manifest : str
        Its name, for messages.
    threads : int
    memory_limit : str
        Of the database; what does not fit is spilled to a temporary folder.
    model_labels : mapping, optional
        As `allowed` of `selection.leave_out_model_labels`.

    Returns
    -------
    table : pa.Table
        SPLITS schema.
    report : dict
        Of `report.describe_splits`.

    Raises
    ------
    ValueError
        If a setting is unknown or missing, a session stands in two tables, a split is left empty,
        or nothing is what is selected.
    """
    settings = read_settings(SplitSettings, splits)
    rows = read_sessions(sessions)
    edges = find_edges(
        rows,
        inventory,
        fingerprints,
        settings.search,
        isolate=settings.isolate,
        threads=threads,
        memory_limit=memory_limit,
    )
    families, decisions = decide_splits(
        rows, edges, policy=settings.leaks, seed=settings.seed, shares=settings.shares
    )
    leave_out_unselected(rows, decisions, select, manifest=manifest)
    leave_out_model_labels(rows, decisions, model_labels or {})
    reasons, unheard = count_audio_reasons(fingerprints), count_unheard_files(fingerprints)
    policies = {"policy": settings.leaks, "isolate": settings.isolate}
    unreadable = selected_alone(find_unreadable(fingerprints), rows, decisions)
    heard = (reasons, unreadable, unheard)
    report = describe_splits(rows, edges, families, decisions, *heard, **policies)
    return split_table(rows, families, decisions), report
