"""The sound as frames: a hundred spectra a second, in bands from the lowest kick to 20 kHz."""

import hashlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from tokenize import TokenError
from typing import ClassVar

import numpy as np

from drumcorpus.ground.files.atomic import naming

# Counted up with every change of what a band of a frame is: what was learned of others is refused.
SPECTRA_SET = "log_mel/1"
_GAIN = 1e4  # an amplitude of 1/_GAIN, -80 dB of full scale, is where levels begin to count
_BLOCK = 2_000  # frames described at a time: bounds the memory


@dataclass(frozen=True)
class SpectrumSettings:
    """How sound is described, `frames_per_s`: `window_ms` around each in `bands` by mel."""

    SECTION: ClassVar[str] = "train_check.networks.spectra"
    frames_per_s: float
    window_ms: float
    bands: int
    fmin_hz: float
    fmax_hz: float


def n_frames_of(n_samples: int, sample_rate_hz: int, frames_per_s: float) -> int:
    """How many frames a sound has; the last may be begun only.

    Examples
    --------
    >>> n_frames_of(44_100, 44_100, 100.0), n_frames_of(44_101, 44_100, 100.0)
    (100, 101)
    """
    return max(1, int(np.ceil(n_samples / sample_rate_hz * frames_per_s - 1e-6)))


def describe_frames(
    sound: np.ndarray, sample_rate_hz: int, settings: SpectrumSettings
) -> np.ndarray:
    """The spectra of a sound, frame by frame.

    Frame i lies around ``i / frames_per_s``; what reaches past an end is silence. A level is
    ``log10(1 + 10^4 a)``, where a sine of full scale has an amplitude a of about 1: 0 is silence,
    and 1 is 20 dB above what is hardly heard. A band above half the sample rate is silent.

    Parameters
    ----------
    sound : np.ndarray, shape (n_samples,) or (n_samples, n_channels)
        From -1 to 1; channels are averaged.
    sample_rate_hz : int
    settings : SpectrumSettings

    Returns
    -------
    np.ndarray, shape (n_frames, n_bands), float16
    """
    mono = sound if sound.ndim == 1 else sound.mean(axis=1)
    n = round(settings.window_ms / 1000 * sample_rate_hz)
    n_frames = n_frames_of(len(mono), sample_rate_hz, settings.frames_per_s)
    starts = np.rint(np.arange(n_frames) / settings.frames_per_s * sample_rate_hz).astype(np.int64)
    padded = np.zeros(starts[-1] + n, np.float32)
    end = min(len(mono), len(padded) - n // 2)
    padded[n // 2 : n // 2 + end] = mono[:end]
    window = np.hanning(n + 1)[:-1].astype(np.float32)
    filters = band_filters(n, sample_rate_hz, settings)
    frames = np.zeros((n_frames, settings.bands), np.float16)
    for first in range(0, n_frames, _BLOCK):
        rows = starts[first : first + _BLOCK]
        spectra = np.abs(np.fft.rfft(padded[rows[:, None] + np.arange(n)] * window, axis=1))
        amplitudes = (spectra * (4 / n)).astype(np.float32) @ filters
        frames[first : first + _BLOCK] = np.log10(1 + _GAIN * amplitudes)
    return frames


def band_filters(n: int, sample_rate_hz: int, settings: SpectrumSettings) -> np.ndarray:
    """Triangles over the lines of a spectrum of `n` samples; shape (n // 2 + 1, n_bands).

    Each begins at the middle of the one before and ends at that of the next, at equal steps on the
    mel scale, and has a sum of 1.
    """
    ends = 2595 * np.log10(1 + np.array([settings.fmin_hz, settings.fmax_hz]) / 700)
    mel = np.linspace(*ends, settings.bands + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    lines = np.fft.rfftfreq(n, 1 / sample_rate_hz)[:, None]
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (lines - low) / (middle - low), (high - lines) / (high - middle)
    triangles = np.maximum(0, np.minimum(rising, falling))
    # One that is narrower than the step from line to line may hold none: it gets the nearest.
    for band in np.flatnonzero((triangles.sum(axis=0) == 0) & (high <= sample_rate_hz / 2)):
        triangles[np.argmin(np.abs(lines[:, 0] - middle[band])), band] = 1
    sums = triangles.sum(axis=0)
    return (triangles / np.where(sums > 0, sums, 1)).astype(np.float32)


class FrameCache:
    """Frames by what they are made of: the digest of the encoded sound, and the settings.

    It is no product: losing it costs describing the sound once more. A file of it is written whole
    or not at all, and one that was damaged since is made again.
    """

    def __init__(self, folder: str | os.PathLike, settings: SpectrumSettings):
        self.settings = settings
        words = repr((SPECTRA_SET, sorted(asdict(settings).items())))
        self.folder = Path(folder, hashlib.sha256(words.encode()).hexdigest()[:16])

    def path(self, sha256: str) -> Path:
        """Where the frames of a sound stand, by the digest of its content."""
        return self.folder / sha256[:2] / f"{sha256[2:34]}.npy"

    def has(self, sha256: str, seconds: float | None = None) -> bool:
        """Whether they are there and can be of a sound of so many seconds, where these are known.

        All that can be told without the sound is looked at: kind, shape, length, and that every
        level is a number from 0 on.

        Raises
        ------
        ValueError
            If a folder stands in their place; says what to do.
        """
        path = self.path(sha256)
        if path.is_dir():
            raise ValueError(f"{path}: is a folder, where the frames of a sound stand; delete it")
        try:
            frames = np.load(path, mmap_mode="r")
        # Of a damaged head the library says what Python says of its words.
        except (OSError, ValueError, EOFError, SyntaxError, ArithmeticError, TokenError):
            return False
        if frames.dtype != np.float16 or frames.ndim != 2 or not len(frames):
            return False
        if frames.shape[1] != self.settings.bands:
            return False
        if seconds is not None and abs(len(frames) - seconds * self.settings.frames_per_s) > 1:
            return False
        # NaN is neither above nor below.
        parts = (frames[n : n + _BLOCK] for n in range(0, len(frames), _BLOCK))
        return all(bool(((part >= 0) & (part < np.inf)).all()) for part in parts)

    def add(self, sha256: str, sound: np.ndarray, sample_rate_hz: int) -> None:
        """Describe a sound, all of whose values are numbers, and keep its frames."""
        frames, path = describe_frames(sound, sample_rate_hz, self.settings), self.path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Of another process that describes the same sound, the part has another name.
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with naming(path), part.open("wb") as file:
                np.save(file, frames)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
