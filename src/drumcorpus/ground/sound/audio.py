"""Recorded sound: what a file says of itself, and its samples as one channel."""

import math
from collections.abc import Callable, Iterable
from contextlib import suppress

import numpy as np

from drumcorpus.ground.sound.decimation import Decimator
from drumcorpus.ground.sound.decoding import STEP_16_BIT, Source, UnusableSound, open_sound
from drumcorpus.ground.sound.mixdown import MixMeter, as_one
from drumcorpus.ground.sound.resampling import Resampler, resample

_PARTS = 2  # of a block, which takes the calls of the decoder once; each stays in the caches
RESAMPLER_REACH = 4096  # samples of the file on either side, several times the filter's length


def probe_audio(source: Source) -> dict:
    """Duration in seconds, `sample_rate_hz` and `channels` of a sound file, from its header.

    Its last sample is looked for; what lies before is not decoded.

    Raises
    ------
    UnusableSound
        Of reason `unreadable_audio`, `empty_audio` or `cut_short`.
    """
    with open_sound(source) as sound:
        sound.require_end()
        return {
            "duration": sound.n_samples / sound.sample_rate_hz,
            "sample_rate_hz": sound.sample_rate_hz,
            "channels": sound.n_channels,
        }


def read_mono(
    source: Source,
    sample_rate_hz: int | None = None,
    *,
    allow_not_finite: bool = False,
    resampler: Callable[[int, int, int], Resampler | Decimator] = Resampler,
) -> tuple[np.ndarray, int]:
    """The whole file as one channel: the mean of its channels, or the loudest if they cancel.

    Decoded block by block: of twenty channels one is kept, and what a damaged header promises
    takes no memory. The samples are resampled on the way and grow in one place, so that they are
    never held twice. Where the channels cancel (`mixdown`) the file is decoded once more.

    Parameters
    ----------
    source : path or bytes
        Where the file lies, or its content.
    sample_rate_hz : int, optional
        Resample to this rate.
    allow_not_finite : bool
        As of `decoding.SoundReader.blocks`.
    resampler
        ``rate_hz, to_hz, n_expected ->`` what takes the samples; also `decimation.decimator`.

    Returns
    -------
    samples : np.ndarray, shape (n_samples,), float32
        Full scale is 1.
    sample_rate_hz : int

    Raises
    ------
    UnusableSound
        If it is not sound that can be decoded to its end.
    """
    options = (sample_rate_hz, allow_not_finite, resampler)
    samples, rate, channel = _decode(source, *options)
    if channel is not None:
        samples, rate, _ = _decode(source, *options, channel)
    return samples, rate


def cancelling_channel(source: Source) -> int | None:
    """The channel that `read_mono` takes, from 0, where the mean would cancel; else None.

    Of a file that cannot be decoded to its end, the part that can be decoded counts.

    Raises
    ------
    UnusableSound
        If it cannot be opened.
    """
    with open_sound(source) as sound:
        meter = MixMeter(sound.sample_rate_hz, sound.n_channels)
        if sound.n_channels > 1:
            with suppress(UnusableSound):
                for block in sound.blocks(meter.whole_blocks, allow_not_finite=True):
                    meter.add(block)
    return meter.surviving_channel()


def read_mono_near(
    source: Source, sample_rate_hz: int, spans: np.ndarray, *, allow_not_finite: bool = False
) -> tuple[np.ndarray, int]:
    """Some spans of a file as one channel, at their place in an array as long as the whole.

    Where the format can be searched, nothing else is decoded but the last sample; what is outside
    of the spans is then mostly 0. Of several channels all is decoded, for whether they cancel is
    said of the whole, but no more than the spans is resampled.

    Parameters
    ----------
    source : path or bytes
        Where the file lies, or its content.
    sample_rate_hz : int
        Resample to this rate, as `read_mono` does; inside the spans the results differ by less
        than 1e-5.
    spans : np.ndarray, shape (n_spans, 2), float
        Start and end of each in seconds; what lies outside of the file is left out.
    allow_not_finite : bool
        As of `decoding.SoundReader.blocks`.

    Returns
    -------
    samples : np.ndarray, shape (n_samples,), float32
        Full scale is 1.
    sample_rate_hz : int

    Raises
    ------
    UnusableSound
        As of `read_mono`, for what lies in the spans.
    """
    with open_sound(source) as sound:
        if sound.is_seekable:
            try:
                sound.require_end()
                channel = cancelling_channel(source) if sound.n_channels > 1 else None
                near = _decode_near(sound, sample_rate_hz, spans, allow_not_finite, channel)
            except UnusableSound:
                pass  # what is wrong, or whether anything is, a plain reading says
            else:
                return near, sample_rate_hz
    return read_mono(source, sample_rate_hz, allow_not_finite=allow_not_finite)


def _decode(source, to_hz, allow_not_finite, resampler, channel=None):
    """Samples, their rate, and the channel to take instead of the mean; else `channel` alone."""
    with open_sound(source) as sound:
        rate = sound.sample_rate_hz if to_hz is None else to_hz
        meter = MixMeter(sound.sample_rate_hz, sound.n_channels)
        resampled = resampler(sound.sample_rate_hz, rate, sound.n_samples)
        # Integers are made floats in one place, and get their scale as they become one channel.
        scale = STEP_16_BIT if sound.is_pcm16 else 1.0
        n_part, n_channels = meter.whole_blocks, sound.n_channels
        floats = np.empty((n_part, n_channels), np.float32)
        options = {"allow_not_finite": allow_not_finite}
        for block in sound.stored_blocks(_PARTS * n_part, **options):
            for part in (block[first : first + n_part] for first in range(0, len(block), n_part)):
                n_samples = len(part)
                if sound.is_pcm16:
                    np.copyto(floats[:n_samples], part)
                    part = floats[:n_samples]
                as_one(part, channel, scale, out=resampled.place(n_samples))
                resampled.take(n_samples)
                if channel is None:
                    meter.add(part)
    return resampled.whole(), rate, meter.surviving_channel()


def _decode_near(sound, sample_rate_hz, spans, allow_not_finite, channel):
    rate, n_frames = sound.sample_rate_hz, sound.n_samples
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
        part = bytearray()
        for block in sound.blocks_between(start, stop, allow_not_finite=allow_not_finite):
            part += as_one(block, channel).data
        mono = resample(np.frombuffer(part, dtype=np.float32), rate, sample_rate_hz)
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
