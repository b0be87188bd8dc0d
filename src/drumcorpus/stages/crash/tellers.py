"""Ways to tell the cymbals of a session's hits apart by their sound; `assignments` takes one.

A teller is called with hits of one session and family, rows of CYMBAL_EMBEDDINGS whose `embedding`
is a vector or None; with their numbers as far as the source's word counts; and, where the labels of
the family do not number the cymbals, with their label.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from drumcorpus.stages.crash.clusters import CONFIDENCE_DECIMALS, Clustering, cluster_session
from drumcorpus.stages.crash.cymbal_model import CymbalModel
from drumcorpus.stages.crash.described import strokes_of
from drumcorpus.stages.crash.embeddings import FINE_GROUP, ORDER_FEATURE, feature_names
from drumcorpus.stages.crash.kit_pools import KitCymbals
from drumcorpus.stages.crash.membership import tell_alone, tell_session
from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.vocabulary import (
    ANOTHER_AT_ONCE,
    BY_KIT,
    BY_MIXTURE,
    BY_SOUND,
    DOUBTFUL,
    MORE_CYMBALS,
    ONE_CYMBAL,
    SEPARATED,
    SHARED_KIT_ID,
    TOO_FEW_HITS,
)

_NAMES = feature_names()
_FINE = [column for column, name in enumerate(_NAMES) if name.startswith(FINE_GROUP)]


@dataclass(frozen=True)
class Told:
    """What the sound says of some hits of one session."""

    clustering: Clustering
    method: str
    # Over all sessions of the kit the number, from 1, of each cymbal; None where this session is
    # told apart alone, and within it where the source contradicts the sound.
    numbers: tuple[int | None, ...] | None = None
    n_divided: int = 0  # hits of the kit that were told apart with these


Teller = Callable[[Sequence[dict], Sequence[int | None], str | None], Told]


def cluster_hits(
    hits: Sequence[dict], settings: ClusteringSettings, *, one_more: bool = True
) -> Clustering:
    """Tell hits apart by their likeness, as of `clusters.cluster_session`."""
    matrix = _matrix(hits)
    return cluster_session(
        matrix[:, _FINE],
        settings,
        order_key=matrix[:, _NAMES.index(ORDER_FEATURE)],
        beside=[hit["beside"] or () for hit in hits],
        one_more=one_more,
    )


@dataclass(frozen=True)
class ByLinkage:
    """By the likeness of the hits of each session."""

    settings: ClusteringSettings

    def __call__(self, hits, numbers, label) -> Told:
        return Told(cluster_hits(hits, self.settings.of_family(hits[0]["family"])), BY_SOUND)


@dataclass(frozen=True)
class ByMixture:
    """By the mixture of the session's kit, or where it has none by one of its own.

    Attributes
    ----------
    settings : ClusteringSettings
    model : CymbalModel
    kits : mapping
        Of `kit_pools.kits_of_table`.
    kit_of : mapping
        The kit_id of each session, or None.
    """

    settings: ClusteringSettings
    model: CymbalModel
    kits: Mapping[tuple[str, str, str | None], KitCymbals]
    kit_of: Mapping[str, str | None]

    def __call__(self, hits, numbers, label) -> Told:
        kit = self.kits.get((self.kit_of.get(hits[0]["session_id"]), hits[0]["family"], label))
        of_kit = kit is not None and kit.mixture is not None
        of_kit = of_kit and kit.mixture.is_settled(self.settings.min_confidence)
        strokes = strokes_of(
            _matrix(hits),
            np.array([hit["onset_time"] for hit in hits]),
            np.zeros(len(hits), dtype=int),
            [hit["beside"] or () for hit in hits],
            np.array([hit["velocity"] for hit in hits], dtype=float),  # None is NaN
        )
        if of_kit:
            clustering = tell_session(strokes, self.model, self.settings, kit=kit.mixture)
        else:
            mixture = None if kit is None else kit.mixture
            clustering = tell_alone(strokes, self.model, self.settings, mixture)
        is_sure = clustering.session_confidence >= self.settings.min_confidence
        if clustering.reason == SEPARATED and is_sure:
            clustering = self._with_both_at_once(clustering, hits, numbers)
        elif clustering.reason in (ONE_CYMBAL, SEPARATED) and not is_sure:
            nothing = np.zeros(len(hits))
            clustering = replace(clustering, reason=DOUBTFUL, confidence=nothing)
        elif clustering.reason == MORE_CYMBALS and not of_kit:
            # A mixture of one session says that alone; the others than two of them can be told.
            return Told(cluster_hits(hits, self.settings), BY_SOUND)
        if of_kit:
            return Told(clustering, BY_KIT, kit.numbers, kit.n_divided)
        is_shared = kit is not None and kit.reason == SHARED_KIT_ID
        if is_shared and clustering.reason in (TOO_FEW_HITS, DOUBTFUL):  # a kit would settle that
            clustering = replace(clustering, reason=SHARED_KIT_ID)
        return Told(clustering, BY_MIXTURE)

    def _with_both_at_once(
        self, clustering: Clustering, hits: Sequence[dict], numbers: Sequence[int | None]
    ) -> Clustering:
        """Two strokes of one event that the source does not number are one of each of two cymbals.

        Their sound is of both, and cannot be described.
        """
        if clustering.n_cymbals != 2:
            return clustering
        of_event: dict[str, list[int]] = {}
        for n, hit in enumerate(hits):
            of_event.setdefault(hit["event_id"], []).append(n)
        pairs = [
            sorted(rows, key=lambda n: hits[n]["component_index"])
            for rows in of_event.values()
            if len(rows) == 2
            and all(numbers[n] is None and hits[n]["reason"] == ANOTHER_AT_ONCE for n in rows)
        ]
        if not pairs:
            return clustering
        rows, chance = np.array(pairs), round(self.model.both_at_once, CONFIDENCE_DECIMALS)
        cymbals, confidence = clustering.cymbals.copy(), clustering.confidence.copy()
        accepted = clustering.accepted.copy()
        cymbals[rows], confidence[rows] = [0, 1], chance
        accepted[rows] = chance >= self.settings.min_confidence
        return replace(clustering, cymbals=cymbals, confidence=confidence, accepted=accepted)


def _matrix(hits: Sequence[dict]) -> np.ndarray:
    matrix = np.full((len(hits), len(_NAMES)), np.nan)
    for number, hit in enumerate(hits):
        if hit["embedding"] is not None:
            matrix[number] = hit["embedding"]
    return matrix
