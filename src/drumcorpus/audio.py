"""Recorded sound: what a file says of itself, and its samples."""

import os
from typing import BinaryIO

import numpy as np
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
        info = soundfile.info(os.fspath(path))
    except soundfile.LibsndfileError as error:
        raise ValueError(f"not readable as audio: {error.error_string}") from error
    if info.frames == 0:
        raise ValueError("the audio holds no sample")
    return {
        "duration": info.frames / info.samplerate,
        "sample_rate_hz": info.samplerate,
        "channels": info.channels,
    }


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
