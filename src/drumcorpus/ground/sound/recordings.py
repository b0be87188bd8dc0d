"""The recording of a session: one file, or several mono files that were made together."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from drumcorpus.ground.sound.audio import cancelling_channel, read_mono, read_mono_near
from drumcorpus.ground.sound.decoding import Source, open_sound
from drumcorpus.ground.sound.mixdown import as_one, surviving_channel
from drumcorpus.ground.sound.resampling import resample


def recording_reader(
    sessions: pa.Table,
    source_of: Callable[[str], Source],
    sample_rate_hz: int | None = None,
    *,
    allow_not_finite: bool = False,
) -> Callable[..., tuple[np.ndarray, int]]:
    """What opens the audio of an event by its `audio_path`.

    Where the path is the first of a session's `channel_paths`, the result is the mean of these
    files up to the end of the shortest, or the loudest of them where they cancel (`mixdown`).

    Parameters
    ----------
    sessions : pa.Table
        SESSIONS schema.
    source_of
        Where a raw file lies, by its path, or its content.
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

    def open_audio(path: str, spans: np.ndarray | None = None) -> tuple[np.ndarray, int]:
        paths = channels.get(path, [path])
        if len(paths) > 1:
            sources = [source_of(each) for each in paths]
            together, rate = _side_by_side(path, sources, allow_not_finite)
            samples = as_one(together, surviving_channel(together, rate))
            to_hz = rate if sample_rate_hz is None else sample_rate_hz
            return resample(samples, rate, to_hz), to_hz
        if spans is None:
            return read_mono(source_of(path), sample_rate_hz, allow_not_finite=allow_not_finite)
        near = (sample_rate_hz, spans)
        return read_mono_near(source_of(path), *near, allow_not_finite=allow_not_finite)

    return open_audio


def channels_cancel(sources: Sequence[Source]) -> bool | None:
    """Whether the channels of one recording cancel, so that not their mean is heard.

    Parameters
    ----------
    sources : sequence of paths or bytes
        Its one file, or the files that were made together.

    Returns
    -------
    cancel : bool or None
        None where there is one channel, and nothing to mix.

    Raises
    ------
    UnusableSound
        If a file cannot be decoded to its end.
    """
    if any(cancelling_channel(source) is not None for source in sources):
        return True
    if len(sources) > 1:
        together, rate = _side_by_side("recording", sources, allow_not_finite=True)
        return surviving_channel(together, rate) is not None
    with open_sound(sources[0]) as sound:
        return None if sound.n_channels == 1 else False


def _side_by_side(name, sources, allow_not_finite):
    """(n_samples, n_files) float32, each file as one channel, and their rate."""
    tracks = [read_mono(source, allow_not_finite=allow_not_finite) for source in sources]
    rates = sorted({rate for _, rate in tracks})
    if len(rates) > 1:
        raise ValueError(f"{name}: the files of one recording have the rates {rates} Hz")
    n_samples = min(len(samples) for samples, _ in tracks)
    return np.stack([samples[:n_samples] for samples, _ in tracks], axis=1), rates[0]
