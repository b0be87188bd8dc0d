"""From the described hits of one shard to which cymbal each is, and what is in doubt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.stages.crash.agreement import compare_with_sound
from drumcorpus.stages.crash.assignments import assign_cymbals
from drumcorpus.stages.crash.cymbal_maps import CymbalMap, apply_cymbal_map
from drumcorpus.stages.crash.decisions import apply_decisions
from drumcorpus.stages.crash.review_file import Decision, decisions_of
from drumcorpus.stages.crash.settings import AgreementSettings, ClusteringSettings
from drumcorpus.taxonomy import CymbalFamily
from drumcorpus.vocabulary import BY_METADATA, MORE_CYMBALS


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

    Raises
    ------
    ValueError
        If a setting is unknown, missing or out of range, a cymbal map does not say which of two
        entries holds, or a source numbers a cymbal for which there is no label.
    """
    settings = read_settings(ClusteringSettings, clustering)
    for cymbal_map in cymbal_maps:
        embeddings = apply_cymbal_map(embeddings, sessions, cymbal_map)
    by_source, review = assign_cymbals(embeddings, families, settings, use_metadata=use_metadata)
    is_numbered = pc.equal(by_source["method"], BY_METADATA)
    by_sound, _ = assign_cymbals(
        embeddings.filter(is_numbered), families, settings, use_metadata=False
    )
    compared = compare_with_sound(
        by_source.filter(is_numbered),
        by_sound,
        families,
        read_settings(AgreementSettings, agreement),
        method=BY_METADATA,
    )
    n_more = sum(row["reason"] == MORE_CYMBALS for row in review)
    decisions = decisions_of(decisions, embeddings["session_id"].unique().to_pylist())
    assignments, review, unused = apply_decisions(
        by_source, review, decisions, families, hits=embeddings
    )
    counters = {
        "cymbal_hits": assignments.num_rows,
        "sessions_in_review": len(review),
        "sessions_with_more_cymbals_than_allowed": n_more,
        "decisions_obeyed": len(decisions) - len(unused),
        "decisions_not_obeyed": len(unused),
        "sessions_numbered": len(compared),
        "sessions_that_sound_otherwise": sum(row["agrees"] is False for row in compared),
    }
    return ShardClusters(assignments, review, compared, counters)
