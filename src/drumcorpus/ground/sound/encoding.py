"""Windows of one recording as the content of sound files: WAV of 16 or 24 bit, FLAC of 16 bit.

A recording is rounded to integers once, if it is not of 16 bit already (`pcm16`); a window is then
a slice between a header and zeros. There is no dither, so that equal sound gives equal bytes. FLAC
is libsndfile's, in memory: the same bytes for the same samples, of one version of libFLAC, whose
name stands in the file.
"""

import io
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import soundfile

from drumcorpus.ground.sound.pcm16 import as_floats

_BLOCK = 1 << 15  # numbers that are rounded at once: they stay in the processor's cache
_NONE_BEYOND = np.zeros(0, np.int64)  # what of integers lies beyond full scale
_HEADER_BYTES = 44
_MOST_BYTES = (1 << 32) - _HEADER_BYTES - 2  # a WAV states its length in 32 bits


@dataclass(frozen=True)
class Encoding:
    """A form of sound files: the ending of their names, and bits of a sample."""

    name: str
    extension: str
    bits: int


_ALL = (Encoding("wav16", "wav", 16), Encoding("wav24", "wav", 24), Encoding("flac", "flac", 16))
ENCODINGS = {each.name: each for each in _ALL}


class Window(NamedTuple):
    """One window as the content of a file, and what is to be noted of it.

    Padded are samples (of each channel) that lie outside of the recording and are 0. Clipped are
    numbers beyond full scale, those of all channels together.
    """

    content: bytes
    n_padded_front: int
    n_padded_back: int
    n_clipped: int


class EncodedRecording:
    """One recording, rounded once, of which windows are cut.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,) or (n_samples, n_channels), float or int16
        Full scale of floats is 1; they are not held on to. Integers are written as they are, where
        the encoding has 16 bit and there is no gain, and must not change meanwhile.
    sample_rate_hz : int
    encoding : str
        A name of `ENCODINGS`.
    gain_db : float
        Applied before rounding.

    Attributes
    ----------
    n_samples, n_channels : int

    Raises
    ------
    ValueError
        If there is no such encoding, or a sample is no finite number.

    Examples
    --------
    >>> recording = EncodedRecording(np.array([0.5, -1.5], np.float32), 8000, "wav16")
    >>> window = recording.cut(-1, 4)
    >>> window.content[44:].hex(), window.n_padded_front, window.n_padded_back, window.n_clipped
    ('0000004000800000', 1, 1, 1)
    """

    def __init__(
        self, samples: np.ndarray, sample_rate_hz: int, encoding: str, *, gain_db: float = 0.0
    ):
        if encoding not in ENCODINGS:
            raise ValueError(f"encoding {encoding!r}; allowed: {', '.join(ENCODINGS)}")
        self._encoding = ENCODINGS[encoding]
        self._rate = sample_rate_hz
        self.n_samples = len(samples)
        self.n_channels = 1 if samples.ndim == 1 else samples.shape[1]
        bits = self._encoding.bits
        self._frame = bits // 8 * self.n_channels
        flat, factor = np.ascontiguousarray(samples).reshape(-1), 10.0 ** (gain_db / 20)
        if bits == 16 and flat.dtype == np.int16 and gain_db == 0:
            pcm, self._beyond = flat.astype("<i2", copy=False), _NONE_BEYOND
        else:
            whole = np.dtype("<i2" if bits == 16 else "<i4")
            flat, factor = as_floats(flat), 2.0 ** (bits - 1) * factor
            pcm, self._beyond = _rounded(flat, factor, bits, whole)
        if bits == 24:
            pcm = np.ascontiguousarray(pcm.view(np.uint8).reshape(-1, 4)[:, :3])
        self._pcm = memoryview(pcm.reshape(-1).view(np.uint8))
        self._headers: dict[int, bytes] = {}

    def cut(self, start: int, n_samples: int) -> Window:
        """The window of `n_samples` samples from `start` on, which may lie before the recording.

        Parameters
        ----------
        start : int
            Sample of the recording at which the window begins; what lies outside is 0.
        n_samples : int
            Samples of each channel of the window.

        Raises
        ------
        ValueError
            If no sample of the recording lies in the window, or it is too long for a WAV file.
        """
        stop = start + n_samples
        first, last = max(start, 0), min(stop, self.n_samples)
        if first >= last:
            raise ValueError(
                f"a window from sample {start} to {stop} holds no sound of a recording of "
                f"{self.n_samples} samples"
            )
        front, back = first - start, stop - last
        sound = self._pcm[first * self._frame : last * self._frame]
        parts = (bytes(front * self._frame), sound, bytes(back * self._frame))
        if self._encoding.extension == "wav":
            n_bytes = n_samples * self._frame
            content = b"".join((self._header(n_samples), *parts, bytes(n_bytes % 2)))
        else:
            content = self._flac(sound if not front + back else b"".join(parts))
        n_clipped = 0
        if len(self._beyond):
            places = np.searchsorted(
                self._beyond, (first * self.n_channels, last * self.n_channels)
            )
            n_clipped = int(places[1] - places[0])
        return Window(content, front, back, n_clipped)

    def _header(self, n_samples: int) -> bytes:
        """Header of a window's WAV; the same for all of one length, so that it is made once."""
        if n_samples not in self._headers:
            self._headers[n_samples] = wav_header(
                n_samples, self._rate, self.n_channels, self._encoding.bits
            )
        return self._headers[n_samples]

    def _flac(self, pcm) -> bytes:
        samples = np.frombuffer(pcm, dtype="<i2").reshape(-1, self.n_channels)
        buffer = io.BytesIO()
        soundfile.write(buffer, samples, self._rate, format="FLAC", subtype="PCM_16")
        return buffer.getvalue()


def wav_header(n_samples: int, sample_rate_hz: int, n_channels: int, bits: int) -> bytes:
    """The 44 bytes before the samples of a WAV file of plain PCM.

    Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0", 1991: chunks
    RIFF, fmt and data; a chunk of odd length is followed by a byte that is not counted in it.

    Raises
    ------
    ValueError
        If the samples take more than the 4 GiB that such a file can state.
    """
    frame = n_channels * bits // 8
    n_bytes = n_samples * frame
    if n_bytes > _MOST_BYTES:
        raise ValueError(
            f"{n_samples} samples of {n_channels} channels at {bits} bit take {n_bytes} bytes; a "
            f"WAV file holds {_MOST_BYTES} at most: use flac, or fewer channels or bits"
        )

    def little(value: int, width: int) -> bytes:
        return value.to_bytes(width, "little")

    riff_bytes = _HEADER_BYTES - 8 + n_bytes + n_bytes % 2
    return b"".join(
        (
            *(b"RIFF", little(riff_bytes, 4), b"WAVEfmt ", little(16, 4), little(1, 2)),
            *(little(n_channels, 2), little(sample_rate_hz, 4), little(sample_rate_hz * frame, 4)),
            *(little(frame, 2), little(bits, 2), b"data", little(n_bytes, 4)),
        )
    )


def _rounded(
    samples: np.ndarray, factor: float, bits: int, dtype: np.dtype
) -> tuple[np.ndarray, np.ndarray]:
    """Integers of samples (n,), and the sorted places of those beyond full scale."""
    full_scale = 1 << (bits - 1)
    rounded = np.empty(len(samples), dtype)
    scaled = np.empty(min(len(samples), _BLOCK), np.result_type(samples, np.float32))
    beyond = [_NONE_BEYOND]
    for start in range(0, len(samples), _BLOCK):
        stop = min(start + _BLOCK, len(samples))
        block = np.multiply(samples[start:stop], factor, out=scaled[: stop - start])
        low, high = float(block.min()), float(block.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ValueError("a sample of the recording is not a finite number")
        if low < -full_scale or high > full_scale:
            beyond.append(np.flatnonzero(np.abs(block) > full_scale) + start)
        np.rint(block, out=block)
        if low < -full_scale or high > full_scale - 1:
            np.clip(block, -full_scale, full_scale - 1, out=block)
        rounded[start:stop] = block
    return rounded, np.concatenate(beyond)
