"""Decode a recording once, block by block, into what the checks need of it.

Of the samples themselves nothing is kept but a trace of frames of half a millisecond: 86 MB for an
hour of sound, however many channels it has.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial, reduce
from itertools import zip_longest
from pathlib import Path

import numpy as np

from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.ground.sound.decoding import UnusableSound, open_sound
from drumcorpus.ground.sound.loudness import LoudnessMeter
from drumcorpus.ground.sound.pcm16 import as_floats
from drumcorpus.ground.sound.turned import (
    STRETCH,
    BlockTurner,
    in_time,
    of_stretches,
)
from drumcorpus.stages.checks.faults import ClippingCounter, SilenceCounter
from drumcorpus.vocabulary import UNREADABLE_AUDIO

FRAME = 0.0005  # s
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
            gathering.add(as_floats(block) @ gains.T.astype(np.float32) if is_sum else block)
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
    """(n_samples, n_channels), the channels of all files side by side, int16 if all are of it."""
    streams = [_stream(*each, n_block) for each in zip(paths, readers, strict=True)]
    # Every file is read to its own end, where one that is cut short says so, as all readers do.
    for parts in zip_longest(*streams):
        if any(part is None for part in parts):
            continue
        n_samples = min(map(len, parts))
        parts = [part[:n_samples] for part in parts]
        if len({part.dtype for part in parts}) > 1:
            parts = [as_floats(part) for part in parts]
        yield parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def _stream(path, reader, n_block):
    with _naming(path):
        yield from reader.stored_blocks(n_block)


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
        n_apart = max(1, round(sample_rate_hz / DIFFERENCE_HZ))
        self.meter = LoudnessMeter(sample_rate_hz, n_channels, self.n_frame)
        self.turn = BlockTurner(self.n_frame, n_channels, n_apart, self.meter.N_STATES)
        self.block_samples = self.turn.n_samples
        self.ones = np.ones(self.n_frame, np.float32)
        self.of_columns = np.empty((3, 0), np.float32)
        self.steps = np.empty((self.n_frame, 0), np.float32)  # of the columns of a part
        self.clipping = ClippingCounter(n_channels, self.n_frame)
        self.silence = SilenceCounter(near_silence_dbfs)
        self.sums, self.sum_squares, self.highest = np.zeros(n_channels), 0.0, 0.0
        self.peaks, self.powers, self.edges = [], [], []  # of each block, in time

    def add(self, samples):
        """Take the next block; only the last may be shorter than `block_samples`."""
        block = self.turn(samples)
        self.n_samples += block.n_samples
        self._add_extremes(block, samples)
        if self.of_columns.shape[1] != block.stored.shape[1]:
            self.of_columns = np.empty((3, block.stored.shape[1]), np.float32)
            self.steps = np.empty((self.n_frame, block.room.shape[1]), np.float32)
        self.meter.add(block, partial(self._look, block))
        self._add_powers(block)

    def _add_extremes(self, block, samples):
        # What is beyond the end is 0, and so no top that is looked at.
        upper, lower = block.stored.max(axis=0), block.stored.min(axis=0)
        scale = np.float32(block.scale)
        tops = of_stretches(upper, np.maximum, self.n_channels) * scale
        bottoms = of_stretches(lower, np.minimum, self.n_channels) * scale
        highest, lowest = tops.max(axis=1), bottoms.min(axis=1)
        self.highest = max(self.highest, float(highest.max()), float(-lowest.min()))
        by_sign = {1: upper, -1: lower}
        self.clipping.add(
            samples, highest, lowest, lambda sign: in_time(by_sign[sign], self.n_channels)
        )
        n_stretches = block.n_samples // self.n_frame // STRETCH
        self.silence.add(tops[:, :n_stretches], bottoms[:, :n_stretches])
        peaks = np.maximum(upper * scale, lower * -scale)
        self.peaks.append(self._of_frames(peaks, np.maximum))

    def _look(self, block, columns, samples):
        """Sums, squares and squared differences of the columns of a part."""
        # Of integers these sums are exact, for single precision holds 2 ** 24.
        np.matmul(self.ones, samples, out=self.of_columns[0, columns])
        np.einsum("sc,sc->c", samples, samples, out=self.of_columns[1, columns])
        n_apart, steps = len(block.before), self.steps
        np.subtract(samples[:n_apart], block.before[:, columns], out=steps[:n_apart])
        np.subtract(samples[n_apart:], samples[:-n_apart], out=steps[n_apart:])
        np.einsum("sc,sc->c", steps, steps, out=self.of_columns[2, columns])

    def _add_powers(self, block):
        sums, squares, edges = self.of_columns
        sums = sums.reshape(-1, self.n_channels)
        self.sums += block.scale * (np.ones(len(sums)) @ sums)
        self.sum_squares += block.scale**2 * float(squares.sum(dtype=np.float64))
        to_mean = np.float32(block.scale**2 / (self.n_channels * self.n_frame))
        for of_blocks, each in ((self.powers, squares), (self.edges, edges)):
            of_blocks.append(self._of_frames(each, np.add) * to_mean)

    def _of_frames(self, columns, join):
        channels = [columns[channel :: self.n_channels] for channel in range(self.n_channels)]
        return in_time(reduce(join, channels), 1)[0]

    def sound(self):
        """What was gathered."""
        n_whole = self.n_samples // self.n_frame
        peak, power, edge = (
            np.concatenate(of_blocks)[:n_whole]
            for of_blocks in (self.peaks, self.powers, self.edges)
        )
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
