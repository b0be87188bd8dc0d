"""What is gone through epoch by epoch: divided among processes, and resumed at the exact place."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Self


class Epochs(ABC):
    """An iterable that goes through all of it in each epoch, in another order.

    The next epoch begins with the next iteration after one that came to its end, or with
    `set_epoch`. An iteration that was left before its end is begun anew, unless its state is
    loaded. Who derives from it has `_identity`, what a state must agree in, and `_items`.
    """

    _epoch, _position, _resumes = 0, 0, False
    _rank, _world = 0, 1

    @property
    def epoch(self) -> int:
        """That of the iteration that is under way, or of the next one."""
        return self._epoch

    def split(self, rank: int, world: int) -> Self:
        """The part that one of several processes takes; `rank` from 0 to below `world`.

        Raises
        ------
        ValueError
            If the rank is none, or this is a part itself.
        """
        if not 0 <= rank < world:
            raise ValueError(f"rank: got {rank} of {world}; wanted: from 0 to {world - 1}")
        if self._world > 1:
            raise ValueError(
                f"split: this is part {self._rank} of {self._world} already; split the whole"
            )
        part = copy.copy(self)
        part._rank, part._world = int(rank), int(world)
        part.set_epoch(self._epoch)
        return part

    def set_epoch(self, epoch: int) -> None:
        """Begin with this epoch, at its first place."""
        self._epoch, self._position, self._resumes = int(epoch), 0, False

    def state_dict(self, position: int | None = None) -> dict:
        """Where it stands, for `load_state_dict`: what comes first then is what would come now.

        `position` is how many of the epoch have been used, where that is not how many were taken:
        a DataLoader with workers takes them ahead.
        """
        position = self._position if position is None else int(position)
        return {"epoch": self._epoch, "position": position} | self._identity()

    def load_state_dict(self, state: Mapping) -> None:
        """Go on where one of the same content, order and part stood.

        Raises
        ------
        ValueError
            If the state is of another one; names what differs.
        """
        for name, value in self._identity().items():
            if state.get(name) != value:
                raise ValueError(f"state: {name} is {state.get(name)!r}; here it is {value!r}")
        if int(state["position"]) < 0:
            raise ValueError(f"state: position is {state['position']!r}; allowed: 0 and above")
        self._epoch, self._position = int(state["epoch"]), int(state["position"])
        self._resumes = True

    def __iter__(self) -> Iterator:
        epoch, position = self._epoch, self._position if self._resumes else 0
        self._resumes = False
        for place, item in enumerate(self._items(epoch, position), position):
            self._position = place + 1
            yield item
        self._epoch, self._position = epoch + 1, 0

    def _identity(self) -> dict:
        return {"rank": self._rank, "world": self._world}

    @abstractmethod
    def _items(self, epoch: int, position: int) -> Iterator:
        """Those of an epoch from a place on."""
