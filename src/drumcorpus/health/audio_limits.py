"""Which sessions are faulty: the figures of the sound, held against the limits of the config.

Rows are of the schema `AUDIO_CHECKS`; limits are ``audio_checks.limits`` of the configuration.
"""

from collections.abc import Mapping


def is_measured(row: Mapping) -> bool:
    """Whether a session was decoded and its sound has figures."""
    return row["sampled"] and row["reason"] is None


def is_timed(row: Mapping) -> bool:
    """Whether a session's labels were found in its sound."""
    return is_measured(row) and row["offset_ms"] is not None


def is_clipped(row: Mapping, limits: Mapping) -> bool:
    """Whether so many samples of a session are cut that it is no accident."""
    enough = row["clipped_runs"] >= limits["clipped_runs"]
    return enough and row["clipped_share"] >= limits["clipped_share"]


def has_dc(row: Mapping, limits: Mapping) -> bool:
    """Whether a channel of a session rests beside zero."""
    return abs(row["dc_offset"]) > limits["dc_offset"]


def is_silent(row: Mapping, limits: Mapping) -> bool:
    """Whether hardly anything sounds in a session."""
    return row["near_silence_share"] >= limits["silent_share"]


def is_mistimed(row: Mapping, limits: Mapping) -> bool:
    """Whether a session's labels are late, early or scattered, or drift for certain."""
    beyond = abs(row["offset_ms"]) > limits["timing_ms"]
    beyond |= row["offset_mad_ms"] > limits["spread_ms"]
    drift, error = row["drift_ms_per_min"], row["drift_error_ms_per_min"]
    return beyond or (drift is not None and abs(drift) - error > limits["drift_ms_per_min"])


def is_outlier(row: Mapping, limits: Mapping) -> bool:
    """Whether a session is far louder or softer than its source set's median."""
    distance = row["above_median_lu"]
    return distance is not None and abs(distance) > limits["loudness_lu"]


# Rule and the columns that the examples show, the worst of the first column first.
FAULTS = {
    "outlier": (is_outlier, ("above_median_lu", "loudness_lufs")),
    "clipped": (is_clipped, ("clipped_share", "clipped_runs", "peak_dbfs")),
    "dc": (has_dc, ("dc_offset",)),
    "silent": (is_silent, ("near_silence_share", "digital_silence_share", "peak_dbfs")),
}
TIMING_SHOWN = ("offset_ms", "offset_mad_ms", "drift_ms_per_min")
