"""What a training took, kept beside its checkpoint.

A training whose checkpoint stands is not done again, and what this process takes then says nothing
about it.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path

from drumcorpus.ground.files.atomic import write_text

GOES_ON = "goes on after epoch"  # what `learn_network` says first of a training that it takes up
UNKNOWN = {"epochs": None, "cpu_s": None, "waited": None}


class Spent:
    """Seconds of CPU of one training, of all processes that have worked at it.

    Parameters
    ----------
    checkpoint : Path
        Of the training; ``<checkpoint>.spent.json`` stands beside it.
    clock : callable
        Seconds of CPU of this process so far.
    """

    def __init__(self, checkpoint: Path, clock: Callable[[], float] = time.process_time):
        self.path = checkpoint.with_name(f"{checkpoint.name}.spent.json")
        self.clock, self.began = clock, clock()
        self.kept = {"epochs": 0, "cpu_s": 0.0, "waited": None}
        self.is_new = False

    def said(self, words: str) -> None:
        """Note what was taken so far: to be called with all that `learn_network` says."""
        if GOES_ON in words:
            self.kept = self._read()
            return
        self.is_new = True
        if self.kept["epochs"] is None:
            return
        now = self.clock()
        self.kept["epochs"] += 1
        self.kept["cpu_s"] += now - self.began
        self.began = now
        self._write()

    def of(self, epochs: int, waited: float) -> dict:
        """``cpu_s`` and ``waited`` of a training that is over.

        Parameters
        ----------
        epochs : int
            Of the training. Where notes are of another number, as after a kill between the
            checkpoint and its notes, both are None.
        waited : float
            The share that this process waited for data: kept if it has trained at all.
        """
        if self.kept["epochs"] != epochs:
            return {"cpu_s": None, "waited": round(waited, 4) if self.is_new else None}
        if self.is_new:
            self.kept["waited"] = round(waited, 4)
            self._write()
        return {"cpu_s": round(self.kept["cpu_s"]), "waited": self.kept["waited"]}

    def _read(self) -> dict:
        """The notes; of a version that kept none, or damaged, nothing is known."""
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return dict(UNKNOWN)
        is_whole = isinstance(kept, dict) and kept.keys() == UNKNOWN.keys()
        return kept if is_whole and type(kept["epochs"]) is int else dict(UNKNOWN)

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_text(self.path, json.dumps(self.kept) + "\n")
