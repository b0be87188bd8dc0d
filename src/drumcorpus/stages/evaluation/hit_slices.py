"""Recall by velocity and polyphony of the reference hits.

A false positive has neither, so that such slices have no precision.
"""

import numpy as np

from drumcorpus.ground.predictions.hit_columns import NO_VELOCITY, VELOCITY_PARTS, HitColumns
from drumcorpus.ground.statistics.matching import Onsets

# Names of the bands, and where each but the last ends, in MIDI's numbers.
VELOCITY_BANDS = ("below 40", "40 to 79", "80 to 127", "not stated")
_VELOCITY_EDGES = (39.5, 79.5)
POLYPHONY_BANDS = ("1", "2", "3 or more")


class HitSlices:
    """Reference hits, and those of them that were found, by class and band.

    Attributes
    ----------
    velocity, polyphony : np.ndarray, shape (n_classes, n_bands, 2), int64
        Hits, and found ones.
    """

    def __init__(self, n_classes: int):
        self.velocity = np.zeros((n_classes, len(VELOCITY_BANDS), 2), dtype=np.int64)
        self.polyphony = np.zeros((n_classes, len(POLYPHONY_BANDS), 2), dtype=np.int64)

    def add(
        self, onsets: Onsets, matched: tuple[np.ndarray, np.ndarray], reference: HitColumns
    ) -> None:
        """Count the reference hits; the key of `onsets` is as in `Confusions.add`."""
        rows = onsets.row[onsets.is_reference]
        is_found = np.zeros(len(onsets.key), dtype=bool)
        is_found[matched[0]] = True
        is_found = is_found[onsets.is_reference]
        label, velocity = reference.label[rows], reference.velocity[rows]
        edges = np.array(_VELOCITY_EDGES) / 127 * VELOCITY_PARTS
        band = np.searchsorted(edges, velocity, side="right")
        band[velocity == NO_VELOCITY] = len(VELOCITY_BANDS) - 1
        _count(self.velocity, label, band, is_found)
        voices = reference.polyphony[rows].astype(int).clip(1, len(POLYPHONY_BANDS)) - 1
        _count(self.polyphony, label, voices, is_found)


def _count(table: np.ndarray, label: np.ndarray, band: np.ndarray, is_found: np.ndarray) -> None:
    n_classes, n_bands, _ = table.shape
    cell = label.astype(np.int64) * n_bands + band
    for number, rows in enumerate((slice(None), is_found)):
        counts = np.bincount(cell[rows], minlength=n_classes * n_bands)
        table[..., number] += counts.reshape(n_classes, n_bands)
