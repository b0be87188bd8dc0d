"""Metrics snapshots: what a source set held after an ingest, in one small document."""

import os

from drumcorpus.stages.baselines.event_figures import QUANTILES, measure_events

SCHEMA = "drumcorpus.metrics/1"


def snapshot_metrics(
    source_set: str,
    events: str | os.PathLike,
    sessions: str | os.PathLike,
    *,
    memory_limit: str,
    threads: int,
) -> dict:
    """The metrics of one source set.

    Parameters
    ----------
    source_set : str
        Its name.
    events, sessions : path
        Tables of the schemas EVENTS and SESSIONS.
    memory_limit, threads
        As of `event_figures.measure_events`.

    Returns
    -------
    snapshot : dict
        ``sessions``, ``events``, ``hits``, ``audio_duration`` in seconds, ``classes`` and
        ``techniques`` (counts by name), ``hits_per_session`` and ``velocity`` (quantiles, the
        latter from 0 to 1; None where nothing was measured).

    Raises
    ------
    ValueError
        If a table has not the columns it should have.
    """
    figures = measure_events([events], sessions, memory_limit=memory_limit, threads=threads)
    velocity = figures["velocity"]
    return {
        "schema": SCHEMA,
        "source_set": source_set,
        "sessions": figures["sessions"]["total"],
        "sessions_with_hits": figures["sessions"]["with_hits"],
        "audio_duration": figures["sessions"]["audio_duration"],
        "events": figures["events"],
        "hits": figures["hits"],
        "classes": {label: row["hits"] for label, row in figures["classes"].items()},
        "techniques": figures["techniques"],
        "hits_per_session": figures["hits_per_session"],
        "velocity": velocity and {key: velocity[key] for key in ("hits", "mean", *QUANTILES)},
    }
