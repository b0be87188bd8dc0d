"""Recorded sound: what a file says of itself, and its samples."""

import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyloudnorm
import soundfile
import soxr


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
    mono = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1)
    if sample_rate_hz is not None and rate != sample_rate_hz:
        mono, rate = soxr.resample(mono, rate, sample_rate_hz), sample_rate_hz
    return np.ascontiguousarray(mono), rate
