"""From crash hits to cymbals: by what the source says, or else by what the sound says."""

import numpy as np
import pyarrow as pa

from drumcorpus.crash_clusters import DOUBTFUL, cluster_session
from drumcorpus.crash_embeddings import FINE_GROUP, ORDER_FEATURE, feature_names
from drumcorpus.schemas import CRASH_ASSIGNMENTS

METADATA, CLUSTER = "metadata_override", "spectral_cluster"


def assign_crashes(
    embeddings: pa.Table, crash_labels: list[str], *, use_metadata: bool, clustering: dict
) -> tuple[pa.Table, list[dict]]:
    """Say of every crash hit which cymbal it is.

    Where the source numbers the cymbal of all crash hits of a session, its number decides. Where
    it does not, or is hidden, the session's hits are clustered, and named from low to high.

    Parameters
    ----------
    embeddings : pa.Table
        CRASH_EMBEDDINGS schema, the hits of a session together.
    crash_labels : list of str
        Labels of the first, second, … crash of a kit.
    use_metadata : bool
        False hides what the source says, for benchmarks.
    clustering : dict
        Settings of `crash_clusters.cluster_session`, by their names.

    Returns
    -------
    assignments : pa.Table
        CRASH_ASSIGNMENTS schema, in the order of `embeddings`.
    review : list of dict
        One per session in doubt: session_id, n_hits, reason, session_confidence, silhouette, and
        `undescribed` (hits by the reason why they have no embedding).

    Raises
    ------
    ValueError
        If a source numbers a cymbal for which there is no label.
    """
    rows, review = [], []
    for session_id, hits in _sessions(embeddings):
        cymbals = [hit["cymbal"] for hit in hits]
        if use_metadata and None not in cymbals:
            labels = [_label(crash_labels, cymbal, session_id) for cymbal in cymbals]
            rows += [
                _row(h, name, METADATA, 1.0, True) for h, name in zip(hits, labels, strict=True)
            ]
            continue
        found = _cluster(hits, min(len(crash_labels), clustering["max_cymbals"]), clustering)
        for number, hit in enumerate(hits):
            accepted = bool(found.accepted[number])
            label = crash_labels[found.cymbals[number] if accepted else 0]
            rows.append(_row(hit, label, CLUSTER, float(found.confidence[number]), accepted))
        if not found.accepted.all():
            review.append(_review_row(session_id, hits, found))
    return pa.Table.from_pylist(rows, CRASH_ASSIGNMENTS), review


def _sessions(embeddings: pa.Table):
    by_session: dict[str, list[dict]] = {}
    for hit in embeddings.to_pylist():
        by_session.setdefault(hit["session_id"], []).append(hit)
    return by_session.items()


def _cluster(hits: list[dict], max_cymbals: int, clustering: dict):
    names = feature_names()
    fine = [number for number, name in enumerate(names) if name.startswith(FINE_GROUP)]
    vectors = np.full((len(hits), len(names)), np.nan)
    for number, hit in enumerate(hits):
        if hit["embedding"] is not None:
            vectors[number] = hit["embedding"]
    return cluster_session(
        vectors[:, fine],
        order_key=vectors[:, names.index(ORDER_FEATURE)],
        **(clustering | {"max_cymbals": max_cymbals}),
    )


def _label(crash_labels: list[str], cymbal: int, session_id: str) -> str:
    if not 1 <= cymbal <= len(crash_labels):
        raise ValueError(
            f"session {session_id}: the source numbers a crash cymbal {cymbal}; the taxonomy has "
            f"labels for {len(crash_labels)}: {', '.join(crash_labels)}"
        )
    return crash_labels[cymbal - 1]


def _row(hit: dict, label: str, method: str, confidence: float, accepted: bool) -> dict:
    return {
        **{name: hit[name] for name in ("event_id", "session_id", "component_index")},
        "source_label": hit["source_label"],
        "label": label,
        "method": method,
        "confidence": round(confidence, 6),
        "accepted": accepted,
    }


def _review_row(session_id: str, hits: list[dict], found) -> dict:
    undescribed: dict[str, int] = {}
    for hit in hits:
        if hit["reason"]:
            undescribed[hit["reason"]] = undescribed.get(hit["reason"], 0) + 1
    return {
        "session_id": session_id,
        "n_hits": len(hits),
        "n_accepted": int(found.accepted.sum()),
        "reason": found.reason if not found.accepted.any() else DOUBTFUL,
        "session_confidence": round(found.session_confidence, 6),
        "silhouette": None if found.silhouette is None else round(found.silhouette, 6),
        "undescribed": dict(sorted(undescribed.items())),
    }
