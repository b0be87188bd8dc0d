"""Settings by which strokes are found in the sound."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class OnsetSettings:
    """The section ``onsets`` of the configuration.

    Parameters
    ----------
    sample_rate_hz : int
        Audio is resampled to this before onsets are looked for.
    hop_ms : float
        From one spectrum to the next; at most 15.
    n_bands : int
        Mel bands.
    fmin_hz, fmax_hz : float
        Lowest and highest band.
    range_db : float
        Levels further below the recording's loudest band hardly count.
    delta_db : float
        Least rise over what is usual around, mean of the bands.
    wait_ms : float
        Least time between two onsets.
    min_level_db : float
        Least peak of an onset, re the loudest of the recording.
    silence_db : float
        A recording whose peak is below this, re full scale, is silent.
    bleed_margin_db : float
        Least by which an own hit is above the bleed predicted there.
    bleed_delay_ms : float
        Longest way of sound from one drum to another's microphone.
    """

    SECTION: ClassVar[str] = "onsets"

    sample_rate_hz: int
    hop_ms: float
    n_bands: int
    fmin_hz: float
    fmax_hz: float
    range_db: float
    delta_db: float
    wait_ms: float
    min_level_db: float
    silence_db: float
    bleed_margin_db: float
    bleed_delay_ms: float
