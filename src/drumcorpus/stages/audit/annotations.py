"""The provenance rows of sessions, with what was done to their labels after ingestion."""

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from drumcorpus.ground.files.tables import iter_batches
from drumcorpus.taxonomy import Taxonomy
from drumcorpus.vocabulary import CYMBAL_NUMBER, DUAL_LABEL

# What lies between an event and its cymbals; each step is a rule of the workflow.
CYMBAL_CHAIN = ["embed_crashes", "cluster_crashes"]

_HIT = ["label", "cymbal", "confidence", "accepted"]


def annotate_provenance(
    rows: Iterable[Mapping], assignments: str | os.PathLike, taxonomy: Taxonomy
) -> Iterator[dict]:
    """The provenance rows of one source set, each with what told its cymbals apart.

    Parameters
    ----------
    rows : iterable of mapping
        Of `provenance.provenance_rows`, each with `session_id`, `techniques` and
        `processing_chain`.
    assignments : path
        CYMBAL_ASSIGNMENTS schema, of the same source set.
    taxonomy : Taxonomy
        A technique that is called as a stage, such as `crash_dual_label`, is one of every session
        in which this stage told two cymbals or more apart.

    Yields
    ------
    row : dict
        With ``annotations``, one for each stage and method in order of their names:
        ``annotation_stage``, ``method``, ``confidence`` (the mean of the hits that were accepted,
        or None), ``notes``, ``n_hits``, ``n_accepted``, and of the accepted hits how many have each
        of the ``labels``, or of the ``cymbals`` where labels do not tell these.

    Raises
    ------
    ValueError
        If an assignment is of a session that the rows do not have.
    """
    by_session = _read(assignments, taxonomy)
    for row in rows:
        own = by_session.pop(row["session_id"], {})
        annotations = [_annotation(*key, hits) for key, hits in sorted(own.items())]
        told: dict[str, set[str]] = {}
        for entry in annotations:
            names = {*entry["labels"], *entry["cymbals"]}
            told.setdefault(entry["annotation_stage"], set()).update(names)
        tags = {stage for stage, names in told.items() if len(names) > 1}
        yield {
            **row,
            "processing_chain": [*row["processing_chain"], *(CYMBAL_CHAIN if own else [])],
            "techniques": sorted({*row["techniques"], *(tags & set(taxonomy.techniques))}),
            "annotations": annotations,
        }
    if by_session:
        raise ValueError(
            f"{assignments}: session {min(by_session)!r} has cymbals and no provenance; run again, "
            "for one of the two is of another inventory"
        )


def _read(
    assignments: str | os.PathLike, taxonomy: Taxonomy
) -> dict[str, dict[tuple[str, str], list[tuple]]]:
    """(label, number, confidence, accepted) of every hit, by session, then stage and method.

    Label and number are text; the one that does not tell the cymbal is None.
    """
    hits: dict[str, dict[tuple[str, str], list[tuple]]] = {}
    names = ["session_id", "family", "method", *_HIT]
    for batch in iter_batches(assignments, names):
        columns = (batch[name].to_pylist() for name in names)
        for session_id, family, method, label, cymbal, *verdict in zip(*columns, strict=True):
            is_told = label in taxonomy.cymbals
            stage = f"{family}_{DUAL_LABEL if is_told else CYMBAL_NUMBER}"
            number = None if is_told or cymbal is None else str(cymbal)
            hit = (label if is_told else None, number, *verdict)
            hits.setdefault(session_id, {}).setdefault((stage, method), []).append(hit)
    return hits


def _annotation(stage: str, method: str, hits: list[tuple]) -> dict:
    accepted = [hit for hit in hits if hit[-1]]
    labels = Counter(sorted(label for label, *_ in accepted if label is not None))
    cymbals = Counter(sorted(number for _, number, *_ in accepted if number is not None))
    n_doubtful = len(hits) - len(accepted)
    mean = math.fsum(hit[2] for hit in accepted) / len(accepted) if accepted else None
    said = [f"{count} as {label}" for label, count in labels.items()]
    said += [f"{count} as cymbal {number}" for number, count in cymbals.items()]
    said += [f"{n_doubtful} in doubt"] if n_doubtful else []
    return {
        "annotation_stage": stage,
        "method": method,
        "confidence": None if mean is None else round(mean, 6),
        "notes": ", ".join([f"{len(hits)} {'hit' if len(hits) == 1 else 'hits'}", *said]),
        "n_hits": len(hits),
        "n_accepted": len(accepted),
        "labels": dict(labels),
        "cymbals": dict(cymbals),
    }
