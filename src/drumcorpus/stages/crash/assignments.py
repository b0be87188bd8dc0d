"""From crash hits to cymbals: by what the source says, or else by what the sound says."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from drumcorpus.schemas import CRASH_ASSIGNMENTS
from drumcorpus.stages.crash.clusters import Clustering, cluster_session
from drumcorpus.stages.crash.embeddings import FINE_GROUP, ORDER_FEATURE, feature_names
from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.vocabulary import (
    BY_METADATA,
    BY_SOUND,
    DOUBTFUL,
    FOLLOWS_ACCOMPANIMENT,
    MORE_CYMBALS,
    NUMBERS_DIFFER,
)

# Share of a group's numbered hits that must have one number for the group to get it.
SAME_NUMBER_SHARE = 0.9

# Settings that divide a session in doubt in two, however alike the parts: a person will judge them.
IN_TWO = {
    "max_cymbals": 2,
    "split_similarity": 1.0,
    "one_similarity": 1.0,
    "min_confidence": 0.0,
    "max_accompaniment": 1.0,
}


def assign_crashes(
    embeddings: pa.Table,
    crash_labels: list[str],
    settings: ClusteringSettings,
    *,
    use_metadata: bool,
) -> tuple[pa.Table, list[dict]]:
    """Say of every crash hit which cymbal it is.

    Where the source numbers the cymbal of a hit, its number decides. The other hits of the session
    are clustered together with these: a group whose numbered hits have one number gets that number,
    and the numbers that are left go to the other groups from low to high. Where the groups
    contradict the numbers, the hits without a number are in doubt.

    Parameters
    ----------
    embeddings : pa.Table
        CRASH_EMBEDDINGS schema, the hits of a session together.
    crash_labels : list of str
        Labels of the first, second, … crash of a kit.
    settings : ClusteringSettings
    use_metadata : bool
        False hides what the source says, for benchmarks.

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
        If a source numbers a cymbal for which there is no label, or the settings allow more cymbals
        than there are labels.
    """
    rows, review = [], []
    if settings.max_cymbals > len(crash_labels):
        raise ValueError(
            f"crash.clustering.max_cymbals: got {settings.max_cymbals}; the taxonomy has labels "
            f"for {len(crash_labels)} cymbals: {', '.join(crash_labels)}"
        )
    for session_id, hits in _sessions(embeddings):
        numbers = [hit["cymbal"] if use_metadata else None for hit in hits]
        labels = [_label(crash_labels, n, session_id) if n else None for n in numbers]
        if None not in labels:
            rows += [
                _row(hit, label, BY_METADATA, 1.0, True)
                for hit, label in zip(hits, labels, strict=True)
            ]
            continue
        clustering = _cluster(hits, settings)
        by_sound = _numbers_by_sound(clustering, numbers, len(crash_labels))
        accepted = [a is not None or b is not None for a, b in zip(labels, by_sound, strict=True)]
        for hit, label, number, sure, confidence in zip(
            hits, labels, by_sound, accepted, clustering.confidence.tolist(), strict=True
        ):
            if label is not None:
                rows.append(_row(hit, label, BY_METADATA, 1.0, True))
            else:
                label = crash_labels[number - 1 if sure else 0]
                rows.append(_row(hit, label, BY_SOUND, confidence, sure))
        if not all(accepted):
            row = _review_row(session_id, hits, clustering, accepted, by_sound)
            guesses = _guesses(hits, clustering, settings, accepted, numbers, len(crash_labels))
            review.append(row | {"guesses": guesses})
    return pa.Table.from_pylist(rows, CRASH_ASSIGNMENTS), review


def _sessions(embeddings: pa.Table):
    by_session: dict[str, list[dict]] = {}
    for hit in embeddings.to_pylist():
        by_session.setdefault(hit["session_id"], []).append(hit)
    return by_session.items()


def _cluster(
    hits: list[dict], settings: ClusteringSettings, *, one_more: bool = True
) -> Clustering:
    names = feature_names()
    fine = [number for number, name in enumerate(names) if name.startswith(FINE_GROUP)]
    vectors = np.full((len(hits), len(names)), np.nan)
    for number, hit in enumerate(hits):
        if hit["embedding"] is not None:
            vectors[number] = hit["embedding"]
    return cluster_session(
        vectors[:, fine],
        settings,
        order_key=vectors[:, names.index(ORDER_FEATURE)],
        beside=[hit["beside"] or () for hit in hits],
        one_more=one_more,
    )


def _numbers_by_sound(
    clustering: Clustering, numbers: Sequence[int | None], n_labels: int
) -> list[int | None]:
    """The cymbal, from 1, of each hit that the sound is sure of; None for the others.

    None for all where the groups contradict the source's numbers.
    """
    of_group: dict[int, int | None] = {}
    for group in range(clustering.n_cymbals):
        members = np.flatnonzero(clustering.accepted & (clustering.cymbals == group))
        counts = Counter(numbers[hit] for hit in members if numbers[hit] is not None)
        [(number, count)] = counts.most_common(1) or [(None, 0)]
        if count < SAME_NUMBER_SHARE * counts.total():
            return [None] * len(numbers)
        of_group[group] = number
    taken = [number for number in of_group.values() if number is not None]
    free = [number for number in range(1, n_labels + 1) if number not in numbers]
    nameless = [group for group, number in of_group.items() if number is None]
    if len(set(taken)) < len(taken) or len(nameless) > len(free):
        return [None] * len(numbers)
    of_group |= dict(zip(nameless, free, strict=False))
    return [
        of_group[group] if sure else None
        for group, sure in zip(
            clustering.cymbals.tolist(), clustering.accepted.tolist(), strict=True
        )
    ]


def _guesses(hits, clustering, settings, accepted, numbers, n_labels) -> list[dict]:
    if clustering.reason == MORE_CYMBALS and settings.max_cymbals < n_labels:
        # A person may find that there is one more indeed.
        wider = replace(settings, max_cymbals=settings.max_cymbals + 1)
        clustering = _cluster(hits, wider, one_more=False)
    elif clustering.reason in (DOUBTFUL, FOLLOWS_ACCOMPANIMENT) and settings.max_cymbals > 1:
        clustering = _cluster(hits, replace(settings, **IN_TWO), one_more=False)
    placed = replace(clustering, accepted=clustering.confidence > 0)
    return [
        {
            **{name: hit[name] for name in ("event_id", "component_index")},
            "cymbal": number,
            "confidence": confidence,
        }
        for hit, sure, number, confidence in zip(
            hits,
            accepted,
            _numbers_by_sound(placed, numbers, n_labels),
            clustering.confidence.tolist(),
            strict=True,
        )
        if not sure and number is not None
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


def _review_row(
    session_id: str, hits: list[dict], clustering: Clustering, accepted, by_sound
) -> dict:
    undescribed = Counter(hit["reason"] for hit in hits if hit["reason"])
    if clustering.reason == MORE_CYMBALS or not clustering.accepted.any():
        reason = clustering.reason
    else:
        reason = DOUBTFUL if any(by_sound) else NUMBERS_DIFFER
    return {
        "session_id": session_id,
        "n_hits": len(hits),
        "n_accepted": sum(accepted),
        "reason": reason,
        "session_confidence": round(clustering.session_confidence, 6),
        "silhouette": None if clustering.silhouette is None else round(clustering.silhouette, 6),
        "undescribed": dict(sorted(undescribed.items())),
    }
