"""From crash hits to cymbals: by what the source says, or else by what the sound says."""

import numpy as np
import pyarrow as pa

from drumcorpus.crash_clusters import DOUBTFUL, FOLLOWS_ACCOMPANIMENT, cluster_session
from drumcorpus.crash_embeddings import FINE_GROUP, ORDER_FEATURE, feature_names
from drumcorpus.schemas import BY_METADATA, BY_SOUND, CRASH_ASSIGNMENTS

# What a session in doubt is divided in for a person to judge, however alike the two parts are.
IN_TWO = {
    "max_cymbals": 2,
    "split_similarity": 1.0,
    "one_similarity": 1.0,
    "min_confidence": 0.0,
    "max_accompaniment": 1.0,
}


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
        One per session in doubt: session_id, n_hits, reason, session_confidence, silhouette,
        `undescribed` (hits by the reason why they have no embedding), and `guesses`: event_id,
        component_index, cymbal from 1 and confidence of each hit in doubt that may be placed. Where
        the whole session is in doubt they are the best division in two, if each part is coherent.

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
                _row(h, name, BY_METADATA, 1.0, True) for h, name in zip(hits, labels, strict=True)
            ]
            continue
        settings = clustering | {"max_cymbals": min(len(crash_labels), clustering["max_cymbals"])}
        found = _cluster(hits, settings)
        for number, hit in enumerate(hits):
            accepted = bool(found.accepted[number])
            label = crash_labels[found.cymbals[number] if accepted else 0]
            rows.append(_row(hit, label, BY_SOUND, float(found.confidence[number]), accepted))
        if not found.accepted.all():
            row = _review_row(session_id, hits, found)
            review.append(row | {"guesses": _guesses(hits, found, settings)})
    return pa.Table.from_pylist(rows, CRASH_ASSIGNMENTS), review


def _sessions(embeddings: pa.Table):
    by_session: dict[str, list[dict]] = {}
    for hit in embeddings.to_pylist():
        by_session.setdefault(hit["session_id"], []).append(hit)
    return by_session.items()


def _cluster(hits: list[dict], settings: dict):
    names = feature_names()
    fine = [number for number, name in enumerate(names) if name.startswith(FINE_GROUP)]
    vectors = np.full((len(hits), len(names)), np.nan)
    for number, hit in enumerate(hits):
        if hit["embedding"] is not None:
            vectors[number] = hit["embedding"]
    return cluster_session(
        vectors[:, fine],
        order_key=vectors[:, names.index(ORDER_FEATURE)],
        beside=[hit["beside"] or () for hit in hits],
        **settings,
    )


def _guesses(hits: list[dict], found, settings: dict) -> list[dict]:
    in_doubt = ~found.accepted
    if found.reason in (DOUBTFUL, FOLLOWS_ACCOMPANIMENT) and settings["max_cymbals"] > 1:
        found = _cluster(hits, settings | IN_TWO)
    return [
        {
            **{name: hits[number][name] for name in ("event_id", "component_index")},
            "cymbal": int(found.cymbals[number]) + 1,
            "confidence": float(found.confidence[number]),
        }
        for number in np.flatnonzero(in_doubt & (found.confidence > 0))
    ]


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
        **{name: hit[name] for name in ("source_label", "cymbal")},
        "label": label,
        "method": method,
        "confidence": round(confidence, 6),
        "accepted": accepted,
        "undescribed": hit["reason"],
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
