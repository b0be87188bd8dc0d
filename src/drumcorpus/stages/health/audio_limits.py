"""Which sessions are faulty: the figures of the sound, held against the limits of the config.

Rows are of the schema `AUDIO_CHECKS`.
"""

from collections.abc import Mapping

from drumcorpus.ground.sound.check_settings import AudioLimits
from drumcorpus.vocabulary import DRUMS_NOT_IN_MIX, TOO_FEW_MEASURED

MIN_TRIED = 5  # onsets that were looked for in the sound; fewer say nothing of a session
MIN_FOUND_SHARE = 0.5  # of those, in a recording that is the annotation's


def is_sampled(row: Mapping) -> bool:
    """Whether a session was chosen to be decoded."""
    return row["sampled"]


def is_unmeasured(row: Mapping) -> bool:
    """Whether a session was chosen and its sound could not be measured."""
    return row["sampled"] and row["reason"] is not None


def is_measured(row: Mapping) -> bool:
    """Whether a session was decoded and its sound has figures."""
    return row["sampled"] and row["reason"] is None


def is_timed(row: Mapping) -> bool:
    """Whether a session's labels were found in its sound."""
    return is_measured(row) and row["offset_ms"] is not None


def is_unfound(row: Mapping) -> bool:
    """Whether most of a session's strokes are not in its sound: the recording is another's."""
    if is_measured(row) and row["timing_reason"] == DRUMS_NOT_IN_MIX:
        return True
    if not is_measured(row) or row["timing_reason"] != TOO_FEW_MEASURED:
        return False
    tried = row["onsets_measured"] + row["onsets_unmeasured"]
    return tried >= MIN_TRIED and row["onsets_measured"] < MIN_FOUND_SHARE * tried


def is_timing_known(row: Mapping) -> bool:
    """Whether it can be said if a session's labels are where its sound is."""
    return is_timed(row) or is_unfound(row)


def is_clipped(row: Mapping, limits: AudioLimits) -> bool:
    """Whether so many samples of a session are cut that it is no accident."""
    enough = row["clipped_runs"] >= limits.clipped_runs
    return enough and row["clipped_share"] >= limits.clipped_share


def has_dc(row: Mapping, limits: AudioLimits) -> bool:
    """Whether a channel of a session rests beside zero."""
    return abs(row["dc_offset"]) > limits.dc_offset


def is_silent(row: Mapping, limits: AudioLimits) -> bool:
    """Whether hardly anything sounds in a session."""
    return row["near_silence_share"] >= limits.silent_share


def is_mistimed(row: Mapping, limits: AudioLimits) -> bool:
    """Whether a session's labels are late, early, scattered or not found, or drift for certain."""
    if is_unfound(row):
        return True
    beyond = abs(row["offset_ms"]) > limits.timing_ms
    beyond |= row["offset_mad_ms"] > limits.spread_ms
    drift, error = row["drift_ms_per_min"], row["drift_error_ms_per_min"]
    return beyond or (drift is not None and abs(drift) - error > limits.drift_ms_per_min)


def is_outlier(row: Mapping, limits: AudioLimits) -> bool:
    """Whether a session is far louder or softer than its source set's median."""
    distance = row["above_median_lu"]
    return distance is not None and abs(distance) > limits.loudness_lu


# Rule and the columns that the examples show, the worst of the first column first.
FAULTS = {
    "outlier": (is_outlier, ("above_median_lu", "loudness_lufs", "loudest_at")),
    "clipped": (is_clipped, ("clipped_share", "clipped_runs", "peak_dbfs", "clipped_at")),
    "dc": (has_dc, ("dc_offset",)),
    "silent": (is_silent, ("near_silence_share", "digital_silence_share", "peak_dbfs")),
}
TIMING_SHOWN = (
    *("offset_ms", "offset_mad_ms", "drift_ms_per_min"),
    *("onsets_measured", "onsets_unmeasured"),
)
UNMEASURED_SHOWN = ("reason", "detail")
PAST_END_SHOWN = ("events", "events_of_unknown_end", "seconds")
SHOWN = {name: shown for name, (_, shown) in FAULTS.items()} | {
    "timing": TIMING_SHOWN,
    "unmeasured": UNMEASURED_SHOWN,
    "past_end": PAST_END_SHOWN,
}
