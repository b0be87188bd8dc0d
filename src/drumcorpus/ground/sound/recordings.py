"""The recording of a session: one file, or several mono files that were made together."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import zip_longest

import numpy as np
import pyarrow as pa

from drumcorpus.ground.sound.audio import cancelling_channel, read_mono, read_mono_near
from drumcorpus.ground.sound.decimation import Decimator
from drumcorpus.ground.sound.decoding import SoundReader, Source, open_sound
from drumcorpus.ground.sound.mixdown import MixMeter, as_one
from drumcorpus.ground.sound.pcm16 import read_pcm16
from drumcorpus.ground.sound.resampling import Resampler


def recording_reader(
    sessions: pa.Table,
    source_of: Callable[[str], Source],
    sample_rate_hz: int | None = None,
    *,
    allow_not_finite: bool = False,
    keep_pcm16: bool = False,
    resampler: Callable[[int, int, int], Resampler | Decimator] = Resampler,
) -> Callable[..., tuple[np.ndarray, int]]:
    """What opens the audio of an event by its `audio_path`.

    Where the path is the first of a session's `channel_paths`, the result is the mean of these
    files up to the end of the shortest, or the loudest of them where they cancel (`mixdown`). They
    are decoded side by side, block by block: of however many files one channel is held.

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
    keep_pcm16 : bool
        Give one file of one channel that is PCM of 16 bit as int16 (`pcm16`), where no
        `sample_rate_hz` is asked for.
    resampler
        As of `audio.read_mono`; spans are resampled as ever.

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
            options = {"to_hz": sample_rate_hz, "allow_not_finite": allow_not_finite}
            options |= {"resampler": resampler}
            samples, rate, channel = _decode_together(path, sources, **options)
            if channel is not None:
                samples, rate, _ = _decode_together(path, sources, **options, channel=channel)
            return samples, rate
        source, options = source_of(path), {"allow_not_finite": allow_not_finite}
        if spans is not None:
            return read_mono_near(source, sample_rate_hz, spans, **options)
        if keep_pcm16 and sample_rate_hz is None and (as_it_is := read_pcm16(source, 1)):
            return as_it_is
        return read_mono(source, sample_rate_hz, **options, resampler=resampler)

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
        meter = None
        for block, first in _together("recording", sources, allow_not_finite=True):
            meter = meter or MixMeter(first.sample_rate_hz, len(sources))
            meter.add(block)
        return meter.surviving_channel() is not None
    with open_sound(sources[0]) as sound:
        return None if sound.n_channels == 1 else False


def _together(
    name: str, sources: Sequence[Source], allow_not_finite: bool
) -> Iterator[tuple[np.ndarray, SoundReader]]:
    """(n_samples, n_files) float32 block by block, each file as one channel, and the first file.

    Up to the end of the shortest; the others are decoded to theirs, so that damage is found.
    """
    own = [cancelling_channel(source) for source in sources]
    with ExitStack() as stack:
        readers = [stack.enter_context(open_sound(source)) for source in sources]
        rates = sorted({reader.sample_rate_hz for reader in readers})
        if len(rates) > 1:
            raise ValueError(f"{name}: the files of one recording have the rates {rates} Hz")
        streams = [reader.blocks(allow_not_finite=allow_not_finite) for reader in readers]
        for blocks in zip_longest(*streams):
            if any(block is None for block in blocks):
                continue
            n_samples = min(map(len, blocks))
            mono = [as_one(block[:n_samples], of) for block, of in zip(blocks, own, strict=True)]
            yield np.stack(mono, axis=1), readers[0]


def _decode_together(name, sources, *, to_hz, allow_not_finite, resampler, channel=None):
    """Samples, their rate, and the file to take instead of the mean; as of `audio.read_mono`."""
    meter = None
    for block, first in _together(name, sources, allow_not_finite):
        if meter is None:
            rate = first.sample_rate_hz
            meter, to_hz = MixMeter(rate, len(sources)), to_hz or rate
            resampled = resampler(rate, to_hz, first.n_samples)
        as_one(block, channel, out=resampled.place(len(block)))
        resampled.take(len(block))
        if channel is None:
            meter.add(block)
    return resampled.whole(), to_hz, meter.surviving_channel()
