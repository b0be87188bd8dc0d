"""Cuts the clips of one shard: every audio file is read once, its hits are cut from memory."""

import errno
import hashlib
import math
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.atomic import naming
from drumcorpus.ground.sound.resampling import resample
from drumcorpus.stages.export.half_made import old_folder, part_folder
from drumcorpus.stages.export.layout import (
    INDEX,
    SPLIT_FOLDERS,
    Geometry,
    check_name,
    shard_folder,
)
from drumcorpus.vocabulary import (
    CLIP,
    NO_AUDIO,
    ONSET_BEFORE_START,
    ONSET_PAST_END,
    UNREADABLE_AUDIO,
)

_FULL_SCALE = 32_768
_BLOCK_SAMPLES = 1 << 20

OpenAudio = Callable[[str], tuple[np.ndarray, int]]


@dataclass(frozen=True)
class _Pcm:
    """One audio file at the clips' rate, with room for pre-roll and post-roll around it.

    `samples` is int16; `n_audio` of them are the file's; `beyond` are the indices, sorted, of
    those that the file has beyond full scale.
    """

    samples: np.ndarray
    n_audio: int
    beyond: np.ndarray


def cut_clips(
    events: pa.Table,
    open_audio: OpenAudio,
    export_root: str | os.PathLike,
    *,
    source_set: str,
    shard: str,
    sample_rate_hz: int,
    preroll_ms: float,
    postroll_ms: float,
) -> pa.Table:
    """Cut one clip per event of one shard.

    A clip is WAV, PCM16, mono; all have one length, and the onset stands at the same sample of
    all: a clip that reaches beyond its audio is padded with zeros. Audio of another rate is
    resampled whole; rounding to 16 bit is without dither, so that equal audio gives equal bytes.

    The shard's folders are replaced as a whole at the end: what an earlier run left for events
    that are gone, goes. Only one process may cut a shard at a time.

    Parameters
    ----------
    events : pa.Table
        Schema EVENTS; all of `source_set`, each with its split.
    open_audio : callable
        ``audio_path -> (samples (n_samples,) float of full scale 1, sample_rate_hz)``; raises
        FileNotFoundError where there is no such file, ValueError where it is not audio; any other
        error stops the cutting.
    export_root : path
        Clips go to ``<split folder>/clips/<source_set>/<shard>/<event_id>.wav`` below it.
    source_set, shard : str
        Names of the two folders.
    sample_rate_hz : int
        Rate of the clips.
    preroll_ms, postroll_ms : float
        What a clip holds before and after its onset.

    Returns
    -------
    index : pa.Table
        Schema INDEX, one row per event; ``outcome`` is `clip`, or the reason why there is none:
        `no_audio`, `unreadable_audio` (also: not finite), `onset_before_start`, `onset_past_end`.

    Raises
    ------
    ValueError
        If an event is of another set, has no onset, no known split, an id that is no file name,
        or the id of another event.
    """
    geometry = Geometry.from_ms(sample_rate_hz, preroll_ms, postroll_ms)
    rows = _index_rows(events, source_set)
    folders = {split: shard_folder(split, source_set, shard) for split in SPLIT_FOLDERS}
    parts = {split: part_folder(Path(export_root, folders[split])) for split in folders}
    _remove(parts.values())
    try:
        header = geometry.wav_header()
        for audio_path, members in _by_audio(events, rows).items():
            audio = _load(open_audio, audio_path, geometry)
            for row, onset in members:
                row |= _cut(audio, onset, geometry, header, parts[row["split"]], row["event_id"])
                if row["outcome"] == CLIP:
                    row["path"] = f"{folders[row['split']]}/{row['event_id']}.wav"
        for split, folder in folders.items():
            _replace_folder(Path(export_root, folder), parts[split])
    finally:
        _remove(parts.values())
    return pa.Table.from_pylist(rows, INDEX)


def _index_rows(events: pa.Table, source_set: str) -> list[dict]:
    """The index rows before cutting, checked."""
    names = ["event_id", "source_set", "session_id", "split"]
    rows = events.select(names).to_pylist()
    seen = set()
    for row in rows:
        event_id = check_name(row["event_id"])
        if row["source_set"] != source_set:
            raise ValueError(f"event {event_id} is of {row['source_set']!r}, not of {source_set!r}")
        if row["split"] not in SPLIT_FOLDERS:
            raise ValueError(
                f"event {event_id}: split {row['split']!r} is none of {list(SPLIT_FOLDERS)}"
            )
        if event_id in seen:
            raise ValueError(f"two events of the shard have the id {event_id}")
        seen.add(event_id)
    return rows


def _by_audio(events: pa.Table, rows: list[dict]) -> dict[str | None, list[tuple[dict, float]]]:
    """(row, onset in seconds) of the events of each audio file."""
    members: dict[str | None, list] = {}
    onsets = events["onset_time"].to_pylist()
    for row, audio_path, onset in zip(rows, events["audio_path"].to_pylist(), onsets, strict=True):
        if onset is None or not math.isfinite(onset):
            raise ValueError(f"event {row['event_id']}: onset_time: expected seconds, got {onset}")
        members.setdefault(audio_path, []).append((row, onset))
    return members


def _load(open_audio: OpenAudio, audio_path: str | None, geometry: Geometry) -> _Pcm | str:
    """One audio file as PCM, or the reason why there is none."""
    if audio_path is None:
        return NO_AUDIO
    try:
        samples, rate = open_audio(audio_path)
    except FileNotFoundError:
        return NO_AUDIO
    except ValueError:  # a disk that fails is no property of the recording: let it stop the job
        return UNREADABLE_AUDIO
    if samples.ndim != 1:
        raise ValueError(f"{audio_path}: expected one channel, got shape {samples.shape}")
    if not np.isfinite(samples).all():
        return UNREADABLE_AUDIO
    return _quantise(resample(samples, rate, geometry.sample_rate_hz), geometry)


def _quantise(samples: np.ndarray, geometry: Geometry) -> _Pcm:
    """16 bit with zeros around, block by block so that no second float copy stands in memory."""
    pcm = np.zeros(len(samples) + geometry.n_samples, np.int16)
    beyond = []
    for start in range(0, len(samples), _BLOCK_SAMPLES):
        block = samples[start : start + _BLOCK_SAMPLES]
        rounded = np.clip(np.rint(block * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
        at = geometry.onset_sample + start
        pcm[at : at + len(block)] = rounded
        beyond.append(np.flatnonzero(np.abs(block) > 1) + at)
    return _Pcm(pcm, len(samples), np.concatenate([np.zeros(0, int), *beyond]))


def _cut(
    audio: _Pcm | str, onset: float, geometry: Geometry, header: bytes, folder: Path, event_id: str
) -> dict:
    """Write one clip; its part of the index row. `onset` in seconds."""
    if isinstance(audio, str):
        return {"outcome": audio}
    # The file begins `onset_sample` into the padded samples, so that a clip begins at its onset.
    start = math.floor(onset * geometry.sample_rate_hz + 0.5)
    if start < 0:
        return {"outcome": ONSET_BEFORE_START}
    if start >= audio.n_audio:
        return {"outcome": ONSET_PAST_END}
    end = start + geometry.n_samples
    content = header + audio.samples[start:end].astype("<i2", copy=False).tobytes()
    _write(folder, f"{event_id}.wav", content)
    first, last = np.searchsorted(audio.beyond, [start, end]) if len(audio.beyond) else (0, 0)
    return {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "onset_sample": geometry.onset_sample,
        "n_padded_front": max(0, geometry.onset_sample - start),
        "n_padded_back": max(0, end - geometry.onset_sample - audio.n_audio),
        "n_clipped": int(last - first),
        "outcome": CLIP,
    }


def _write(folder: Path, name: str, content: bytes) -> None:
    """Write a new file in `folder`, which is made with its first file."""
    path = f"{folder}/{name}"
    try:
        handle = open(path, "xb", buffering=0)  # noqa: PTH123, SIM115 (a Path costs as much as the file)
    except FileNotFoundError:
        folder.mkdir(parents=True)
        handle = open(path, "xb", buffering=0)  # noqa: PTH123, SIM115
    with naming(path), handle:
        if handle.write(content) != len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


def _replace_folder(folder: Path, part: Path) -> None:
    """Put `part` in the place of `folder`; where there is no `part`, `folder` goes."""
    if folder.exists():
        old = old_folder(folder)
        _remove([old])
        folder.rename(old)
        if part.exists():
            part.rename(folder)
        _remove([old])
    elif part.exists():
        part.rename(folder)


def _remove(folders) -> None:
    """Remove those of `folders` that are there."""
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)
