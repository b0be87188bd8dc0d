"""Recorded sound: what a file says of itself, and its samples."""

import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyloudnorm
import soundfile
import soxr

# Formats in which libsndfile finds a sample without decoding those before it.
SEEKABLE = ("WAV", "WAVEX", "RF64", "W64", "AIFF", "FLAC")
RESAMPLER_REACH = 4096  # samples of the file on either side, several times the filter's length


def probe_audio(path: str | os.PathLike) -> dict:
    """Duration in seconds, `sample_rate_hz` and `channels` of an audio file, from its header.

    Raises
    ------
    ValueError
        If the file is not audio that libsndfile reads, or holds no sample.
    """
    try:
        with soundfile.SoundFile(os.fspath(path)) as file:
            if file.frames == 0:
                raise ValueError("the audio holds no sample")
            _read_last_sample(file)
            _refuse_cut_short(path)
            return {
                "duration": file.frames / file.samplerate,
                "sample_rate_hz": file.samplerate,
                "channels": file.channels,
            }
    except soundfile.LibsndfileError as error:
        raise ValueError(f"not readable as audio: {error.error_string}") from error


def _read_last_sample(file: soundfile.SoundFile) -> None:
    """A header may promise more than the file holds; what it says last must be there."""
    try:
        file.seek(file.frames - 1)
        n_read = len(file.read(1, dtype="float32"))
    except soundfile.LibsndfileError:
        n_read = 0
    if n_read != 1:
        raise ValueError(f"the header says {file.frames} samples, and the last is not there")


def _refuse_cut_short(path: str | os.PathLike) -> None:
    """A WAV file that ends before its samples do: libsndfile takes what is left for the whole."""
    with Path(path).open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return
        n_bytes = os.fstat(file.fileno()).st_size
        while len(chunk := file.read(8)) == 8:
            size = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"data":
                n_there = n_bytes - file.tell()
                # A recorder that could not go back left 0 or all ones for «until the end».
                if size not in (0, 0xFFFFFFFF) and n_there < size:
                    raise ValueError(
                        f"the header says {size} bytes of samples, {n_there} are there"
                    )
                return
            file.seek(size + size % 2, os.SEEK_CUR)


def integrated_loudness(path: str | os.PathLike) -> float | None:
    """Loudness of a whole recording in LUFS, after ITU-R BS.1770-4; None where it is silent.

    pyloudnorm has the filters and gates of the standard, checked against its test signals.

    Raises
    ------
    ValueError
        If the file is not audio that libsndfile reads.
    """
    try:
        samples, rate = soundfile.read(os.fspath(path), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"not readable as audio: {error.error_string}") from error
    block = 0.4  # s, of the standard; shorter sound is measured as one block
    block = min(block, len(samples) / rate)
    # The standard weighs up to five channels; of more, their mean is measured.
    channels = samples if samples.shape[1] <= 5 else samples.mean(axis=1, keepdims=True)
    loudness = pyloudnorm.Meter(rate, block_size=block).integrated_loudness(channels)
    return round(float(loudness), 4) if np.isfinite(loudness) else None


def read_mono(
    file: str | os.PathLike | BinaryIO, sample_rate_hz: int | None = None
) -> tuple[np.ndarray, int]:
    """The whole file as one channel, the mean of its channels.

    Parameters
    ----------
    sample_rate_hz : int, optional
        Resample to this rate (soxr, high quality, of linear phase: onsets stay where they are).

    Returns
    -------
    samples : np.ndarray, shape (n_samples,), float32
        Full scale is 1.
    sample_rate_hz : int

    Raises
    ------
    ValueError
        If the file is not audio that libsndfile reads.
    """
    try:
        samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"not readable as audio: {error.error_string}") from error
    return _as_mono(samples, rate, sample_rate_hz), sample_rate_hz or rate


def read_mono_near(
    file: str | os.PathLike | BinaryIO, sample_rate_hz: int, spans: np.ndarray
) -> tuple[np.ndarray, int]:
    """Some spans of a file as one channel, at their place in an array as long as the whole.

    Where the format can be searched, nothing else is decoded; what is outside of the spans is then
    mostly 0.

    Parameters
    ----------
    file : path or file object that can seek
    sample_rate_hz : int
        Resample to this rate, as `read_mono` does; inside the spans the results differ by less
        than 1e-5.
    spans : np.ndarray, shape (n_spans, 2), float
        Start and end of each in seconds; what lies outside of the file is left out.

    Returns
    -------
    samples : np.ndarray, shape (n_samples,), float32
        Full scale is 1.
    sample_rate_hz : int

    Raises
    ------
    ValueError
        If the file is not audio that libsndfile reads.
    """
    try:
        with soundfile.SoundFile(file) as sound:
            if sound.format in SEEKABLE:
                return _decode_near(sound, sample_rate_hz, spans), sample_rate_hz
    except (soundfile.LibsndfileError, EOFError):
        pass  # what is wrong, or whether anything is, a plain reading says
    if hasattr(file, "seek"):
        file.seek(0)
    return read_mono(file, sample_rate_hz)


def _decode_near(sound, sample_rate_hz, spans):
    rate, n_frames = sound.samplerate, sound.frames
    common = math.gcd(rate, sample_rate_hz)
    # A part begins where a sample of the file and one of the result fall together.
    step, resampled_step = rate // common, sample_rate_hz // common
    starts = np.floor(spans[:, 0] * rate).astype(int) - RESAMPLER_REACH
    starts = np.maximum(starts, 0) // step * step
    stops = np.ceil(spans[:, 1] * rate).astype(int) + RESAMPLER_REACH
    stops = np.minimum(stops, n_frames)
    n_samples = math.floor(n_frames / (rate / sample_rate_hz) + 0.5)  # as soxr rounds, to the bit
    samples = np.zeros(n_samples, dtype=np.float32)
    for start, stop in _joined(zip(starts.tolist(), stops.tolist(), strict=True)):
        sound.seek(start)
        part = sound.read(stop - start, dtype="float32", always_2d=True)
        if len(part) < stop - start:
            raise EOFError
        mono = _as_mono(part, rate, sample_rate_hz)
        at = start // step * resampled_step
        samples[at : at + len(mono)] = mono[: len(samples) - at]
    return samples


def _joined(parts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Parts that touch as one, in order, without empty ones."""
    joined: list[tuple[int, int]] = []
    for start, stop in sorted(part for part in parts if part[0] < part[1]):
        if joined and start <= joined[-1][1]:
            start, stop = joined[-1][0], max(joined.pop()[1], stop)
        joined.append((start, stop))
    return joined


def _as_mono(samples, rate, sample_rate_hz):
    mono = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1)
    if sample_rate_hz is not None and rate != sample_rate_hz:
        mono = soxr.resample(mono, rate, sample_rate_hz)
    return np.ascontiguousarray(mono)
