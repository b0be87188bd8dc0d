"""The recording of a session with two channels, left and right."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from drumcorpus.ground.sound.audio import read_mono
from drumcorpus.ground.sound.decoding import Source, open_sound
from drumcorpus.ground.sound.pcm16 import read_pcm16
from drumcorpus.ground.sound.recordings import recording_reader
from drumcorpus.ground.sound.resampling import resample

N_CHANNELS = 2


def stereo_reader(
    sessions: pa.Table,
    source_of: Callable[[str], Source],
    sample_rate_hz: int | None = None,
    *,
    allow_not_finite: bool = False,
    keep_pcm16: bool = False,
) -> Callable[[str], tuple[np.ndarray, int]]:
    """What opens the audio of an event by its `audio_path`, as two channels.

    ========================  ======================================================================
    the recording             its two channels
    ========================  ======================================================================
    one file, stereo          as they are, also where they cancel in a mean
    one file, mono            twice the same
    two `channel_paths`       the first is left, the second right, each as one channel, up to the
                              end of the shorter; they are named left, right by the source sets
    more files or channels    their one channel (`recording_reader`) twice: nothing says which of
                              them are left and right, and close microphones have no place at all
    ========================  ======================================================================

    Parameters
    ----------
    sessions, source_of, sample_rate_hz, allow_not_finite
        As of `recordings.recording_reader`.
    keep_pcm16 : bool
        As of that, and one file of two channels too.

    Returns
    -------
    open_audio : callable
        ``path -> (samples (n_samples, 2) float32, sample_rate_hz)``. Raises ValueError where a file
        is not usable as sound or the files of a recording differ in rate.
    """
    options = {"allow_not_finite": allow_not_finite}
    kept = options | {"keep_pcm16": keep_pcm16}
    open_mono = recording_reader(sessions, source_of, sample_rate_hz, **kept)
    as_integers = keep_pcm16 and sample_rate_hz is None
    channels = {
        paths[0]: paths for paths in sessions["channel_paths"].to_pylist() if paths is not None
    }

    def open_audio(path: str) -> tuple[np.ndarray, int]:
        paths = channels.get(path, [path])
        if len(paths) == N_CHANNELS:
            samples, rate = _read_pair(path, [source_of(each) for each in paths], options)
        elif len(paths) == 1 and (
            of_one_file := _read_two(source_of(path), options, as_integers=as_integers)
        ):
            samples, rate = of_one_file
        else:
            mono, rate = open_mono(path)
            return np.stack([mono] * N_CHANNELS, axis=1), rate
        to_hz = rate if sample_rate_hz is None else sample_rate_hz
        return resample(samples, rate, to_hz), to_hz

    return open_audio


def _read_two(source: Source, options: dict, *, as_integers: bool) -> tuple[np.ndarray, int] | None:
    """The samples of a file of two channels and their rate; None where it has not two."""
    if as_integers and (as_it_is := read_pcm16(source, N_CHANNELS)):
        return as_it_is
    decoded = bytearray()  # grows in one place, so that the samples are never held twice
    with open_sound(source) as sound:
        if sound.n_channels != N_CHANNELS:
            return None
        for block in sound.blocks(**options):
            decoded += np.ascontiguousarray(block).data.cast("B")
        rate = sound.sample_rate_hz
    return np.frombuffer(decoded, dtype=np.float32).reshape(-1, N_CHANNELS), rate


def _read_pair(name: str, sources: list[Source], options: dict) -> tuple[np.ndarray, int]:
    """Two files, each as one channel; one after the other, so that damage in either is found."""
    (left, left_hz), (right, right_hz) = (read_mono(source, **options) for source in sources)
    if left_hz != right_hz:
        rates = sorted((left_hz, right_hz))
        raise ValueError(f"{name}: the files of one recording have the rates {rates} Hz")
    n_samples = min(len(left), len(right))
    return np.stack([left[:n_samples], right[:n_samples]], axis=1), left_hz
