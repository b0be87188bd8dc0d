"""Settings of the pages of sessions."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class ListeningSettings:
    """The section ``listening`` of the configuration.

    Parameters
    ----------
    max_sessions : int
        Most sessions shown of a source set.
    per_split : int
        Sessions of each split that are shown whether another page names them or not.
    excerpt_s : float
        Seconds of each excerpt.
    sample_rate_hz : int
        Excerpts are resampled to this.
    page_mb : float
        Sound on the page of a source set, MB of 10^6 bytes; what would be more is shown silent.
    """

    SECTION: ClassVar[str] = "listening"

    max_sessions: int
    per_split: int
    excerpt_s: float
    sample_rate_hz: int
    page_mb: float
