"""The sessions in doubt of one source set: chosen, read and illustrated."""

import os
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.jsonl import read_rows
from drumcorpus.stages.crash.review import choose_sessions, illustrate_session, read_hits
from drumcorpus.taxonomy import CymbalFamily


def read_doubts(
    review: str, embeddings: Iterable[str], assignments: str, events: str, *, max_sessions: int
) -> list[tuple[dict, list[dict]]]:
    """The sessions to show, each as its row of the review and its hits of that family.

    Parameters
    ----------
    review : path
        JSON Lines, the review of one source set.
    embeddings, assignments, events : paths
        Tables of the source set, as of `review.read_hits`.
    max_sessions : int
        Most sessions to show; those with most hits in doubt come first.
    """
    rows = choose_sessions({"": read_rows(review)}, max_sessions)[""]
    hits = read_hits(
        [row["session_id"] for row in rows],
        embeddings=embeddings,
        assignments=[assignments],
        events=[events],
    )
    of_family = (
        [h for h in hits[row["session_id"]] if h["family"] == row["family"]] for row in rows
    )
    return list(zip(rows, of_family, strict=True))


def illustrate_doubts(
    doubts: Iterable[tuple[dict, list[dict]]],
    open_audio: Callable[[str], tuple[np.ndarray, int]],
    families: Sequence[CymbalFamily],
    *,
    max_hits: int,
    snippet_s: float,
    on_session: Callable[[], None] = lambda: None,
) -> list[dict]:
    """What the page shows of every session, as of `review.illustrate_session`.

    Parameters
    ----------
    doubts
        As of `read_doubts`.
    open_audio
        ``audio_path -> (samples (n_samples,), pictures.RATE_HZ)``; raises ValueError where the file
        cannot be decoded.
    families, max_hits, snippet_s
        As of `review.illustrate_session`.
    on_session
        Called after each session, for progress.
    """
    shown = []
    limits = {"max_hits": max_hits, "snippet_s": snippet_s}
    for row, hits in doubts:
        shown.append(
            illustrate_session(row, hits, lambda path: open_audio(path)[0], families, **limits)
        )
        on_session()
    return shown


def write_doubts(path: str | os.PathLike, doubts: list[dict]) -> dict[str, int]:
    """Write what is shown; returns how many sessions and hits that is."""
    write_json(path, doubts)
    return {"sessions": len(doubts), "hits": sum(len(session["hits"]) for session in doubts)}
