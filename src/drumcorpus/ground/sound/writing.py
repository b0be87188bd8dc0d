"""Writing a sound file whole or not at all, with an error that names it."""

import io
import os
from pathlib import Path

import numpy as np
import soundfile

from drumcorpus.ground.files.atomic import replacing


def write_sound(
    path: str | os.PathLike, samples: np.ndarray, sample_rate_hz: int, subtype: str = "PCM_16"
) -> None:
    """Write samples, shape (n_samples,) or (n_samples, n_channels), as the path's suffix says.

    Parameters
    ----------
    subtype : str
        How libsndfile stores a sample, such as ``PCM_24``.

    Raises
    ------
    OSError
        If it cannot be written; libsndfile itself would say no more than "System error".
    """
    buffer = io.BytesIO()
    kind = Path(path).suffix.removeprefix(".").upper()
    soundfile.write(buffer, samples, sample_rate_hz, format=kind, subtype=subtype)
    with replacing(path) as part:
        part.write_bytes(buffer.getvalue())
