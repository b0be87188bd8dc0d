"""Decode a recording once, block by block, into what the checks need of it.

Of the samples themselves nothing is kept but a trace of frames of half a millisecond: 86 MB for an
hour of sound, however many channels it has.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.ground.sound.decoding import UnusableSound, open_sound
from drumcorpus.ground.sound.loudness import LoudnessMeter
from drumcorpus.stages.checks.faults import ClippingCounter, SilenceCounter
from drumcorpus.vocabulary import UNREADABLE_AUDIO

FRAME = 0.0005  # s
FRAMES_PER_STRETCH = 20  # of silence
BLOCK_STRETCHES = 150  # 1.5 s: large enough to hide the calls, small enough for the caches
DIFFERENCE_HZ = 44_100  # at higher rates samples further apart are subtracted: hiss is no edge


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


def decode(
    paths: Sequence[str],
    locations: Sequence[Path],
    near_silence_dbfs: float,
    sum_of: Sequence[tuple[int, float]] | None = None,
) -> Sound:
    """Decode one recording: one file, or several that are channels of it, or are added.

    Parameters
    ----------
    paths : sequence of str
        Of the raw files, for messages; files of one recording are read up to the shortest's end.
    locations : sequence of Path
        Where they lie.
    near_silence_dbfs : float
        As of `SilenceCounter`.
    sum_of : sequence of (int, float), optional
        Where recordings are added: of each, in order, how many of the files are its own, and its
        linear gain. One channel is added to all of another recording.

    Raises
    ------
    UnusableFile
        Of a reason of `ground.sound.decoding`.
    """
    with ExitStack() as stack:
        readers = []
        for path, location in zip(paths, locations, strict=True):
            with _naming(path):
                readers.append(stack.enter_context(open_sound(location)))
        rates = sorted({reader.sample_rate_hz for reader in readers})
        if len(rates) > 1:
            detail = f"the files of one recording have the rates {rates} Hz"
            raise UnusableFile(paths[0], UNREADABLE_AUDIO, detail)
        channels = [reader.n_channels for reader in readers]
        gains = np.eye(sum(channels)) if sum_of is None else _gains(channels, sum_of)
        gathering = _Gathering(rates[0], len(gains), near_silence_dbfs)
        for block in _blocks(paths, readers, gathering.block_samples):
            is_sum = sum_of is not None
            gathering.add(gains.astype(np.float32) @ block if is_sum else block)
    return gathering.sound()


def _gains(channels: Sequence[int], sum_of: Sequence[tuple[int, float]]) -> np.ndarray:
    """What each channel of a sum has of each channel of the files, (n_channels, n_of_files)."""
    own, place = [], 0
    for n_files, _ in sum_of:
        own.append(sum(channels[place : place + n_files]))
        place += n_files
    n_out = max(own)
    parts = [
        gain * (np.eye(n_out) if n == n_out else np.full((n_out, n), 1 / n))
        for n, (_, gain) in zip(own, sum_of, strict=True)
    ]
    return np.concatenate(parts, axis=1)


def _blocks(paths, readers, n_block) -> Iterator[np.ndarray]:
    """(n_channels, n_samples) float32, the channels of all files side by side."""
    streams = [_stream(*each, n_block) for each in zip(paths, readers, strict=True)]
    # Every file is read to its own end, where one that is cut short says so, as all readers do.
    for parts in zip_longest(*streams):
        if any(part is None for part in parts):
            continue
        n_samples = min(map(len, parts))
        yield np.ascontiguousarray(np.concatenate([part[:n_samples].T for part in parts]))


def _stream(path, reader, n_block):
    with _naming(path):
        yield from reader.blocks(n_block)


@contextmanager
def _naming(path):
    """Whatever is amiss with the sound is amiss with this file."""
    try:
        yield
    except UnusableSound as error:
        raise UnusableFile(path, error.reason, error.detail) from error


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
        # Over the frames of each place in them: numpy takes several times as long over short rows.
        turned = np.ascontiguousarray(framed.transpose(0, 2, 1))
        upper, lower = turned.max(axis=1), turned.min(axis=1)
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
