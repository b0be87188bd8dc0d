"""From activations to strokes: where an activation has a peak, and how far that stands out."""

from dataclasses import dataclass

import numpy as np

# Frames before and after a peak that are not above it, and that its height is measured from: as
# madmom's picker of notes has them at 100 frames a second.
_AROUND = 2
_MEAN_BEFORE, _MEAN_AFTER = 10, 1
LEAST_HEIGHT = 0.02  # below which nothing is a peak


@dataclass(frozen=True)
class Peaks:
    """Peaks of all classes of one sample, in order of frame; each array of shape (n_peaks,)."""

    frames: np.ndarray
    classes: np.ndarray
    heights: np.ndarray


def pick_peaks(activations: np.ndarray) -> Peaks:
    """Every peak with its height: a threshold takes those that are at least as high.

    A peak is above the two frames before and not below the two after; so two of a class are 30 ms
    apart at least. Its height is what it has above the mean of the 100 ms before it, itself and the
    frame after.

    Parameters
    ----------
    activations : np.ndarray, shape (n_frames, n_classes)
        From 0 to 1.

    Examples
    --------
    >>> picked = pick_peaks(np.array([0, 0, 0, 0, 0.6, 0.6, 0, 0, 0, 0.3, 0, 0])[:, None])
    >>> picked.frames.tolist(), picked.heights.round(3).tolist()
    ([4, 9], [0.5, 0.175])
    """
    n_frames = len(activations)
    if n_frames == 0:
        nothing = np.zeros(0, np.int64)
        return Peaks(nothing, nothing, np.zeros(0))
    levels = activations.astype(np.float64)
    padded = np.pad(levels, ((_AROUND, _AROUND), (0, 0)), constant_values=-np.inf)
    is_peak = np.ones(levels.shape, bool)
    for step in range(1, _AROUND + 1):
        is_peak &= levels > padded[_AROUND - step : _AROUND - step + n_frames]
        is_peak &= levels >= padded[_AROUND + step : _AROUND + step + n_frames]
    silent = np.pad(levels, ((_MEAN_BEFORE, _MEAN_AFTER), (0, 0)))
    sums = np.cumsum(np.pad(silent, ((1, 0), (0, 0))), axis=0)
    width = _MEAN_BEFORE + 1 + _MEAN_AFTER
    heights = levels - (sums[width:] - sums[:-width]) / width
    # Six decimals, so that what differs in the last bit alone is equal.
    heights = np.round(heights, 6)
    frames, classes = np.nonzero(is_peak & (heights >= LEAST_HEIGHT))
    return Peaks(frames, classes, heights[frames, classes])
