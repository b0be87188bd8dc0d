"""A stretch of a recording, decoded without what lies around it."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from drumcorpus.ground.sound.decoding import Source, open_sound
from drumcorpus.ground.sound.mixdown import MixMeter, as_one
from drumcorpus.ground.sound.resampling import resample


def excerpt_reader(
    sessions: pa.Table, source_of: Callable[[str], Source], sample_rate_hz: int
) -> Callable[[str, float, float], np.ndarray]:
    """What opens a stretch of a recording by the path that names it.

    Several files that are one recording are averaged, and the recordings of a mix that no file
    holds are added with their gains, as `recordings.recording_reader` and `mixes.with_sums` do.
    Where the format can be searched, nothing else is decoded. Whether channels cancel is judged in
    the stretch alone.

    Parameters
    ----------
    sessions : pa.Table
        SESSIONS schema.
    source_of
        Where a raw file lies, by its path, or its content.
    sample_rate_hz : int
        The result is resampled to this.

    Returns
    -------
    read : callable
        ``path, start, stop -> samples (n_samples,) float32`` at `sample_rate_hz`, from `start` to
        before `stop` in seconds, or to the end of the recording. What is no number is 0. Raises
        UnusableSound where a file is not usable as sound.
    """
    rows = sessions.select(["channel_paths", "mix_path", "mix_parts"]).to_pylist()
    channels = {
        row["channel_paths"][0]: row["channel_paths"] for row in rows if row["channel_paths"]
    }
    sums = {row["mix_path"]: row["mix_parts"] for row in rows if row["mix_parts"]}

    def read(path: str, start: float, stop: float) -> np.ndarray:
        if path not in sums:
            return recording(path, start, stop)
        parts = [
            recording(part["path"], start, stop) * np.float32(part["gain"]) for part in sums[path]
        ]
        return _together(parts).sum(axis=0)

    def recording(path: str, start: float, stop: float) -> np.ndarray:
        files = [
            read_excerpt(source_of(each), start, stop, sample_rate_hz)
            for each in channels.get(path, [path])
        ]
        if len(files) == 1:
            return files[0]
        samples = _together(files).T
        meter = MixMeter(sample_rate_hz, len(files))
        meter.add(samples)
        return as_one(samples, meter.surviving_channel())

    return read


def read_excerpt(source: Source, start: float, stop: float, sample_rate_hz: int) -> np.ndarray:
    """A stretch of one file as one channel: the mean of its channels, or the loudest (`mixdown`).

    Parameters
    ----------
    source : path or bytes
        Where the file lies, or its content.
    start, stop : float
        Seconds; what lies outside of the file is left out.
    sample_rate_hz : int
        Resample to this rate.

    Returns
    -------
    samples : np.ndarray, shape (n_samples,), float32
        Full scale is 1; what is no number is 0.

    Raises
    ------
    UnusableSound
        If it is not sound that can be decoded that far.
    """
    samples, rate, channel = _decode(source, start, stop, None)
    if channel is not None:
        samples, rate, _ = _decode(source, start, stop, channel)
    return resample(samples, rate, sample_rate_hz)


def _decode(source, start, stop, channel):
    """Samples, their rate, and the channel to take instead of the mean."""
    decoded = bytearray()
    with open_sound(source) as sound:
        rate = sound.sample_rate_hz
        first = min(max(round(start * rate), 0), sound.n_samples)
        last = min(max(round(stop * rate), first), sound.n_samples)
        meter = MixMeter(rate, sound.n_channels)
        for block in sound.blocks_between(first, last, allow_not_finite=True):
            finite = np.nan_to_num(block, copy=False, nan=0.0)
            decoded += as_one(finite, channel).tobytes()
            if channel is None:
                meter.add(finite)
    return np.frombuffer(decoded, dtype=np.float32), rate, meter.surviving_channel()


def _together(parts):
    """(n_parts, n_samples) up to the end of the shortest."""
    n_samples = min(map(len, parts))
    return np.stack([part[:n_samples] for part in parts])
