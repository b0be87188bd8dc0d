"""The gain that brings a whole recording to a loudness without passing a ceiling of true peak.

References
----------
ITU-R BS.1770-4, "Algorithms to measure audio programme loudness and true-peak audio level", 2015:
Annex 1 has the loudness, Annex 2 the estimate of true peak.
"""

import math
from collections.abc import Iterator

import numpy as np

from drumcorpus.ground.sound.loudness import integrated_lufs, powers_of

# The interpolator of Annex 2, 48 taps in four phases: its first two, of which the others are the
# mirror images.
_PHASES = (
    *(0.001708984375, 0.010986328125, -0.0196533203125, 0.033203125, -0.0594482421875),
    *(0.1373291015625, 0.97216796875, -0.102294921875, 0.047607421875, -0.026611328125),
    *(0.014892578125, -0.00830078125),
    *(-0.0291748046875, 0.029296875, -0.0517578125, 0.089111328125, -0.16650390625),
    *(0.465087890625, 0.77978515625, -0.2003173828125, 0.1015625, -0.0582275390625),
    *(0.0330810546875, -0.0189208984375),
)
_TAPS = np.array(_PHASES, np.float32).reshape(2, 12)
_TAPS = np.concatenate([_TAPS, _TAPS[::-1, ::-1]])  # (4, 12)
_REACH = _TAPS.shape[1] - 1  # samples before one that its interpolated values depend on
# No interpolated value is larger than this many times the largest sample that it is made of.
_MOST = float(np.abs(_TAPS).sum(axis=1).max())
_PIECE = 128  # samples that are interpolated, or passed over, together
_BLOCK = _PIECE * 1024  # samples that are looked at together
_GAIN_STEP = 1e-4  # dB to which a gain is rounded, downwards: it is written down as it is applied


def true_peak(samples: np.ndarray) -> float:
    """Largest absolute value of a recording and of it at four times its rate, full scale 1.

    Only what is near a large sample is interpolated: elsewhere no value can pass the largest.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,) or (n_samples, n_channels), float
        Before and after the recording there is silence.
    """
    peak = 0.0
    for channel in samples.reshape(len(samples), -1).T:
        peak = max(peak, _channel_peak(channel, peak))
    return peak


def loudness_gain_db(
    samples: np.ndarray, sample_rate_hz: int, *, target_lufs: float, ceiling_dbtp: float
) -> float:
    """Gain in dB after which a recording has a loudness, less where its true peak would be high.

    The whole recording gets one gain, so that the strokes keep their dynamics, and nothing is
    compressed: a recording with high peaks stays below the target.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,) or (n_samples, n_channels), float
        As it will be written: two equal channels are 3 LU louder than one.
    sample_rate_hz : int
    target_lufs : float
        Integrated loudness.
    ceiling_dbtp : float
        What the true peak does not pass, in dB re full scale.

    Returns
    -------
    gain_db : float
        A multiple of 0.0001; 0 for silence, which is what lies below the gate of -70 LUFS.
    """
    channels = samples.reshape(len(samples), -1)

    def blocks(n_samples: int) -> Iterator[np.ndarray]:
        for start in range(0, len(channels), n_samples):
            yield channels[start : start + n_samples].astype(np.float32, copy=False)

    loudness = integrated_lufs([powers_of(blocks, sample_rate_hz, channels.shape[1])])
    if loudness is None:
        return 0.0
    gain_db = min(target_lufs - loudness, ceiling_dbtp - 20 * math.log10(true_peak(samples)))
    return round(math.floor(gain_db / _GAIN_STEP) * _GAIN_STEP, 4)


def _channel_peak(samples: np.ndarray, least: float) -> float:
    """True peak of one channel, (n_samples,), or `least` if that is larger."""
    peak = least
    for start in range(0, len(samples), _BLOCK):
        block = samples[start : start + _BLOCK]
        peak = max(peak, float(block.max()), -float(block.min()))
    for start in range(0, len(samples) + _REACH, _BLOCK):
        stop = min(start + _BLOCK, len(samples) + _REACH)
        n_pieces = -(-(stop - start) // _PIECE)
        # Each piece with the samples before it; zeros stand before and after the recording.
        padded = np.zeros(_REACH + n_pieces * _PIECE, np.float32)
        first = max(start - _REACH, 0)
        inside = samples[first : min(stop, len(samples))]
        padded[first - start + _REACH :][: len(inside)] = inside
        pieces = np.lib.stride_tricks.sliding_window_view(padded, _REACH + _PIECE)[::_PIECE]
        largest = np.maximum(pieces.max(axis=1), -pieces.min(axis=1))
        pieces = pieces[largest * _MOST > peak]
        for taps in _TAPS if len(pieces) else ():
            values = np.zeros((len(pieces), _PIECE), np.float32)
            for place, tap in enumerate(taps):
                values += tap * pieces[:, place : place + _PIECE]
            peak = max(peak, float(values.max()), -float(values.min()))
    return peak
