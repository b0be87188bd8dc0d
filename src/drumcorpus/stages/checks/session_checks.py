"""Checks of the sound behind the labels: a sample of the sessions is decoded and measured.

`decoding` turns a recording into figures and a trace, `timing` holds the annotation against that
trace, `levels` and `loudness` say how loud it is, `faults` what is wrong with its samples. Limits
are applied where the figures are read, not here: changing one decodes nothing.

Where a session has several recordings, tracks of a multitrack or one-shots, its figures are of all
of them, as if they were played one after the other.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.sound.check_settings import MeasureSettings
from drumcorpus.ground.sound.loudness import integrated_lufs, loudest_at
from drumcorpus.schemas import AUDIO_CHECKS, MIX_CHECKS
from drumcorpus.sessions import mix_recordings
from drumcorpus.stages.checks.decoding import Sound, decode
from drumcorpus.stages.checks.levels import decibels, isolated_hits, level_medians
from drumcorpus.stages.checks.mix_lag import find_lag
from drumcorpus.stages.checks.timing import family_medians, measure_timing
from drumcorpus.vocabulary import (
    AUDIO,
    DRUMS_NOT_IN_MIX,
    LABELS_FROM_SOUND,
    NO_ONSETS,
    NO_SOUND,
    SEVERAL_RECORDINGS,
    TOO_SHORT,
)

MIN_DURATION = 0.4  # s, of a session: one gating block of the loudness
EVENT_COLUMNS = ["session_id", "audio_path", "onset_time", "components"]  # that are read
TIMING_COLUMNS = AUDIO_CHECKS.names[AUDIO_CHECKS.get_field_index("timing_reason") : -1]
NO_EVENTS = {"onset": np.zeros(0), "family": []}


def check_sessions(
    sessions: pa.Table,
    events: pa.Table,
    locate: Callable[[str], Path],
    families: Mapping[str, str],
    settings: Mapping,
    *,
    n_shards: int,
    on_session: Callable[[], None] = lambda: None,
) -> pa.Table:
    """Measure the sound of a shard's sampled sessions; each file is decoded once.

    Parameters
    ----------
    sessions : pa.Table
        SESSIONS schema, of one shard.
    events : pa.Table
        EVENTS schema, of the same; the columns `EVENT_COLUMNS` are read.
    locate
        Where a raw file lies on this machine, by its path.
    families : mapping
        Family of every label.
    settings : mapping
        ``checks.measure`` of the configuration.
    n_shards : int
        Shards of the source set, among which the sample is divided.
    on_session
        Called after each sampled session, for progress.

    Returns
    -------
    checks : pa.Table
        AUDIO_CHECKS schema: every session with audio, in order of `session_id`. A session that
        cannot be measured has its reason: one of `ground.sound.decoding`, or `too_short`; so has a
        mix, which is measured by itself.
    """
    settings = read_settings(MeasureSettings, settings)
    eligible = [row for row in sessions.to_pylist() if recordings_of(row)]
    chosen = choose_sessions(
        [(row["source_set"], row["session_id"]) for row in eligible],
        settings.sessions_per_set,
        n_shards,
    )
    by_recording = _events_by_recording(events, chosen, families)
    rows = []
    for session in sorted(eligible, key=lambda row: row["session_id"]):
        key = {name: session[name] for name in ("source_set", "session_id")}
        row = dict.fromkeys(AUDIO_CHECKS.names) | key | {"sampled": key["session_id"] in chosen}
        drums = None
        if row["sampled"]:
            try:
                columns, drums = _check_session(session, by_recording, locate, settings)
                row |= columns
            except UnusableFile as error:
                row |= {"reason": error.reason, "detail": str(error)}
        if session["mix_path"] is not None:
            row["mix"] = dict.fromkeys(MIX_CHECKS.names)
        if row["sampled"] and row["mix"]:
            try:
                row["mix"] |= _check_mix(session, row, drums, locate, settings)
            except UnusableFile as error:
                row["mix"] |= {"reason": error.reason, "detail": str(error)}
        if row["sampled"]:
            on_session()
        rows.append(row)
    return pa.Table.from_pylist(rows, AUDIO_CHECKS)


def count_checks(checks: pa.Table) -> dict:
    """Sessions that could be sampled, those that were, and why some of these were not measured.

    Parameters
    ----------
    checks : pa.Table
        AUDIO_CHECKS schema.
    """
    reasons = Counter(reason for reason in checks["reason"].to_pylist() if reason)
    sampled = sum(checks["sampled"].to_pylist())
    mixes = [mix for mix in checks["mix"].to_pylist() if mix is not None]
    unmeasured = Counter(mix["reason"] for mix in mixes if mix["reason"])
    return {
        "eligible": checks.num_rows,
        "sampled": sampled,
        "not_measured": dict(reasons),
        "mixes": len(mixes),
        "mixes_not_measured": dict(unmeasured),
    }


def choose_sessions(
    sessions: list[tuple[str, str]], per_set: int | None, n_shards: int
) -> set[str]:
    """The session ids of a shard's share of the sample.

    Those of the smallest hashes are taken, as many as fall to each shard, so that no shard need
    know another, and a new session takes the place of one other at most. As shards are of nearly
    equal size, every session of the source set is taken with nearly equal chance.

    Parameters
    ----------
    sessions : list of (source set, session id)
        Of one shard.
    per_set : int or None
        Sessions of the source set; rounded up to the same number for each shard. None for all.
    n_shards : int
        Shards of the source set.
    """
    if per_set is None:
        return {session_id for _, session_id in sessions}
    # The salt keeps this order apart from the one by which shards are drawn.
    ranked = sorted(sessions, key=lambda key: sha256_bytes("\x1f".join(["sound", *key]).encode()))
    return {session_id for _, session_id in ranked[: math.ceil(per_set / n_shards)]}


def recordings_of(session: Mapping) -> list[list[str]]:
    """The files of each recording of a session: its own, or else all the sound that it rests on."""
    if session["audio_path"] is not None:
        return [session["channel_paths"] or [session["audio_path"]]]
    return [[file["path"]] for file in session["files"] if file["role"] == AUDIO]


def _check_session(session, by_recording, locate, settings):
    """Columns of AUDIO_CHECKS from `files` to the timing, and the trace of the first recording."""
    recordings = recordings_of(session)
    sounds, hits = [], []
    timing = {"timing_reason": _why_no_timing(session, recordings, by_recording)}
    for paths in recordings:
        sound = decode(paths, [locate(path) for path in paths], settings.near_silence_dbfs)
        struck = by_recording.get((session["session_id"], paths[0]), NO_EVENTS)
        if timing["timing_reason"] is None:
            timing = _timing_columns(sound, struck, settings)
        sound_onsets = struck["onset"] - (timing.get("offset_ms") or 0.0) / 1000
        isolation = settings.isolation_ms / 1000
        hits += isolated_hits(sound.trace, sound_onsets, struck["family"], isolation)
        sounds.append(sound)
    if sum(sound.duration for sound in sounds) < MIN_DURATION:
        detail = f"less than {MIN_DURATION} s of sound"
        raise UnusableFile(recordings[0][0], TOO_SHORT, detail)
    n_files = sum(map(len, recordings))
    columns = {"files": n_files, **_sound_columns(sounds), "hit_levels": level_medians(hits)}
    return {**columns, **timing}, sounds[0].trace


def _check_mix(session, checks, drums, locate, settings):
    """Fields of MIX_CHECKS: the labels were held against the drums, and these are against the mix.

    `checks` has the columns of the session, `drums` is the trace of its drums or None.
    """
    recordings = mix_recordings(session)
    paths = [path for files, _ in recordings for path in files]
    sum_of = [(len(files), gain) for files, gain in recordings]
    locations = [locate(path) for path in paths]
    sound = decode(paths, locations, settings.near_silence_dbfs, sum_of)
    if sound.duration < MIN_DURATION:
        raise UnusableFile(paths[0], TOO_SHORT, f"less than {MIN_DURATION} s of sound")
    columns = {"files": len(paths), **_sound_columns([sound])}
    if drums is None or not drums.edge.max(initial=0.0) > 0:
        return columns | {"timing_reason": NO_SOUND}
    lag = find_lag(drums, sound.trace, settings.coarse_search_ms / 1000)
    if lag is None:
        return columns | {"timing_reason": DRUMS_NOT_IN_MIX}
    lag_ms = round(1000 * lag, 3)
    timing = {name: checks[name] for name in TIMING_COLUMNS}
    if timing["offset_ms"] is not None:
        timing["offset_ms"] = round(timing["offset_ms"] - lag_ms, 3)
    return columns | {"lag_ms": lag_ms, **timing}


def _why_no_timing(session, recordings, by_recording):
    """Why a session's labels are not held against its sound; None if they are."""
    if not any((session["session_id"], paths[0]) in by_recording for paths in recordings):
        return NO_ONSETS
    if session["annotation_path"] is None:
        return LABELS_FROM_SOUND
    return SEVERAL_RECORDINGS if len(recordings) > 1 else None


def _sound_columns(sounds: list[Sound]) -> dict:
    n_samples = sum(sound.n_samples * sound.n_channels for sound in sounds)
    sum_squares = math.fsum(sound.sum_squares for sound in sounds)
    loudness = integrated_lufs(sound.block_powers for sound in sounds)
    offsets = np.concatenate([sound.offsets for sound in sounds])
    n_stretches = max(sum(sound.silence.n_stretches for sound in sounds), 1)
    clipped = sum(sound.clipping.samples() for sound in sounds)
    return {
        "channels": max(sound.n_channels for sound in sounds),
        "sample_rate_hz": min(sound.sample_rate_hz for sound in sounds),
        "duration": round(math.fsum(sound.duration for sound in sounds), 6),
        "loudness_lufs": None if loudness is None else round(loudness, 3),
        "peak_dbfs": round(float(decibels(max(sound.highest for sound in sounds))), 3),
        "rms_dbfs": round(float(decibels(math.sqrt(sum_squares / n_samples))), 3),
        "clipped_runs": sum(sound.clipping.runs() for sound in sounds),
        "clipped_share": round(clipped / n_samples, 9),
        **_places(sounds),
        "dc_offset": round(float(offsets[np.argmax(np.abs(offsets))]), 6),
        "digital_silence_share": round(sum(s.silence.n_digital for s in sounds) / n_stretches, 6),
        "near_silence_share": round(sum(s.silence.n_near for s in sounds) / n_stretches, 6),
    }


def _places(sounds: list[Sound]) -> dict:
    """Where a recording clips most and where it is loudest, s; of several there is no one place."""
    if len(sounds) > 1:
        return {"clipped_at": None, "loudest_at": None}
    sound, cut = sounds[0], sounds[0].clipping.densest()
    return {
        "clipped_at": None if cut is None else round(cut / sound.sample_rate_hz, 3),
        "loudest_at": loudest_at(sound.block_powers),
    }


def _timing_columns(sound: Sound, struck: Mapping, settings: MeasureSettings) -> dict:
    onsets = struck["onset"]
    # An onset past the end is counted elsewhere, from the header alone.
    timing = measure_timing(sound.trace, onsets[onsets < sound.duration], settings)
    return {
        "family_offsets": family_medians(timing, onsets, struck["family"]),
        "timing_reason": timing.reason,
        "onsets_measured": timing.n_measured,
        "onsets_unmeasured": timing.n_unmeasured,
        "offset_ms": timing.offset_ms,
        "offset_mad_ms": timing.mad_ms,
        "drift_ms_per_min": timing.drift_ms_per_min,
        "drift_error_ms_per_min": timing.drift_error_ms_per_min,
    }


def _events_by_recording(events, chosen, families):
    """Onsets in order, and the one family struck at each, by session and audio."""
    is_chosen = pc.is_in(events["session_id"], pa.array(sorted(chosen), pa.string()))
    events = events.select(EVENT_COLUMNS).filter(is_chosen).combine_chunks()
    names, family = _one_family(events["components"].combine_chunks(), families)
    onset = events["onset_time"].to_numpy()
    # Null stands for a recording that is not known, as if it were a path of its own.
    columns = ("session_id", "audio_path")
    keys = [events[name].combine_chunks().dictionary_encode("encode") for name in columns]
    session, path = (each.indices.to_numpy(zero_copy_only=False) for each in keys)
    order = np.lexsort((onset, path, session))
    is_new = np.diff(session[order], prepend=-1) != 0
    is_new |= np.diff(path[order], prepend=-1) != 0
    by_recording = {}
    for rows in np.split(order, np.flatnonzero(is_new)[1:]) if len(order) else ():
        key = tuple(each[rows[0].item()].as_py() for each in keys)
        by_recording[key] = {"onset": onset[rows], "family": names[family[rows]].tolist()}
    return by_recording


def _one_family(components, families):
    """Names, and of each event the place in them of its one family; at 0 is None."""
    labels = components.flatten().field("label").dictionary_encode("encode")
    names = np.array([None, *sorted(set(families.values()))], dtype=object)
    place = {name: number for number, name in enumerate(names)}
    of_label = [place[families.get(label)] for label in labels.dictionary.to_pylist()]
    struck = np.array(of_label, np.int64)[labels.indices.to_numpy(zero_copy_only=False)]
    n_struck = components.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    least, most = np.full(len(n_struck), len(names)), np.zeros(len(n_struck), np.int64)
    event = np.repeat(np.arange(len(n_struck)), n_struck)
    np.minimum.at(least, event, struck)
    np.maximum.at(most, event, struck)
    return names, np.where(least == most, most, 0)
