"""Samples of 16 bit as they stand in a file, for one who writes them as they are.

What libsndfile makes floats of them by is exact, and so is the way back: where nothing is computed
with the samples, both ways end in the same bytes, and this one takes a third less time.
"""

import numpy as np

from drumcorpus.ground.sound.decoding import STEP_16_BIT, Source, open_sound
from drumcorpus.ground.sound.sound_limits import FRAMES


def read_pcm16(source: Source, n_channels: int) -> tuple[np.ndarray, int] | None:
    """The whole file as integers, if that is what it holds, in so many channels.

    Parameters
    ----------
    source : path or bytes
        Where the file lies, or its content.
    n_channels : int

    Returns
    -------
    samples : np.ndarray, shape (n_samples,) or (n_samples, n_channels), int16
        The former of one channel. None in the place of both where the file has another number of
        channels, samples of another kind, or states more of them than a file may have.
    sample_rate_hz : int

    Raises
    ------
    UnusableSound
        If it is not sound that can be decoded to its end.
    """
    with open_sound(source) as sound:
        is_too_long = sound.n_samples > FRAMES.most  # what is there then shows block by block
        if not sound.is_pcm16 or sound.n_channels != n_channels or is_too_long:
            return None
        samples = sound.integers()
        return samples[:, 0] if n_channels == 1 else samples, sound.sample_rate_hz


def as_floats(samples: np.ndarray) -> np.ndarray:
    """Samples whose full scale is 1: integers as libsndfile makes floats of them, floats as is."""
    return samples * STEP_16_BIT if samples.dtype == np.int16 else samples
