"""What a training took, kept beside its checkpoint.

A training whose checkpoint stands is not done again, and what this process takes then says nothing
about it.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path


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
        # With a checkpoint the first that is said is that the training goes on.
        self.goes_on = checkpoint.exists()
        self.clock, self.began = clock, clock()
        nothing = {"epochs": 0, "cpu_s": 0.0, "waited": None}
        if self.goes_on:  # by a version that kept no such file
            nothing = {"epochs": None, "cpu_s": None, "waited": None}
        stands = self.goes_on and self.path.exists()
        self.kept = json.loads(self.path.read_text(encoding="utf-8")) if stands else nothing
        self.is_new = False

    def said(self) -> None:
        """Note what was taken so far: to be called for all that `learn_network` says."""
        if self.goes_on:
            self.goes_on = False
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

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.kept) + "\n", encoding="utf-8")
