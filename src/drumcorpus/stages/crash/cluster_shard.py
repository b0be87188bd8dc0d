"""From the described hits of one shard to which cymbal each is, and what is in doubt."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.schemas import KIT_SESSIONS
from drumcorpus.stages.crash.agreement import compare_with_sound
from drumcorpus.stages.crash.assignments import assign_cymbals
from drumcorpus.stages.crash.cymbal_maps import CymbalMap, apply_cymbal_map
from drumcorpus.stages.crash.cymbal_model import CymbalModel
from drumcorpus.stages.crash.decisions import apply_decisions
from drumcorpus.stages.crash.kit_pools import kits_of_table
from drumcorpus.stages.crash.review_file import Decision, decisions_of
from drumcorpus.stages.crash.settings import MIXTURE, AgreementSettings, ClusteringSettings
from drumcorpus.stages.crash.tellers import ByLinkage, ByMixture
from drumcorpus.taxonomy import CymbalFamily
from drumcorpus.vocabulary import BY_METADATA, MORE_CYMBALS, SOUND_METHODS, UNLIKE_ITS_KIT


@dataclass(frozen=True)
class ShardClusters:
    """What `cluster_shard` makes: CYMBAL_ASSIGNMENTS, and rows of review and agreement."""

    assignments: pa.Table
    review: list[dict]
    agreement: list[dict]
    counters: dict[str, int]


def cluster_shard(
    embeddings: pa.Table,
    sessions: pa.Table,
    families: Sequence[CymbalFamily],
    *,
    cymbal_maps: Iterable[CymbalMap],
    decisions: Iterable[Decision],
    use_metadata: bool,
    clustering: Mapping,
    agreement: Mapping,
    model: CymbalModel | None = None,
    kits: pa.Table | None = None,
    kit_sessions: pa.Table | None = None,
) -> ShardClusters:
    """Number the cymbals of every session of one shard.

    What people have decided overrides all else, then come the cymbal maps, the source, and the
    sound. What the source numbers is clustered too, for comparison.

    Parameters
    ----------
    embeddings : pa.Table
        CYMBAL_EMBEDDINGS schema, the hits of a session together.
    sessions : pa.Table
        SESSIONS schema; only where there are cymbal maps they must be all of the hits.
    families : sequence of CymbalFamily
        Those whose cymbals are told apart.
    cymbal_maps : iterable of CymbalMap
        Each overrides the ones before it.
    decisions : iterable of Decision
        Of the whole source set; those of other shards are left alone.
    use_metadata : bool
        False hides what the source says, for benchmarks.
    clustering, agreement : mapping
        The sections ``crash.clustering`` and ``crash.agreement`` of the configuration.
    model : CymbalModel, optional
        Needed by the method ``mixture`` alone.
    kits : pa.Table, optional
        KIT_CYMBALS schema, of the whole source set: the kits whose sessions share a mixture.
    kit_sessions : pa.Table, optional
        KIT_SESSIONS schema, of the whole source set; needed with `kits`.

    Raises
    ------
    ValueError
        If a setting is unknown, missing or out of range, there is no model where one is needed, a
        cymbal map does not say which of two
        entries holds, or a source numbers a cymbal for which there is no label.
    """
    settings = read_settings(ClusteringSettings, clustering)
    for cymbal_map in cymbal_maps:
        embeddings = apply_cymbal_map(embeddings, sessions, cymbal_map)
    teller = _teller(settings, model, kits, kit_sessions)
    by_source, review = assign_cymbals(
        embeddings, families, settings, use_metadata=use_metadata, teller=teller
    )
    is_numbered = pc.equal(by_source["method"], BY_METADATA)
    by_sound, _ = assign_cymbals(
        embeddings.filter(is_numbered),
        families,
        settings,
        use_metadata=False,
        # A kit's numbers are the source's, or none where the sound contradicts it: what is asked.
        teller=lambda *hits: replace(teller(*hits), numbers=None),
    )
    compared = compare_with_sound(
        by_source.filter(is_numbered),
        by_sound,
        families,
        read_settings(AgreementSettings, agreement),
        method=BY_METADATA,
    )
    reasons = Counter(row["reason"] for row in review)
    decisions = decisions_of(decisions, embeddings["session_id"].unique().to_pylist())
    assignments, review, unused = apply_decisions(
        by_source, review, decisions, families, hits=embeddings
    )
    methods = Counter(by_source["method"].to_pylist())
    counters = {
        "cymbal_hits": assignments.num_rows,
        **{f"hits_by_{method}": methods[method] for method in SOUND_METHODS if methods[method]},
        "sessions_in_review": len(review),
        "sessions_with_more_cymbals_than_allowed": reasons[MORE_CYMBALS],
        "sessions_unlike_their_kit": reasons[UNLIKE_ITS_KIT],
        "decisions_obeyed": len(decisions) - len(unused),
        "decisions_not_obeyed": len(unused),
        "sessions_numbered": len(compared),
        "sessions_that_sound_otherwise": sum(row["agrees"] is False for row in compared),
    }
    return ShardClusters(assignments, review, compared, counters)


def _teller(settings, model, kits, kit_sessions):
    """How cymbals are told apart, by the method of the settings."""
    if settings.method != MIXTURE:
        return ByLinkage(settings)
    if model is None:
        raise ValueError(
            f"config: crash.clustering.method: {MIXTURE} needs a cymbal model, and none was given"
        )
    kit_of: dict[str, str | None] = {}
    if kits is not None:
        ids = (kit_sessions[name].to_pylist() for name in KIT_SESSIONS.names)
        kit_of = dict(zip(*ids, strict=True))
    return ByMixture(settings, model, {} if kits is None else kits_of_table(kits), kit_of)
