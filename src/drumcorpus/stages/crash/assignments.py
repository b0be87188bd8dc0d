"""From hits to cymbals: by what the source says, or else by what the sound says."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from drumcorpus.schemas import CYMBAL_ASSIGNMENTS
from drumcorpus.stages.crash.clusters import Clustering, cluster_session
from drumcorpus.stages.crash.embeddings import FINE_GROUP, ORDER_FEATURE, feature_names
from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.taxonomy import CymbalFamily, check_max_cymbals, is_cymbal
from drumcorpus.vocabulary import (
    BY_METADATA,
    BY_SOUND,
    DOUBTFUL,
    FOLLOWS_ACCOMPANIMENT,
    LABELS_NOT_JOINED,
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


@dataclass(frozen=True)
class _Part:
    """Hits of one session that are told apart together; one entry each.

    That is a whole family where the labels tell the cymbal. Elsewhere it is one label: the bow and
    the bell of one ride sound unlike, as two cymbals do.
    """

    hits: list[dict]
    numbers: list[int | None]  # of the source
    clustering: Clustering | None  # None where the source numbers every hit
    by_sound: list[int | None]  # number from 1, None where the sound gives none
    accepted: list[bool]
    reason: str | None  # why hits are in doubt

    @property
    def n_in_doubt(self) -> int:
        return self.accepted.count(False)


def assign_cymbals(
    embeddings: pa.Table,
    families: Iterable[CymbalFamily],
    settings: ClusteringSettings,
    *,
    use_metadata: bool,
) -> tuple[pa.Table, list[dict]]:
    """Say of every hit which cymbal of its family it is.

    Where the source numbers the cymbal of a hit, its number decides. The other hits of the session
    are clustered together with these: a group whose numbered hits have one number gets that number,
    and the numbers that are left go to the other groups from low to high. Where the groups
    contradict the numbers, the hits without a number are in doubt.

    Where the labels of a family do not tell its cymbals, the hits of each label are clustered for
    themselves, and an accepted hit keeps its label and gets the number; none, where its label is
    one cymbal. Nothing says which cymbal of one label is which of another: where the source does
    not number them either, only the label with most hits that were told apart gets numbers, and the
    hits of the others are in doubt (`labels_not_joined`).

    Parameters
    ----------
    embeddings : pa.Table
        CYMBAL_EMBEDDINGS schema, the hits of a session together.
    families : iterable of CymbalFamily
        Those of the hits, at least.
    settings : ClusteringSettings
    use_metadata : bool
        False hides what the source says, for benchmarks.

    Returns
    -------
    assignments : pa.Table
        CYMBAL_ASSIGNMENTS schema, in the order of `embeddings`.
    review : list of dict
        One per session and family in doubt: session_id, family, n_hits, n_accepted, reason,
        session_confidence, silhouette, `undescribed` (hits by the reason why they have no
        embedding), and `guesses`: event_id, component_index, cymbal from 1 and confidence of each
        hit in doubt that may be placed. Where the whole session is in doubt they are the best
        division in two, if each part is coherent.

    Raises
    ------
    ValueError
        If a source numbers a cymbal for which there is no label, or the settings allow more cymbals
        than a family has labels for.
    """
    families = {family.name: family for family in families}
    check_max_cymbals(settings.max_cymbals, families.values())
    rows: list[dict | None] = [None] * embeddings.num_rows
    review = []
    for (session_id, name), (places, hits) in _by_session_and_family(embeddings).items():
        family, part_of = families[name], _parts_of(hits, families[name])
        numbers = [hit["cymbal"] if use_metadata else None for hit in hits]
        for number in numbers if family.is_numbered else ():
            _check_label(family, number, session_id)
        of_parts = [[n for n, part in enumerate(part_of) if part == p] for p in sorted({*part_of})]
        parts = [
            _tell_apart([hits[n] for n in each], [numbers[n] for n in each], family, settings)
            for each in of_parts
        ]
        if not family.is_numbered:
            parts = _joined(parts)
        for each, part in zip(of_parts, parts, strict=True):
            for n, row in zip(each, _rows(part, family), strict=True):
                rows[places[n]] = row
        if any(part.n_in_doubt for part in parts):
            review.append(_review_row(session_id, family, parts, settings))
    return pa.Table.from_pylist(rows, CYMBAL_ASSIGNMENTS), review


def _by_session_and_family(embeddings: pa.Table) -> dict[tuple, tuple[list[int], list[dict]]]:
    """The rows of each session and family, by number and as they are."""
    groups: dict[tuple, tuple[list[int], list[dict]]] = {}
    for place, hit in enumerate(embeddings.to_pylist()):
        places, hits = groups.setdefault((hit["session_id"], hit["family"]), ([], []))
        places.append(place)
        hits.append(hit)
    return groups


def _parts_of(hits: list[dict], family: CymbalFamily) -> list[int]:
    """Which hits are told apart together."""
    return [0 if family.is_numbered else family.labels.index(hit["label"]) for hit in hits]


def _tell_apart(hits, numbers, family, settings) -> _Part:
    if None not in numbers:
        return _Part(hits, numbers, None, [None] * len(hits), [True] * len(hits), None)
    clustering = _cluster(hits, settings)
    by_sound = _numbers_by_sound(clustering, numbers, _most_cymbals(family, numbers, settings))
    accepted = [a is not None or b is not None for a, b in zip(numbers, by_sound, strict=True)]
    reason = None if all(accepted) else _reason(clustering, any(by_sound))
    if not family.is_numbered and clustering.n_cymbals == 1 and not any(numbers):
        by_sound = [None] * len(hits)  # one cymbal, and nothing says which one of the kit
    return _Part(hits, numbers, clustering, by_sound, accepted, reason)


def _most_cymbals(family: CymbalFamily, numbers, settings: ClusteringSettings) -> int:
    """The highest number that a cymbal may get."""
    if family.is_numbered:
        return len(family.labels)
    return max(number or 0 for number in numbers) + settings.max_cymbals + 1


def _joined(parts: list[_Part]) -> list[_Part]:
    """The labels of one family and session, of which one at most is numbered by sound alone."""
    seen = {number for part in parts for number in (*part.numbers, *part.by_sound)} - {None}
    if len(parts) == 1 or len(seen) < 2:
        return parts
    by_source = [part for part in parts if any(part.numbers)]
    # Numbers by sound mean nothing but that they differ; beside two labels that the source numbers
    # they could be any of either.
    first = None if len(by_source) > 1 else max(by_source or parts, key=_n_numbered)
    return [part if part is first else _not_joined(part) for part in parts]


def _n_numbered(part: _Part) -> int:
    pairs = zip(part.numbers, part.by_sound, strict=True)
    return sum(by_source is not None or by_sound is not None for by_source, by_sound in pairs)


def _not_joined(part: _Part) -> _Part:
    """Without the numbers that no hit numbered by the source has."""
    by_sound = [number if number in part.numbers else None for number in part.by_sound]
    accepted = [a is not None or b is not None for a, b in zip(part.numbers, by_sound, strict=True)]
    lost = any(was and not now for was, now in zip(part.accepted, accepted, strict=True))
    reason = LABELS_NOT_JOINED if lost else part.reason
    return replace(part, by_sound=by_sound, accepted=accepted, reason=reason)


def _rows(part: _Part, family: CymbalFamily) -> list[dict]:
    confidence = [0.0] * len(part.hits)
    if part.clustering is not None:
        confidence = part.clustering.confidence.tolist()
    rows = []
    for hit, number, found, sure, chance in zip(
        part.hits, part.numbers, part.by_sound, part.accepted, confidence, strict=True
    ):
        settled = found if number is None and sure else number
        cymbal = hit["cymbal"] if family.is_numbered else settled
        label = family.labels[(settled or 1) - 1] if family.is_numbered else hit["label"]
        if number is not None:
            rows.append(_row(hit, cymbal, label, BY_METADATA, 1.0, True))
        else:
            rows.append(_row(hit, cymbal, label, BY_SOUND, chance, sure))
    return rows


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


def _guesses(part: _Part, family: CymbalFamily, settings: ClusteringSettings) -> list[dict]:
    clustering, most = part.clustering, _most_cymbals(family, part.numbers, settings)
    if clustering is None:
        return []
    if clustering.reason == MORE_CYMBALS and settings.max_cymbals < most:
        # A person may find that there is one more indeed.
        wider = replace(settings, max_cymbals=settings.max_cymbals + 1)
        clustering = _cluster(part.hits, wider, one_more=False)
    elif clustering.reason in (DOUBTFUL, FOLLOWS_ACCOMPANIMENT) and settings.max_cymbals > 1:
        clustering = _cluster(part.hits, replace(settings, **IN_TWO), one_more=False)
    placed = replace(clustering, accepted=clustering.confidence > 0)
    return [
        {
            **{name: hit[name] for name in ("event_id", "component_index")},
            "cymbal": number,
            "confidence": confidence,
        }
        for hit, sure, number, confidence in zip(
            part.hits,
            part.accepted,
            _numbers_by_sound(placed, part.numbers, most),
            clustering.confidence.tolist(),
            strict=True,
        )
        if not sure and number is not None
    ]


def _check_label(family: CymbalFamily, number: int | None, session_id: str) -> None:
    if number is not None and not is_cymbal(number, family.labels):
        raise ValueError(
            f"session {session_id}: the source numbers a cymbal of the family {family.name} "
            f"{number}; the taxonomy has labels for {len(family.labels)}: "
            f"{', '.join(family.labels)}"
        )


def _row(
    hit: dict, cymbal: int | None, label: str, method: str, confidence: float, accepted: bool
) -> dict:
    return {
        **{name: hit[name] for name in ("event_id", "session_id", "component_index", "family")},
        "source_label": hit["source_label"],
        "cymbal": cymbal,
        "label": label,
        "method": method,
        "confidence": round(confidence, 6),
        "accepted": accepted,
        "undescribed": hit["reason"],
    }


def _reason(clustering: Clustering, is_numbered: bool) -> str:
    if clustering.reason == MORE_CYMBALS or not clustering.accepted.any():
        return clustering.reason
    return DOUBTFUL if is_numbered else NUMBERS_DIFFER


def _review_row(
    session_id: str, family: CymbalFamily, parts: list[_Part], settings: ClusteringSettings
) -> dict:
    worst = max(parts, key=lambda part: part.n_in_doubt)
    # A guess for one label is none for the others.
    first = max(parts, key=lambda part: (_n_numbered(part), part.n_in_doubt))
    confidence, silhouette = worst.clustering.session_confidence, worst.clustering.silhouette
    undescribed = Counter(hit["reason"] for part in parts for hit in part.hits if hit["reason"])
    return {
        "session_id": session_id,
        "family": family.name,
        "n_hits": sum(len(part.hits) for part in parts),
        "n_accepted": sum(part.accepted.count(True) for part in parts),
        "reason": worst.reason,
        "session_confidence": round(confidence, 6),
        "silhouette": None if silhouette is None else round(silhouette, 6),
        "undescribed": dict(sorted(undescribed.items())),
        "guesses": _guesses(first, family, settings),
    }
