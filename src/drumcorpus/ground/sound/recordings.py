"""The recording of a session: one file, or several mono files that were made together."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from drumcorpus.ground.sound.audio import read_mono, read_mono_near


def recording_reader(
    sessions: pa.Table,
    read: Callable[[str], bytes],
    sample_rate_hz: int | None = None,
    *,
    allow_not_finite: bool = False,
) -> Callable[..., tuple[np.ndarray, int]]:
    """What opens the audio of an event by its `audio_path`.

    Where the path is the first of a session's `channel_paths`, the result is the mean of these
    files, up to the end of the shortest.

    Parameters
    ----------
    sessions : pa.Table
        SESSIONS schema.
    read
        The content of a raw file by its path.
    sample_rate_hz : int, optional
        As of `audio.read_mono`.
    allow_not_finite : bool
        As of `decoding.SoundReader.blocks`.

    Returns
    -------
    open_audio : callable
        ``path, spans=None -> (samples (n_samples,) float32, sample_rate_hz)``; with spans, which
        need a `sample_rate_hz`, as of `audio.read_mono_near`. Raises ValueError where a file is not
        usable as sound or the files of a recording differ in rate.
    """
    channels = {
        paths[0]: paths for paths in sessions["channel_paths"].to_pylist() if paths is not None
    }

    def open_file(path: str, spans: np.ndarray | None) -> tuple[np.ndarray, int]:
        if spans is None:
            return read_mono(read(path), sample_rate_hz, allow_not_finite=allow_not_finite)
        near = (sample_rate_hz, spans)
        return read_mono_near(read(path), *near, allow_not_finite=allow_not_finite)

    def open_audio(path: str, spans: np.ndarray | None = None) -> tuple[np.ndarray, int]:
        tracks = [open_file(each, spans) for each in channels.get(path, [path])]
        rates = sorted({rate for _, rate in tracks})
        if len(rates) > 1:
            raise ValueError(f"{path}: the files of one recording have the rates {rates} Hz")
        if len(tracks) == 1:
            return tracks[0]
        n_samples = min(len(samples) for samples, _ in tracks)
        return np.mean([samples[:n_samples] for samples, _ in tracks], axis=0), rates[0]

    return open_audio
