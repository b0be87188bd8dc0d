"""The section of the report that rests on the sound: levels, faults, timing, rates."""

import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict

import duckdb
import numpy as np

from drumcorpus.ground.files.database import open_tables
from drumcorpus.ground.files.tables import read_tables
from drumcorpus.ground.sound.check_settings import AudioCheckSettings, AudioLimits
from drumcorpus.schemas import AUDIO_CHECKS, INVENTORY
from drumcorpus.stages.health.audio_files import KEY, count_rates, find_past_end
from drumcorpus.stages.health.audio_limits import (
    FAULTS,
    TIMING_SHOWN,
    UNMEASURED_SHOWN,
    is_measured,
    is_mistimed,
    is_sampled,
    is_timed,
    is_timing_known,
    is_unfound,
    is_unmeasured,
)
from drumcorpus.stages.health.intervals import effective_size, quantile_interval, share_interval
from drumcorpus.stages.health.scans import N_EXAMPLES
from drumcorpus.vocabulary import MODEL_LABELS_HERE, NOT_SELECTED

PathList = Sequence[str | os.PathLike]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SHARE_DIGITS, LEVEL_DIGITS = 9, 3
METHOD = (
    "Of every source set the sessions of the smallest hashes, the same number of each of its "
    "shards. Intervals are of 95 %: of shares after Wilson, over source sets weighted by their "
    "sessions with audio and with Kish's effective size; of medians by order statistics. A source "
    "set that is measured whole has no uncertainty."
)
Rows = list[dict]


def audio_section(
    database: duckdb.DuckDBPyConnection,
    audio_checks: PathList,
    inventory: PathList,
    settings: AudioCheckSettings | None,
    refused: Iterable[Mapping] = (),
) -> dict | None:
    """Sound of the sessions, by source set and in all; None without `audio_checks`.

    Parameters
    ----------
    database : duckdb.DuckDBPyConnection
        With the view ``events``, as of `scans.open_events`.
    audio_checks, inventory : sequence of paths
        Tables of the schemas `AUDIO_CHECKS` and `INVENTORY`, of the same source sets.
    settings : AudioCheckSettings
        Sampling and limits; None without `audio_checks`.
    refused : iterable of dict
        Of `scans.read_refused`. What the manifest does not select says nothing of its sound.

    Returns
    -------
    section : dict
        ``sampling``: how sessions were chosen, and how many there are; ``by_source_set``;
        ``clipped``, ``dc``, ``silent``, ``unmeasured`` and ``timing`` over all, with examples, and
        the figures of the gates beside them; ``past_end`` and ``sample_rates``, which rest on no
        sample. Levels in LUFS, LU and dBFS, offsets in ms (above 0: annotated late), shares from 0
        to 1; None where nothing was measured, and over all where that is so of one source set.
        ``mix``: the same of the full mixes of these sessions, without what rests on single hits or
        on no sample; None where no session has a mix.

    Raises
    ------
    ValueError
        If a table has not the schema it should have; the message names file and column.
    """
    if not audio_checks:
        return None
    open_tables(database, "audio_files", inventory, INVENTORY)
    open_tables(database, "audio_checks", audio_checks, AUDIO_CHECKS)
    rows = read_tables(audio_checks, AUDIO_CHECKS).to_pylist()
    rows.sort(key=lambda row: (row["source_set"], row["session_id"]))
    rows = _selected(rows, refused)
    drums = _figures(rows, settings.limits)
    mixes = [
        {name: row[name] for name in (*KEY, "sampled")}
        | {"hit_levels": None, "family_offsets": None}
        | row["mix"]
        for row in rows
        if row["mix"] is not None
    ]
    return {
        "sampling": _sampling(rows, settings),
        **drums,
        **_largest_hit_span(hit_spans := _hit_spans(drums["by_source_set"])),
        "hit_levels": hit_spans,
        "past_end": find_past_end(database),
        "sample_rates": count_rates(database),
        "mix": _figures(mixes, settings.limits) if mixes else None,
    }


def _selected(rows: Rows, refused: Iterable[Mapping]) -> Rows:
    """Those that are selected, and all of a source set of whose selected ones none was sampled.

    The sample is drawn of the source set, for all manifests. Where a small selection is missed by
    it, the set as a whole is the only evidence there is.
    """
    left_out = (NOT_SELECTED, MODEL_LABELS_HERE)
    unselected = {_key(row) for row in refused if row["reason"] in left_out}
    selected = [row for row in rows if _key(row) not in unselected]
    present = {row["source_set"] for row in selected}
    missed = present - {row["source_set"] for row in selected if is_sampled(row)}
    return [row for row in rows if row["source_set"] in missed or _key(row) not in unselected]


def _key(row: Mapping) -> tuple[str, str]:
    return row["source_set"], row["session_id"]


def _figures(rows: Rows, limits: AudioLimits) -> dict:
    """What all recordings of one kind sound like: by source set, and over all what is faulty."""
    sets: dict[str, Rows] = {}
    for row in rows:
        sets.setdefault(row["source_set"], []).append(row)
    for of_set in sets.values():
        _hold_against_median(of_set)
    by_source_set = {name: _of_source_set(of_set, limits) for name, of_set in sets.items()}
    medians = [figures["loudness"]["median"] for figures in by_source_set.values()]
    faults = {
        name: _pooled(sets, lambda row, rule=rule: rule(row, limits), shown)
        for name, (rule, shown) in FAULTS.items()
    }
    faults["unmeasured"] = _pooled(sets, is_unmeasured, UNMEASURED_SHOWN, is_sampled, is_sampled)
    return {
        "by_source_set": by_source_set,
        "loudness_span_lu": _span(medians),
        **{f"{name}_share": fault["share"] for name, fault in faults.items()},
        **faults,
        "timing": _timing_of_all(sets, limits),
    }


def _sampling(rows: Rows, settings: AudioCheckSettings) -> dict:
    return {
        "sessions_per_set": settings.measure.sessions_per_set,
        "method": METHOD,
        "eligible_sessions": len(rows),
        "sampled_sessions": sum(row["sampled"] for row in rows),
        "measured_sessions": sum(map(is_measured, rows)),
        "not_measured": _reasons(rows, "reason"),
        "limits": asdict(settings.limits),
    }


def _hold_against_median(rows: Rows) -> None:
    """Add how much each session of a source set is louder than their median."""
    levels = [row["loudness_lufs"] for row in rows if row["loudness_lufs"] is not None]
    median = float(np.median(levels)) if levels else None
    for row in rows:
        loudness = row["loudness_lufs"]
        above = None if loudness is None else round(loudness - median, LEVEL_DIGITS)
        row["above_median_lu"] = above


def _of_source_set(rows: Rows, limits: AudioLimits) -> dict:
    measured = [row for row in rows if is_measured(row)]
    is_whole = len(measured) == len(rows)
    n_sampled = sum(map(is_sampled, rows))
    return {
        "eligible_sessions": len(rows),
        "sampled_sessions": n_sampled,
        "measured_sessions": len(measured),
        "not_measured": _reasons(rows, "reason"),
        "unmeasured": _share_of(n_sampled - len(measured), n_sampled, n_sampled == len(rows)),
        "seconds": round(sum(row["duration"] for row in measured), LEVEL_DIGITS),
        "loudness": _distribution(measured, "loudness_lufs", is_whole),
        "peak": _distribution(measured, "peak_dbfs", is_whole),
        "rms": _distribution(measured, "rms_dbfs", is_whole),
        **{
            name: _share_of(sum(rule(row, limits) for row in measured), len(measured), is_whole)
            for name, (rule, _) in FAULTS.items()
        },
        "timing": _timing_of_set(rows, limits, is_whole),
        "hit_levels": _hit_levels(measured),
    }


def _distribution(measured: Rows, column: str, is_whole: bool) -> dict:
    """Quantiles of a column, and its median with its interval; None where there is no value."""
    values = sorted(row[column] for row in measured if row[column] is not None)
    counts = {"sessions": len(values), "without": len(measured) - len(values)}
    if not values:
        return counts | {"quantiles": None, "median": None, "median_ci95": None}
    quantiles = np.round(np.quantile(values, QUANTILES), LEVEL_DIGITS).tolist()
    median = quantiles[QUANTILES.index(0.5)]
    interval = (median, median) if is_whole else quantile_interval(values, 0.5)
    named = {f"{level:g}": value for level, value in zip(QUANTILES, quantiles, strict=True)}
    return counts | {
        "quantiles": {"min": values[0], **named, "max": values[-1]},
        "median": median,
        "median_ci95": list(interval),
    }


def _share_of(n: int, n_measured: int, is_whole: bool) -> dict:
    """Number and share of sessions, with its interval unless every one was looked at."""
    if not n_measured:
        return {"sessions": 0, "share": None, "ci95": None}
    share = n / n_measured
    interval = (share, share) if is_whole else share_interval(share, n_measured)
    return {"sessions": n, "share": _rounded(share), "ci95": [_rounded(x) for x in interval]}


def _pooled(
    sets: Mapping[str, Rows],
    rule: Callable[[dict], bool],
    shown: Sequence[str],
    is_counted: Callable[[dict], bool] = is_measured,
    is_judged: Callable[[dict], bool] = is_measured,
) -> dict:
    """Sessions of all source sets to which a rule applies: share, interval and examples.

    Each set counts by its sessions with audio, however many of them were looked at. There is no
    share where a set was sampled and none of its sessions can be judged: it may be faulty.
    """
    groups, faulty, is_whole, is_covered = [], [], True, True
    for rows in sets.values():
        counted = [row for row in rows if is_counted(row)]
        n_judged = sum(map(is_judged, rows))
        is_covered &= n_judged > 0 or not any(map(is_sampled, rows))
        if counted:
            beyond = [row for row in counted if rule(row)]
            # Sessions that can have no such figure are left out in the proportion of the sample.
            groups.append((len(rows) * len(counted) / n_judged, len(counted), len(beyond)))
            is_whole &= n_judged == len(rows)
            faulty += beyond
    faulty.sort(key=lambda row: _place(row[shown[0]]))
    examples = [_example(row, shown) for row in faulty[:N_EXAMPLES]]
    pooled = {"sessions": len(faulty), "share": None, "ci95": None, "examples": examples}
    if not groups or not is_covered:
        return pooled
    size = sum(members for members, _, _ in groups)
    share = min(sum(members * n / drawn for members, drawn, n in groups) / size, 1.0)
    n_effective = effective_size((members, drawn) for members, drawn, _ in groups)
    interval = (share, share) if is_whole else share_interval(share, n_effective)
    return pooled | {"share": _rounded(share), "ci95": [_rounded(x) for x in interval]}


def _place(value: float | str | None) -> float:
    """What puts the worst session first; one without a number is worse than any."""
    return -abs(value) if isinstance(value, int | float) else -math.inf


def _timing_of_set(rows: Rows, limits: AudioLimits, is_whole: bool) -> dict:
    timed = [row for row in rows if is_timed(row)]
    judged = [row for row in rows if is_timing_known(row)]
    beyond = _share_of(sum(is_mistimed(row, limits) for row in judged), len(judged), is_whole)
    return {
        "sessions": len(timed),
        "not_in_sound": len(judged) - len(timed),
        "not_timed": _reasons(filter(is_measured, rows), "timing_reason"),
        "onsets_measured": sum(row["onsets_measured"] for row in timed),
        "onsets_unmeasured": sum(row["onsets_unmeasured"] for row in timed),
        "beyond_limit": beyond["sessions"],
        "share_beyond": beyond["share"],
        "ci95": beyond["ci95"],
        "offset_ms": _distribution(timed, "offset_ms", is_whole),
        "mad_ms": _distribution(timed, "offset_mad_ms", is_whole),
        "drift_ms_per_min": _distribution(timed, "drift_ms_per_min", is_whole),
        "family_offsets": _family_offsets(timed, is_whole),
    }


def _family_offsets(timed: Rows, is_whole: bool) -> dict:
    """Of each family its onsets, and how the sessions' medians are spread."""
    by_family: dict[str, Rows] = {}
    for row in timed:
        for offset in row["family_offsets"] or []:
            by_family.setdefault(offset["family"], []).append(offset)
    return {
        family: {
            "onsets": sum(offset["onsets"] for offset in offsets),
            "offset_ms": _distribution(offsets, "offset_ms", is_whole),
        }
        for family, offsets in sorted(by_family.items())
    }


def _timing_of_all(sets: Mapping[str, Rows], limits: AudioLimits) -> dict:
    timed = [row for rows in sets.values() for row in rows if is_timed(row)]
    beyond = _pooled(sets, lambda row: is_mistimed(row, limits), TIMING_SHOWN, is_timing_known)
    offsets = [abs(row["offset_ms"]) for row in timed]
    median = round(float(np.median(offsets)), LEVEL_DIGITS) if offsets else None
    return {
        "sessions": len(timed),
        "not_in_sound": sum(is_unfound(row) for rows in sets.values() for row in rows),
        "beyond_limit": beyond["sessions"],
        "share_beyond": beyond["share"],
        "ci95": beyond["ci95"],
        "median_abs_offset_ms": median,
        "examples": beyond["examples"],
    }


def _hit_levels(measured: Rows) -> dict:
    """Of each family the median of the sessions' medians."""
    by_family: dict[str, Rows] = {}
    for row in measured:
        for level in row["hit_levels"] or []:
            by_family.setdefault(level["family"], []).append(level)
    return {
        family: {
            "sessions": len(levels),
            "hits": sum(level["hits"] for level in levels),
            **{
                name: round(float(np.median([level[name] for level in levels])), LEVEL_DIGITS)
                for name in ("peak_dbfs", "rms_dbfs")
            },
        }
        for family, levels in sorted(by_family.items())
    }


def _hit_spans(by_source_set: Mapping[str, Mapping]) -> dict:
    """Of each family how far the source sets' levels are apart, in dB."""
    levels = [figures["hit_levels"] for figures in by_source_set.values()]
    return {
        family: {
            "source_sets": sum(family in of_set for of_set in levels),
            "peak_span_db": _span(o[family]["peak_dbfs"] for o in levels if family in o),
            "rms_span_db": _span(o[family]["rms_dbfs"] for o in levels if family in o),
        }
        for family in sorted({family for of_set in levels for family in of_set})
    }


def _largest_hit_span(spans: Mapping[str, Mapping]) -> dict:
    """The family whose isolated hits differ most in peak between source sets, and by how much."""
    known = {f: row["peak_span_db"] for f, row in spans.items() if row["peak_span_db"] is not None}
    family = max(sorted(known), key=known.get, default=None)
    return {"hit_span_family": family, "hit_span_db": known.get(family)}


def _reasons(rows: Iterable[dict], column: str) -> dict[str, int]:
    return dict(sorted(Counter(row[column] for row in rows if row[column] is not None).items()))


def _example(row: Mapping, shown: Sequence[str]) -> dict:
    return {name: row[name] for name in ("source_set", "session_id", *shown)}


def _span(values) -> float | None:
    """Distance of the largest from the smallest; None where there is none."""
    levels = [value for value in values if value is not None]
    return round(max(levels) - min(levels), LEVEL_DIGITS) if levels else None


def _rounded(share: float) -> float:
    return round(share, SHARE_DIGITS)
