"""The one decoder of sound files: their samples block by block, and what makes a file unusable.

Every reader of the library decodes here, so that a file is usable for all of them or for none:

``unreadable_audio``
    libsndfile cannot decode it, or its rate, channels or length are beyond `sound_limits`.
``empty_audio``
    It has no byte, or no sample.
``cut_short``
    The last sample that its header promises is not there.
``not_finite``
    A sample is a NaN or an infinity, or so far beyond full scale that it is no sound.

The first two show when a file is opened, the third at its end, the last where the sample is read.
"""

import errno
import io
import math
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import soundfile

from drumcorpus.ground.files.atomic import naming
from drumcorpus.ground.sound.chunks import missing_bytes
from drumcorpus.ground.sound.sound_limits import (
    BLOCK,
    CHANNELS,
    FRAMES,
    LARGEST_SAMPLE,
    RATES_HZ,
    SECONDS,
    UNBELIEVABLE,
)
from drumcorpus.ground.sound.stated_lengths import Corrected, corrections
from drumcorpus.vocabulary import CUT_SHORT, EMPTY_AUDIO, NOT_FINITE, UNREADABLE_AUDIO

# Formats in which libsndfile finds a sample without decoding those before it, where their samples
# are coded one by one, or in frames as of FLAC.
SEEKABLE = ("WAV", "WAVEX", "RF64", "W64", "AIFF", "FLAC")
_ONE_BY_ONE = ("PCM_", "FLOAT", "DOUBLE", "ULAW", "ALAW")  # beginnings of names of codecs

_INTEGERS = 1 << 20  # samples of each channel that are decoded at once where no block is needed
_BYTES = 1 << 20  # that are read at once
_SYSTEM = 2  # libsndfile's number for an error of the system
STEP_16_BIT = np.float32(2.0**-15)  # of integers of 16 bit, where full scale is 1

Source = str | os.PathLike | bytes  # where a sound file lies, or its content


class UnusableSound(ValueError):
    """A file that is no sound to work with; carries the named reason that is counted."""

    def __init__(self, reason: str, detail: str):
        super().__init__(detail)
        self.reason, self.detail = reason, detail


class SoundReader:
    """An open sound file, as its header describes it."""

    def __init__(self, file: soundfile.SoundFile, source: Source):
        self._file, self._source = file, source
        self.sample_rate_hz: int = file.samplerate
        self.n_channels: int = file.channels
        self.n_samples: int = file.frames  # of each channel
        self.is_seekable = file.format in SEEKABLE and file.subtype.startswith(_ONE_BY_ONE)
        self.is_pcm16 = file.subtype == "PCM_16"  # its samples are integers of 16 bit
        self._integers = np.empty((0, file.channels), np.int16)  # the last block of such a file

    def blocks(
        self, n_block: int = BLOCK, *, allow_not_finite: bool = False
    ) -> Iterator[np.ndarray]:
        """All samples in order, so that length costs no memory.

        Parameters
        ----------
        n_block : int
            Samples of each channel in a block.
        allow_not_finite : bool
            Let NaN through, for one who judges every stroke by its own sound; what is infinite or
            too large is NaN too.

        Yields
        ------
        samples : np.ndarray, shape (n_block, n_channels), float32
            Full scale is 1; the last block may be shorter.

        Raises
        ------
        UnusableSound
            Of reason `unreadable_audio`, `cut_short` or `not_finite`, after all that could be
            decoded.
        """
        yield from self._all_blocks(n_block, partial(self._read, allow_not_finite))

    def stored_blocks(
        self, n_block: int = BLOCK, *, allow_not_finite: bool = False
    ) -> Iterator[np.ndarray]:
        """All samples as of `blocks`, but those of a file that `is_pcm16` as they are stored.

        Yields
        ------
        samples : np.ndarray, shape (n_block, n_channels), int16 or float32
            Integers, which are 32,768 times what `blocks` yields, lie in the memory of the next
            block, too.
        """
        read = self._read_integers if self.is_pcm16 else partial(self._read, allow_not_finite)
        yield from self._all_blocks(n_block, read)

    def _all_blocks(self, n_block, read):
        n_left = self.n_samples
        while n_left:
            samples = read(min(n_block, n_left))
            if len(samples) == 0:
                raise self._end_is_missing()
            yield samples
            n_left -= len(samples)
        self._require_bytes()

    def integers(self) -> np.ndarray:
        """All samples of a file that `is_pcm16`, without a way through floats.

        They are decoded to their place, so that what a damaged header promises takes no memory.

        Returns
        -------
        samples : np.ndarray, shape (n_samples, n_channels), int16
            What `blocks` yields, times 32,768.

        Raises
        ------
        UnusableSound
            Of reason `unreadable_audio` or `cut_short`.
        """
        whole = np.empty((self.n_samples, self.n_channels), np.int16)
        n_read = 0
        while n_read < self.n_samples:
            n_more = len(self._decode_into(whole[n_read : n_read + _INTEGERS]))
            if n_more == 0:
                raise self._end_is_missing()
            n_read += n_more
        self._require_bytes()
        return whole

    def blocks_between(
        self, start: int, stop: int, *, allow_not_finite: bool = False
    ) -> Iterator[np.ndarray]:
        """The samples from `start` to before `stop`, as of `blocks`.

        Raises
        ------
        UnusableSound
            As of `blocks`; also `cut_short` where some of them are not there.
        """
        if not self._file.can_seek:
            yield from self._decoded_between(start, stop, allow_not_finite)
            return
        while start < stop:
            samples = self._read(allow_not_finite, min(BLOCK, stop - start), start)
            if len(samples) == 0:
                raise self._end_is_missing()
            yield samples
            start += len(samples)

    def require_end(self) -> None:
        """Look whether the last sample is there, without decoding the others if that can be.

        Raises
        ------
        UnusableSound
            Of reason `cut_short`.
        """
        is_there = self._finds_last(self._file)
        if not is_there and self.is_seekable:
            # Of FLAC libsndfile does not say that the system failed for a moment.
            with _corrected(self._source) as anew:
                is_there = self._finds_last(anew)
        # In some codecs libsndfile finds no sample, or not the last one, but by decoding all.
        if not is_there and (self.is_seekable or self._n_decoded(self.n_samples) < self.n_samples):
            raise self._end_is_missing()
        self._require_bytes()

    def _finds_last(self, file):
        try:
            file.seek(self.n_samples - 1)
            return len(file.read(1, dtype="float32")) == 1
        except soundfile.SoundFileError as error:
            _require_read(error, self._source)
            return False

    def count_samples(self) -> None:
        """Take what can be decoded for the length, where that which is stated can be none.

        Raises
        ------
        UnusableSound
            If nothing can be decoded, or it is beyond `sound_limits`.
        """
        n_there = self._n_decoded(FRAMES.most + 1)
        if n_there == 0:
            raise self._end_is_missing()
        _require_length(n_there, self.sample_rate_hz)
        self.n_samples = n_there

    def _n_decoded(self, most):
        """How many samples can be decoded, up to about `most`; this file stays where it is."""
        n_there = 0
        with _corrected(self._source) as file:
            try:
                while n_there < most and (n_read := len(file.read(BLOCK, "float32"))):
                    n_there += n_read
            except soundfile.SoundFileError as error:
                _require_read(error, self._source)
        return n_there

    def _decoded_between(self, start, stop, allow_not_finite):
        with open_sound(self._source) as anew:
            at = 0
            for block in anew.blocks(allow_not_finite=allow_not_finite):
                part = block[max(start - at, 0) : max(stop - at, 0)]
                if len(part):
                    yield part
                at += len(block)
                if at >= stop:
                    return

    def _read(self, allow_not_finite, n_samples, start=None):
        if self.is_pcm16:  # a fifth of the time that libsndfile takes for floats, which are equal
            return self._read_integers(n_samples, start) * STEP_16_BIT
        whole = np.empty((n_samples, self.n_channels), np.float32)
        samples = self._decode_into(whole, start)
        # A NaN is below no limit, and so neither the largest nor the smallest is.
        if len(samples) and not -LARGEST_SAMPLE <= samples.min() <= samples.max() <= LARGEST_SAMPLE:
            if not allow_not_finite:
                detail = "samples hold a NaN or an infinity"
                if np.isfinite(samples).all():
                    largest = np.abs(samples).max()
                    detail = f"a sample of {largest:.3g}; allowed: {LARGEST_SAMPLE:g} of full scale"
                raise UnusableSound(NOT_FINITE, detail)
            samples[~(np.abs(samples) <= LARGEST_SAMPLE)] = np.nan
        return samples

    def _read_integers(self, n_samples, start=None):
        if len(self._integers) < n_samples:
            self._integers = np.empty((n_samples, self.n_channels), np.int16)
        return self._decode_into(self._integers[:n_samples], start)

    def _decode_into(self, whole, start=None):
        """The part of an array that was filled with samples, from `start` on or from the last."""
        try:
            if start is not None and start != self._file.tell():
                self._file.seek(start)
            dtype = "int16" if whole.dtype == np.int16 else "float32"  # numpy is slow to say so
            return self._file.read(len(whole), dtype=dtype, always_2d=True, out=whole)
        except (soundfile.SoundFileError, TypeError) as error:
            _require_read(error, self._source)
            with open_sound(self._source) as anew:  # after an error no seek is to be trusted
                anew.require_end()
            raise _unreadable(error) from error

    def _require_bytes(self):
        """A file that ends before its samples do: of some formats libsndfile takes what is left."""
        with _naming(self._source), _content(self._source) as file:
            missing = missing_bytes(file)
        if missing is not None:
            n_stated, n_there = missing
            detail = f"the header says {n_stated} bytes of samples, {n_there} are there"
            raise UnusableSound(CUT_SHORT, detail)

    def _end_is_missing(self):
        _require_read(None, self._source)
        detail = f"the header says {self.n_samples} samples, and the last is not there"
        return UnusableSound(CUT_SHORT, detail)


@contextmanager
def open_sound(source: Source) -> Iterator[SoundReader]:
    """Open a sound file.

    Parameters
    ----------
    source : path or bytes
        Where the file lies, or its content.

    Raises
    ------
    UnusableSound
        Of reason `unreadable_audio` or `empty_audio`.
    OSError
        If there is no such file, or it cannot be read: that is no property of the recording.
    """
    with _corrected(source) as file:
        _require_limits(file)
        reader = SoundReader(file, source)
        # Of FLAC the last frame would have told, were it whole: it is cut short.
        if reader.n_samples >= UNBELIEVABLE and file.format != "FLAC":
            reader.count_samples()
        yield reader


class _SoundFile(soundfile.SoundFile):
    def seekable(self):
        """No, whatever it is: else soundfile seeks its place after each block, where it is already.

        For that libsndfile decodes a frame of FLAC once more.
        """
        return False

    @cached_property
    def can_seek(self):
        """Whether a sample can be sought; of DWVW libsndfile says so and then cannot."""
        return super().seekable() and not self.subtype.startswith("DWVW")


@contextmanager
def _corrected(source):
    """The open file, its header as `stated_lengths` has it."""
    with _content(source) as content:
        with _naming(source):
            if not content.read(1):
                raise UnusableSound(EMPTY_AUDIO, "not readable as audio: the file has no content")
            patches = corrections(content)
            content.seek(0)
        with _opened(source, Corrected(content, patches) if patches else None) as file:
            yield file


@contextmanager
def _opened(source, corrected):
    with ExitStack() as opened:
        if corrected is not None:
            shown = corrected
        elif _is_content(source):
            shown = io.BytesIO(source)
        else:
            # Given a path, libsndfile takes the shadow `._NAME` that a Mac leaves beside a file
            # for a part of it, and cannot read the file.
            shown = opened.enter_context(Path(source).open("rb", buffering=0)).fileno()
        try:
            file = _SoundFile(shown, closefd=False)
        except (soundfile.SoundFileError, TypeError) as error:
            _require_read(error, source)
            raise _unreadable(error) from error
        yield opened.enter_context(file)


def _require_limits(file):
    if file.frames == 0:
        raise UnusableSound(EMPTY_AUDIO, "the audio holds no sample")
    if not RATES_HZ[0] <= file.samplerate <= RATES_HZ[1]:
        detail = f"sample rate {file.samplerate} Hz; allowed: {RATES_HZ[0]} to {RATES_HZ[1]}"
        raise UnusableSound(UNREADABLE_AUDIO, detail)
    try:
        CHANNELS.check(file.channels, "the file")
    except ValueError as error:
        raise UnusableSound(UNREADABLE_AUDIO, str(error)) from error
    if file.frames < UNBELIEVABLE:
        _require_length(file.frames, file.samplerate)


def _require_length(n_samples, sample_rate_hz):
    try:
        FRAMES.check(n_samples, "the file")
        SECONDS.check(math.ceil(n_samples / sample_rate_hz), "the file")
    except ValueError as error:
        raise UnusableSound(UNREADABLE_AUDIO, str(error)) from error


def _unreadable(error):
    # Its text as a whole may name a place in memory, which differs from run to run.
    said = str(getattr(error, "error_string", error))
    # Of what is no sound at all libsndfile says the one or the other, by what it tried first.
    if said.startswith("Error : bad data offset"):
        said = "Format not recognised."
    return UnusableSound(UNREADABLE_AUDIO, f"not readable as audio: {said}")


def _require_read(error, source):
    """Stop where the system could not read the file, which is no property of the recording.

    libsndfile says so of some formats; of others it takes what it got for the whole file, which is
    read once more then.

    Raises
    ------
    OSError
        Which names the file.
    """
    if _is_content(source):
        return
    with naming(source):
        with Path(source).open("rb", buffering=0) as file:
            while file.read(_BYTES):
                pass
        if getattr(error, "code", None) == _SYSTEM:  # what failed at first and not again
            raise OSError(errno.EIO, os.strerror(errno.EIO))


def _naming(source):
    return nullcontext() if _is_content(source) else naming(source)


def _content(source):
    return io.BytesIO(source) if _is_content(source) else Path(source).open("rb")


def _is_content(source):
    return isinstance(source, bytes)
