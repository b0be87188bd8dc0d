"""The provenance rows of sessions, with what was done to their labels after ingestion."""

import math
import os
from collections.abc import Collection, Iterable, Iterator, Mapping

from drumcorpus.ground.files.tables import iter_batches
from drumcorpus.vocabulary import CRASH_DUAL_LABEL

# What lies between an event and the label of its crash; each step is a rule of the workflow.
CRASH_CHAIN = ["embed_crashes", "cluster_crashes"]

_COLUMNS = ["session_id", "method", "label", "confidence", "accepted"]


def annotate_provenance(
    rows: Iterable[Mapping], assignments: str | os.PathLike, techniques: Collection[str]
) -> Iterator[dict]:
    """The provenance rows of one source set, each with what told its crashes apart.

    Parameters
    ----------
    rows : iterable of mapping
        Of `provenance.provenance_rows`, each with `session_id`, `techniques` and
        `processing_chain`.
    assignments : path
        CRASH_ASSIGNMENTS schema, of the same source set.
    techniques : collection of str
        Those of the taxonomy. Where `crash_dual_label` is one of them, it is a technique of every
        session of which two cymbals or more were told apart.

    Yields
    ------
    row : dict
        With ``annotations``, one for each method in order of its name: ``annotation_stage``,
        ``method``, ``confidence`` (the mean of the hits that were accepted, or None), ``notes``,
        ``n_hits``, ``n_accepted`` and, by label, ``labels`` (the accepted hits).

    Raises
    ------
    ValueError
        If an assignment is of a session that the rows do not have.
    """
    methods = _methods(assignments)
    for row in rows:
        own = methods.pop(row["session_id"], {})
        annotations = [_annotation(method, hits) for method, hits in sorted(own.items())]
        labels = {label for entry in annotations for label in entry["labels"]}
        tags = {CRASH_DUAL_LABEL} & set(techniques) if len(labels) > 1 else set()
        chain = [*row["processing_chain"], *(CRASH_CHAIN if own else [])]
        yield {
            **row,
            "processing_chain": chain,
            "techniques": sorted({*row["techniques"], *tags}),
            "annotations": annotations,
        }
    if methods:
        raise ValueError(
            f"{assignments}: session {min(methods)!r} has crash hits and no provenance; run again, "
            "for one of the two is of another inventory"
        )


def _methods(assignments: str | os.PathLike) -> dict[str, dict[str, list[tuple]]]:
    """(label, confidence, accepted) of every hit, by session and method."""
    methods: dict[str, dict[str, list[tuple]]] = {}
    for batch in iter_batches(assignments, _COLUMNS):
        columns = (batch[name].to_pylist() for name in _COLUMNS)
        for session_id, method, *hit in zip(*columns, strict=True):
            methods.setdefault(session_id, {}).setdefault(method, []).append(tuple(hit))
    return methods


def _annotation(method: str, hits: list[tuple]) -> dict:
    accepted = [(label, confidence) for label, confidence, is_accepted in hits if is_accepted]
    labels: dict[str, int] = {}
    for label, _ in sorted(accepted):
        labels[label] = labels.get(label, 0) + 1
    n_doubtful = len(hits) - len(accepted)
    mean = math.fsum(confidence for _, confidence in accepted) / len(accepted) if accepted else None
    said = [f"{count} as {label}" for label, count in labels.items()]
    said += [f"{n_doubtful} in doubt"] if n_doubtful else []
    return {
        "annotation_stage": CRASH_DUAL_LABEL,
        "method": method,
        "confidence": None if mean is None else round(mean, 6),
        "notes": f"{len(hits)} {'hit' if len(hits) == 1 else 'hits'}: {', '.join(said)}",
        "n_hits": len(hits),
        "n_accepted": len(accepted),
        "labels": labels,
    }
