"""Mixes that no file holds: recordings that are added, each with its gain."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from drumcorpus.ground.sound.pcm16 import as_floats


def with_sums(
    sessions: pa.Table, open_recording: Callable[..., tuple[np.ndarray, int]]
) -> Callable[..., tuple[np.ndarray, int]]:
    """What opens a recording by its path, and also a mix that is a sum by its `mix_path`.

    A sum ends with its shortest recording, as the channels of one recording do. Each becomes one or
    two channels by itself, before they are added.

    Parameters
    ----------
    sessions : pa.Table
        SESSIONS schema.
    open_recording : callable
        ``path, *spans -> (samples (n_samples,) or (n_samples, 2) float32, sample_rate_hz)``, as of
        `recordings.recording_reader` and `stereo.stereo_reader`; int16 becomes float32 in a sum.

    Returns
    -------
    open_audio : callable
        The same, and raises what that raises of any of the recordings; ValueError also where they
        differ in rate.
    """
    sums = {
        row["mix_path"]: row["mix_parts"]
        for row in sessions.select(["mix_path", "mix_parts"]).to_pylist()
        if row["mix_parts"]
    }

    def open_audio(path: str, *spans: np.ndarray) -> tuple[np.ndarray, int]:
        if path not in sums:
            return open_recording(path, *spans)
        first, *others = sums[path]
        samples, rate = open_recording(first["path"], *spans)
        mix = as_floats(samples) * np.float32(first["gain"])
        for part in others:
            samples, own_rate = open_recording(part["path"], *spans)
            if own_rate != rate:
                rates = sorted((rate, own_rate))
                raise ValueError(f"{path}: the files of one recording have the rates {rates} Hz")
            mix = mix[: len(samples)]
            mix += as_floats(samples[: len(mix)]) * np.float32(part["gain"])
        return mix, rate

    return open_audio
