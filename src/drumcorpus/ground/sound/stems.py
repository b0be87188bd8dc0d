"""What is kept of a recording once it is decoded: enough to find its strokes, and no samples."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Stem:
    """What is kept of one recording once it is decoded: its onsets, and its energy over time."""

    onset: np.ndarray  # (n_onsets,) s, start of the transient, to the sample as far as can be told
    level_db: np.ndarray  # (n_onsets,) peak of the transient, dB re full scale
    salience: np.ndarray  # (n_onsets,) 0..1, how clearly it stands out of what was before it
    envelope_db: np.ndarray  # (n_frames,) float32, mean power of every hop, dB re full scale
    duration: float  # s
