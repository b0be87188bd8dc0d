"""Settings by which the families of a manifest are found and put into splits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class AudioSettings:
    """When two recordings are copies of each other by their landmarks.

    Parameters
    ----------
    max_families : int
        A landmark that more families have tells nothing.
    min_landmarks : int
        Fewest landmarks that coincide at the best lag.
    min_contrast : float
        Least ratio of these to those of the best other lag.
    min_seconds : int
    min_share : float
        Fewest seconds, and least share of those of the shorter session, in which they do, 0 to 1;
    min_landmark_share : float
        or else, as of a fill, twice as many landmarks, in two seconds of both, and so large a share
        of all landmarks of the session that has fewer, 0 to 1.
    """

    max_families: int
    min_landmarks: int
    min_contrast: float
    min_seconds: int
    min_share: float
    min_landmark_share: float


@dataclass(frozen=True)
class AlignmentSettings:
    """When two performances that are aligned are one.

    Parameters
    ----------
    max_stretch : float
        Largest difference of the two tempi, relative.
    min_share : float
        Least share of the onsets in common time that coincide, 0 to 1.
    min_covered : float
        Least part of the performance with fewer onsets that lies in common time, 0 to 1.
    max_chance_log10 : float
        Largest decimal logarithm of the probability that they coincide by chance.
    loop_share : float
        Where another alignment reaches this share, 0 to 1, the music is on a grid and repeats
        itself, so that what coincides says less:
    min_loop_share : float
        then so large a share of the onsets must coincide, and of their classes, and so improbably;
        or else all of both performances is in common time, nearly without an exception,
    min_whole_onsets : int
        and has so many onsets.
    """

    max_stretch: float
    min_share: float
    min_covered: float
    max_chance_log10: float
    loop_share: float
    min_loop_share: float
    min_whole_onsets: int


@dataclass(frozen=True)
class StrokeSettings:
    """When two performances are copies of each other by their strokes.

    Parameters
    ----------
    max_families : int
        A pattern that more families have tells nothing.
    min_shared : int
    min_likeness : float
        Fewest patterns in common, and least share of those of the session that has fewer, 0 to 1,
        of a pair that is aligned.
    max_tried : int
        Most pairs of a session with later ones that are aligned, the likest first.
    alignment : AlignmentSettings
    """

    max_families: int
    min_shared: int
    min_likeness: float
    max_tried: int
    alignment: AlignmentSettings


@dataclass(frozen=True)
class SearchSettings:
    """The section ``splits.search`` of the configuration: how near-duplicates are recognised.

    Parameters
    ----------
    min_onsets : int
        Fewest onsets of a session whose equal annotation file counts.
    audio : AudioSettings
    strokes : StrokeSettings
    """

    SECTION: ClassVar[str] = "splits.search"

    min_onsets: int
    audio: AudioSettings
    strokes: StrokeSettings


@dataclass(frozen=True)
class SplitSettings:
    """The section ``splits`` of the configuration, as far as it decides how a manifest is split.

    Parameters
    ----------
    seed : int
    shares : mapping of str to float
        As of `draw.draw_split`.
    leaks : str
        ``refuse``, ``move`` or ``report``: as `policy` of `decide.decide_splits`.
    isolate : tuple of str
        ``drummer`` and ``kit``, where sessions of one must stay in one split.
    search : SearchSettings
    """

    SECTION: ClassVar[str] = "splits"
    # Of the fingerprints another job is made, and memory shapes nothing.
    ELSEWHERE: ClassVar[tuple[str, ...]] = ("fingerprints", "memory_limit")

    seed: int
    shares: Mapping[str, float]
    leaks: str
    isolate: tuple[str, ...]
    search: SearchSettings
