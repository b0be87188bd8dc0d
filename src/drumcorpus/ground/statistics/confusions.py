"""The error budget: of every class what was found, taken for another, missed, or is a phantom."""

import numpy as np

from drumcorpus.ground.statistics.matching import Onsets, match_onsets, merge_onsets


class Confusions:
    """Counts of hits, by class of the reference and of the prediction.

    Attributes
    ----------
    table : np.ndarray, shape (n_classes + 1, n_classes + 1), int64
        Rows are classes of the reference, and last what is no reference hit; columns are classes of
        predictions, and last what no prediction is near. The diagonal is what was found, the last
        column what was missed, the last row the phantoms; every other cell counts one hit taken for
        one of another class within the window.
    """

    def __init__(self, n_classes: int):
        self.n_classes = n_classes
        self.table = np.zeros((n_classes + 1, n_classes + 1), dtype=np.int64)

    def add(self, onsets: Onsets, matched: tuple[np.ndarray, np.ndarray], window: int) -> None:
        """Count the matches of some sessions, and match what is left over across classes.

        What is left of one class cannot be near each other, for then one more would have matched.

        Parameters
        ----------
        onsets : Onsets
            Whose key is session times `n_classes` plus class.
        matched : (np.ndarray, np.ndarray)
            As of `matching.match_onsets`.
        window : int
            µs.
        """
        n = self.n_classes
        self.table[:n, :n] += np.diag(np.bincount(onsets.key[matched[0]] % n, minlength=n))
        is_over = np.ones(len(onsets.key), dtype=bool)
        is_over[matched[0]] = is_over[matched[1]] = False
        sides = [np.flatnonzero(is_over & (onsets.is_reference == side)) for side in (True, False)]
        pairs = [(onsets.key[side] // n, onsets.time[side]) for side in sides]
        merged = merge_onsets(*pairs, each_once=False)
        confused = match_onsets(merged, window)
        classes = [onsets.key[side] % n for side in sides]
        rows = [merged.row[places] for places in confused]
        np.add.at(self.table, (classes[0][rows[0]], classes[1][rows[1]]), 1)
        for side, axis in ((0, "missed"), (1, "phantom")):
            alone = np.ones(len(classes[side]), dtype=bool)
            alone[rows[side]] = False
            counts = np.bincount(classes[side][alone], minlength=n)
            if axis == "missed":
                self.table[:n, n] += counts
            else:
                self.table[n, :n] += counts

    def budget(self, number: int, classes: tuple[str, ...]) -> dict:
        """What became of the reference hits and of the predictions of one class."""
        n = self.n_classes
        taken = {classes[c]: int(self.table[number, c]) for c in range(n) if c != number}
        instead = {classes[c]: int(self.table[c, number]) for c in range(n) if c != number}
        return {
            "found": int(self.table[number, number]),
            "taken_for": {name: count for name, count in taken.items() if count},
            "missed": int(self.table[number, n]),
            "said_instead_of": {name: count for name, count in instead.items() if count},
            "phantom": int(self.table[n, number]),
        }
