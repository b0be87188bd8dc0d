"""Settings of what is measured in the sound behind the labels, and when that is a fault.

One stage measures, another holds the figures against the limits: both read this section.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class MeasureSettings:
    """The section ``checks.measure`` of the configuration.

    Parameters
    ----------
    sessions_per_set : int or None
        Sessions of each source set that are decoded; None for all.
    near_silence_dbfs : float
        dB re full scale; what swings less within 10 ms is near silence.
    isolation_ms : float
        Without another onset before and after a hit whose level is taken.
    search_ms : float
        Around an annotated onset, where its attack is looked for.
    coarse_search_ms : float
        By which all onsets of a session may be shifted and still be found.
    onsets_per_session : int
        Most that are placed in the sound, evenly spread.
    """

    SECTION: ClassVar[str] = "checks.measure"

    sessions_per_set: int | None
    near_silence_dbfs: float
    isolation_ms: float
    search_ms: float
    coarse_search_ms: float
    onsets_per_session: int


@dataclass(frozen=True)
class AudioLimits:
    """The section ``checks.limits`` of the configuration.

    Parameters
    ----------
    loudness_lu : float
        LU above or below the median of the source set.
    clipped_runs : int
        Fewest runs of cut samples, and
    clipped_share : float
        least share of the samples in them, 0 to 1, of a clipped session.
    dc_offset : float
        Share of full scale, 0 to 1.
    silent_share : float
        Share of the time that is near silence, 0 to 1.
    timing_ms : float
        Median offset of a session's labels from what is heard.
    spread_ms : float
        Median absolute deviation around it.
    drift_ms_per_min : float
        Change of that offset.
    """

    SECTION: ClassVar[str] = "checks.limits"

    loudness_lu: float
    clipped_runs: int
    clipped_share: float
    dc_offset: float
    silent_share: float
    timing_ms: float
    spread_ms: float
    drift_ms_per_min: float


@dataclass(frozen=True)
class AudioCheckSettings:
    """The section ``checks`` of the configuration.

    Parameters
    ----------
    measure : MeasureSettings
    limits : AudioLimits
        A session beyond one of these is counted as faulty.
    """

    SECTION: ClassVar[str] = "checks"

    measure: MeasureSettings
    limits: AudioLimits
