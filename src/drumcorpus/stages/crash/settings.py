"""Settings by which cymbals are told apart, and held against the source's numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

LINKAGE, MIXTURE = CLUSTERING_METHODS = ("linkage", "mixture")


@dataclass(frozen=True)
class ClusteringSettings:
    """The section ``crash.clustering`` of the configuration.

    Parameters
    ----------
    method : str
        linkage: by the likeness of the hits of each session (`clusters`). mixture: by a Gaussian
        mixture of each kit, or of a session that has none (`mixture`).
    max_cymbals : int
        Most cymbals tried in one session.
    min_hits : int
        Fewest hits that make a cymbal; a session needs twice as many to be judged.
    min_confidence : float
        A hit of a divided session below this, 0 to 1, is not accepted.
    split_similarity : float
        Largest similarity between groups, relative to that within them, of two cymbals. Cutting a
        session in two, it is 0.6 to 0.85 between the halves of one cymbal (quartiles, on three
        sampled kits), and 0.0 to 0.2 between two. Where to say so was weighed on eight kits:
        bench/crash_truth/README.md has the table.
    split_similarity_by_family : mapping of str to float
        The same for families other than those kits were weighed for: strokes on one ride or hi-hat
        are less alike than strokes on one crash. By linkage alone: a mixture takes
        `split_similarity` for every family. docs/cymbal_families.md has the figures.
    one_similarity : float
        Least such ratio, in the best division in two, of one cymbal.
    min_similarity : float
        Least mean similarity (correlation) within a group.
    stray_share : float
        Largest share of hits unlike all others that may be set aside, 0 to 0.5.
    max_accompaniment : float
        Largest association (`accompaniment.association_beside`) of a group with a label beside its
        hits; 1 allows any. Over 418 divisions of performances with two cymbals on eight sampled
        kits: 0.23 in the median, 0.79 at the 95th percentile, 0.82 at most; with the kick's
        strokes above 0.85 in 8.
    unheard_beside : tuple of str
        Labels that do not count there: they sound below what the features describe.

    Raises
    ------
    ValueError
        If a setting is out of range.
    """

    SECTION: ClassVar[str] = "crash.clustering"

    method: str
    max_cymbals: int
    min_hits: int
    min_confidence: float
    split_similarity: float
    split_similarity_by_family: Mapping[str, float]
    one_similarity: float
    min_similarity: float
    stray_share: float
    max_accompaniment: float
    unheard_beside: tuple[str, ...]

    def __post_init__(self):
        if self.method not in CLUSTERING_METHODS:
            raise ValueError(
                f"method must be one of {', '.join(CLUSTERING_METHODS)}; got {self.method!r}"
            )
        if self.max_cymbals < 1 or self.min_hits < 2:
            raise ValueError(
                f"max_cymbals {self.max_cymbals} must be >= 1, min_hits {self.min_hits} >= 2"
            )
        for limit in (self.split_similarity, *self.split_similarity_by_family.values()):
            if limit > self.one_similarity:
                raise ValueError(
                    f"split_similarity {limit} exceeds one_similarity {self.one_similarity}"
                )
        if not 0 <= self.stray_share < 0.5:
            raise ValueError(f"stray_share must be in [0, 0.5), got {self.stray_share}")
        if not 0 <= self.max_accompaniment <= 1:
            raise ValueError(f"max_accompaniment must be in [0, 1], got {self.max_accompaniment}")

    def of_family(self, family: str) -> "ClusteringSettings":
        """These settings with the limit that holds for a family."""
        limit = self.split_similarity_by_family.get(family, self.split_similarity)
        return replace(self, split_similarity=limit)


@dataclass(frozen=True)
class ModelSettings:
    """The section ``crash.model`` of the configuration.

    Parameters
    ----------
    min_kits : int
        Fewest kits with two known cymbals or more from which a model is trained.
    min_cymbals : int
        Fewest known cymbals of them.
    """

    SECTION: ClassVar[str] = "crash.model"

    min_kits: int
    min_cymbals: int


@dataclass(frozen=True)
class AgreementSettings:
    """The section ``crash.agreement`` of the configuration.

    Parameters
    ----------
    min_hits : int
        A cymbal of the source with fewer hits of which the sound is sure is left out, with its
        hits, for the sound cannot find it; a session with fewer than twice as many is not judged.
    min_accepted : float
        Least share of hits of which the sound is sure, 0 to 1, in a session that is judged.
    min_adjusted_rand : float
        Least adjusted Rand index of a session that agrees; 1 is equal. Where a share p of the hits
        of two cymbals struck equally often is placed otherwise, the index is near (1 - 2 p) ** 2:
        0.5 is one hit in seven, several times what a clustering is wrong by that reaches 0.9 on
        average.
    """

    SECTION: ClassVar[str] = "crash.agreement"

    min_hits: int
    min_accepted: float
    min_adjusted_rand: float
