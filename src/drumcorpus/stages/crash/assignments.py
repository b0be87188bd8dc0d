"""From hits to cymbals: by what the source says, or else by what the sound says."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from drumcorpus.schemas import CYMBAL_ASSIGNMENTS
from drumcorpus.stages.crash.clusters import Clustering
from drumcorpus.stages.crash.described import embedding_matrix
from drumcorpus.stages.crash.numbering import agree, most_cymbals, name_groups
from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.stages.crash.tellers import ByLinkage, Teller, Told, cluster_hits
from drumcorpus.taxonomy import CymbalFamily, check_max_cymbals, is_cymbal
from drumcorpus.vocabulary import (
    BY_METADATA,
    DOUBTFUL,
    FOLLOWS_ACCOMPANIMENT,
    LABELS_NOT_JOINED,
    MORE_CYMBALS,
    NUMBERS_DIFFER,
    SHARED_KIT_ID,
    UNLIKE_ITS_KIT,
)

# Reasons of a session of which nothing is told, though its hits may fall into groups.
UNDECIDED = (DOUBTFUL, FOLLOWS_ACCOMPANIMENT, UNLIKE_ITS_KIT, SHARED_KIT_ID)

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
    told: Told | None  # None where the source numbers every hit
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
    teller: Teller | None = None,
) -> tuple[pa.Table, list[dict]]:
    """Say of every hit which cymbal of its family it is.

    Where the source numbers the cymbal of a hit, its number decides. The other hits of the session
    are clustered together with these: a group whose numbered hits have one number gets that number,
    and the numbers that are left go to the other groups from low to high. Where the groups
    contradict the numbers, the hits without a number are in doubt. Where a kit is told apart as a
    whole, its cymbals have their numbers from all its sessions.

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
    teller : callable, optional
        Of `tellers`; by linkage, if not given.

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
    teller = teller or ByLinkage(settings)
    rows: list[dict | None] = [None] * embeddings.num_rows
    review = []
    for (session_id, name), (places, hits) in _by_session_and_family(embeddings).items():
        family, part_of = families[name], _parts_of(hits, families[name])
        numbers = [hit["cymbal"] if use_metadata else None for hit in hits]
        for number in numbers if family.is_numbered else ():
            _check_label(family, number, session_id)
        of_parts = [[n for n, part in enumerate(part_of) if part == p] for p in sorted({*part_of})]
        parts = [
            _tell_apart(
                [hits[n] for n in each], [numbers[n] for n in each], family, settings, teller
            )
            for each in of_parts
        ]
        if not family.is_numbered:
            parts = _joined(parts)
        for each, part in zip(of_parts, parts, strict=True):
            for n, row in zip(each, _rows(part, family), strict=True):
                rows[places[n]] = row
        if any(part.n_in_doubt for part in parts):
            review.append(_review_row(session_id, family, parts, settings.of_family(name)))
    return pa.Table.from_pylist(rows, CYMBAL_ASSIGNMENTS), review


def _by_session_and_family(embeddings: pa.Table) -> dict[tuple, tuple[list[int], list[dict]]]:
    """The rows of each session and family, by number and as they are."""
    groups: dict[tuple, tuple[list[int], list[dict]]] = {}
    vectors = embedding_matrix(embeddings)
    for place, hit in enumerate(embeddings.drop_columns(["embedding"]).to_pylist()):
        hit["embedding"] = vectors[place] if hit["reason"] is None else None
        places, hits = groups.setdefault((hit["session_id"], hit["family"]), ([], []))
        places.append(place)
        hits.append(hit)
    return groups


def _parts_of(hits: list[dict], family: CymbalFamily) -> list[int]:
    """Which hits are told apart together."""
    return [0 if family.is_numbered else family.labels.index(hit["label"]) for hit in hits]


def _tell_apart(hits, numbers, family, settings, teller) -> _Part:
    if None not in numbers:
        return _Part(hits, numbers, None, [None] * len(hits), [True] * len(hits), None)
    told = teller(hits, numbers, None if family.is_numbered else hits[0]["label"])
    clustering = told.clustering
    by_sound = _numbers_by_sound(told, numbers, most_cymbals(family, numbers, settings))
    accepted = [a is not None or b is not None for a, b in zip(numbers, by_sound, strict=True)]
    reason = None if all(accepted) else _reason(clustering, any(by_sound))
    if not family.is_numbered and clustering.n_cymbals == 1 and not any(numbers):
        by_sound = [None] * len(hits)  # one cymbal, and nothing says which one of the kit
    return _Part(hits, numbers, told, by_sound, accepted, reason)


def _joined(parts: list[_Part]) -> list[_Part]:
    """The labels of one family and session, of which one at most is numbered by sound alone."""
    seen = {number for part in parts for number in (*part.numbers, *part.by_sound)} - {None}
    if len(parts) == 1 or len(seen) < 2:
        return parts
    by_source = [part for part in parts if any(part.numbers)]
    # Numbers by sound mean nothing but that they differ; beside two labels that the source numbers
    # they could be any of either.
    first = None if len(by_source) > 1 else max(by_source or parts, key=_weight)
    return [part if part is first else _not_joined(part) for part in parts]


def _weight(part: _Part) -> tuple[int, int]:
    """Hits told apart in all sessions of the kit, so that one label goes first in all; and here."""
    return part.told.n_divided if part.told else 0, _n_numbered(part)


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
    confidence, method = [0.0] * len(part.hits), None
    if part.told is not None:
        confidence, method = part.told.clustering.confidence.tolist(), part.told.method
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
            rows.append(_row(hit, cymbal, label, method, chance, sure))
    return rows


def _numbers_by_sound(told: Told, numbers: Sequence[int | None], n_labels: int) -> list[int | None]:
    """The cymbal, from 1, of each hit that the sound is sure of; None for the others.

    None for all where the groups contradict the source's numbers.
    """
    clustering = told.clustering
    cymbals = clustering.cymbals.tolist()
    sure = np.flatnonzero(clustering.accepted).tolist()
    pairs = [(cymbals[n], numbers[n]) for n in sure if numbers[n] is not None]
    if told.numbers is not None and None not in told.numbers:
        names = dict(enumerate(told.numbers))
        names = names if agree(names, pairs) else None
    elif told.numbers is not None and not any(numbers):
        names = None  # the source contradicts the sound in other sessions of the kit
    else:
        names = name_groups(range(clustering.n_cymbals), pairs, numbers, n_labels)
    by_sound: list[int | None] = [None] * len(numbers)
    for n in sure if names else ():
        by_sound[n] = names[cymbals[n]]
    return by_sound


def _guesses(part: _Part, family: CymbalFamily, settings: ClusteringSettings) -> list[dict]:
    told, most = part.told, most_cymbals(family, part.numbers, settings)
    if told is None:
        return []
    reason, guessed = told.clustering.reason, None
    if reason == MORE_CYMBALS and settings.max_cymbals < most:
        # A person may find that there is one more indeed.
        guessed = {"max_cymbals": settings.max_cymbals + 1}
    elif reason in UNDECIDED and settings.max_cymbals > 1:
        guessed = IN_TWO
    if guessed is not None:
        clustering = cluster_hits(part.hits, replace(settings, **guessed), one_more=False)
        told = Told(clustering, told.method)
    told = replace(
        told, clustering=replace(told.clustering, accepted=told.clustering.confidence > 0)
    )
    return [
        {
            **{name: hit[name] for name in ("event_id", "component_index")},
            "cymbal": number,
            "confidence": confidence,
        }
        for hit, sure, number, confidence in zip(
            part.hits,
            part.accepted,
            _numbers_by_sound(told, part.numbers, most),
            told.clustering.confidence.tolist(),
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
    clustering = worst.told.clustering
    confidence, silhouette = clustering.session_confidence, clustering.silhouette
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
