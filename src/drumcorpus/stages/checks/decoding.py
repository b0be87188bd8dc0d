"""Decode a recording once, block by block, into what the checks need of it.

Of the samples themselves nothing is kept but a trace of frames of half a millisecond: 86 MB for an
hour of sound, however many channels it has.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.ground.sound.loudness import LoudnessMeter
from drumcorpus.stages.checks.faults import ClippingCounter, SilenceCounter

FRAME = 0.0005  # s
FRAMES_PER_STRETCH = 20  # of silence
BLOCK_STRETCHES = 150  # 1.5 s: large enough to hide the calls, small enough for the caches
DIFFERENCE_HZ = 44_100  # at higher rates samples further apart are subtracted: hiss is no edge

# Why a recording cannot be measured.
UNREADABLE_AUDIO, EMPTY_AUDIO = "unreadable_audio", "empty_audio"
CUT_SHORT, NOT_FINITE = "cut_short", "not_finite"


@dataclass(frozen=True, eq=False)
class Trace:
    """A recording in frames, each (n_frames,) float32; full scale is 1."""

    frame: float  # s from one frame to the next
    peak: np.ndarray  # largest absolute sample of any channel
    power: np.ndarray  # mean square, mean of the channels
    edge: np.ndarray  # mean square of the difference of neighbouring samples, mean of the channels


@dataclass(frozen=True, eq=False)
class Sound:
    """What is kept of one decoded recording."""

    sample_rate_hz: int
    n_channels: int
    n_samples: int  # of each channel
    highest: float  # largest absolute sample
    sum_squares: float  # of all samples of all channels
    offsets: np.ndarray  # (n_channels,) mean of the samples
    block_powers: np.ndarray  # of the loudness
    clipping: ClippingCounter
    silence: SilenceCounter
    trace: Trace

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.n_samples / self.sample_rate_hz


def decode(paths: Sequence[str], locations: Sequence[Path], near_silence_dbfs: float) -> Sound:
    """Decode one recording: one file, or several that are channels of it.

    Parameters
    ----------
    paths : sequence of str
        Of the raw files, for messages; files of one recording are read up to the shortest's end.
    locations : sequence of Path
        Where they lie.
    near_silence_dbfs : float
        As of `SilenceCounter`.

    Raises
    ------
    UnusableFile
        Of reason `unreadable_audio`, `empty_audio`, `cut_short` or `not_finite`.
    """
    with ExitStack() as stack:
        opened = zip(paths, locations, strict=True)
        files = [stack.enter_context(_open(path, where)) for path, where in opened]
        rates = sorted({file.samplerate for file in files})
        if len(rates) > 1:
            detail = f"the files of one recording have the rates {rates} Hz"
            raise UnusableFile(paths[0], UNREADABLE_AUDIO, detail)
        gathering = _Gathering(rates[0], sum(file.channels for file in files), near_silence_dbfs)
        for block in _blocks(paths, files, gathering.block_samples):
            gathering.add(block)
    return gathering.sound()


def _open(path, location):
    try:
        if location.stat().st_size == 0:
            raise UnusableFile(path, EMPTY_AUDIO, "the file has no content")
        file = soundfile.SoundFile(location)
    except soundfile.LibsndfileError as error:
        detail = f"not readable as audio: {error.error_string}"
        raise UnusableFile(path, UNREADABLE_AUDIO, detail) from error
    if file.frames == 0:
        file.close()
        raise UnusableFile(path, EMPTY_AUDIO, "the audio holds no sample")
    return file


def _blocks(paths, files, n_block) -> Iterator[np.ndarray]:
    """(n_channels, n_samples) float32, the channels of all files side by side."""
    n_left = min(file.frames for file in files)
    while n_left:
        n = min(n_block, n_left)
        parts = [_read(path, file, n) for path, file in zip(paths, files, strict=True)]
        yield np.ascontiguousarray(np.concatenate([part.T for part in parts]))
        n_left -= n


def _read(path, file, n):
    try:
        samples = file.read(n, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise UnusableFile(path, UNREADABLE_AUDIO, f"{error.error_string}") from error
    if len(samples) < n:
        at = file.tell() / file.samplerate
        detail = f"the header says {file.frames} samples, nothing is there after {at:.3f} s"
        raise UnusableFile(path, CUT_SHORT, detail)
    if not np.isfinite(samples.sum(dtype=np.float64)):
        raise UnusableFile(path, NOT_FINITE, "samples hold a NaN or an infinity")
    return samples


class _Gathering:
    """Takes the blocks of one recording; every measure sees each block while it is at hand."""

    def __init__(self, sample_rate_hz, n_channels, near_silence_dbfs):
        self.rate, self.n_channels, self.n_samples = sample_rate_hz, n_channels, 0
        self.n_frame = max(1, round(FRAME * sample_rate_hz))
        self.n_apart = max(1, round(sample_rate_hz / DIFFERENCE_HZ))
        self.block_samples = self.n_frame * FRAMES_PER_STRETCH * BLOCK_STRETCHES
        self.meter = LoudnessMeter(sample_rate_hz, n_channels)
        self.clipping = ClippingCounter(n_channels)
        self.silence = SilenceCounter(near_silence_dbfs)
        self.sums, self.sum_squares, self.highest = np.zeros(n_channels), 0.0, 0.0
        self.before = None  # the last samples of the block before
        self.frames: list[np.ndarray] = []  # (3, n_frames): peak, power, edge

    def add(self, samples):
        """Take the next block; only the last may be shorter than `block_samples`."""
        highest, lowest = samples.max(axis=1), samples.min(axis=1)
        self.n_samples += samples.shape[1]
        self.highest = max(self.highest, float(highest.max()), float(-lowest.min()))
        self.sums += samples.sum(axis=1, dtype=np.float64)
        # In single precision numpy sums by pairs; the rest is added in double precision.
        self.sum_squares += float(np.square(samples).sum(axis=1).sum(dtype=np.float64))
        self.meter.add(samples)
        self.clipping.add(samples, highest, lowest)
        self._add_frames(samples)

    def _add_frames(self, samples):
        if self.before is None:
            self.before = np.repeat(samples[:, :1], self.n_apart, axis=1)
        joined = np.concatenate([self.before, samples], axis=1)
        self.before = joined[:, -self.n_apart :].copy()
        n_whole = samples.shape[1] // self.n_frame
        shape, n_used = (self.n_channels, n_whole, self.n_frame), n_whole * self.n_frame
        framed = samples[:, :n_used].reshape(shape)
        steps = np.subtract(joined[:, self.n_apart :], joined[:, : -self.n_apart])
        steps = steps[:, :n_used].reshape(shape)
        upper, lower = framed.max(axis=2), framed.min(axis=2)
        n_per_value = self.n_channels * self.n_frame
        power = np.einsum("cfs,cfs->f", framed, framed) / n_per_value
        edge = np.einsum("cfs,cfs->f", steps, steps) / n_per_value
        self.frames.append(np.stack([np.maximum(upper, -lower).max(axis=0), power, edge]))
        n_stretches = n_whole // FRAMES_PER_STRETCH
        by_stretch = (self.n_channels, n_stretches, FRAMES_PER_STRETCH)
        n_used = n_stretches * FRAMES_PER_STRETCH
        self.silence.add(
            upper[:, :n_used].reshape(by_stretch).max(axis=2),
            lower[:, :n_used].reshape(by_stretch).min(axis=2),
        )

    def sound(self):
        """What was gathered."""
        peak, power, edge = np.concatenate(self.frames, axis=1)
        return Sound(
            self.rate,
            self.n_channels,
            self.n_samples,
            self.highest,
            self.sum_squares,
            self.sums / self.n_samples,
            self.meter.block_powers(),
            self.clipping,
            self.silence,
            Trace(self.n_frame / self.rate, peak, power, edge),
        )
