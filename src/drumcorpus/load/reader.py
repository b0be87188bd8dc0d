"""Samples in a stream: shuffled, divided among processes, and resumed at the exact sample."""

import sys
from collections.abc import Iterator, Mapping

import numpy as np

from drumcorpus.load.samples import Sample, Samples
from drumcorpus.load.weighted_sampler import uniform

# What of a shuffle a random number is for.
SHARDS, BUFFER = 0, 1


class Reader:
    """Every sample of a split once per epoch.

    The order follows from seed and epoch: the shards are shuffled, and within their sequence a
    sample comes at most `buffer` places earlier or later than it lies. So shards are read from
    front to back, and nothing is decoded before its turn. The next epoch begins with the next
    iteration after one that came to its end, or with `set_epoch`. An iteration that was left
    before its end is begun anew, unless its state is loaded.

    Several processes read one part each: those of `split`, and in it each worker of torch's
    DataLoader one of its own. The parts are runs of the shuffled shards, and differ by one sample
    at most in their lengths; together they have every sample once.

    Parameters
    ----------
    samples : Samples
    shuffle : bool
        False reads them in the order of the shards.
    seed : int
        From 0 on.
    buffer : int
        In samples. From Parquet shards, whose row groups are read whole, the encoded sound of up to
        twice as many is held; from other forms none.
    """

    def __init__(self, samples: Samples, *, shuffle: bool = True, seed: int = 0, buffer: int = 256):
        if buffer < 0 or seed < 0:
            raise ValueError(f"buffer, seed: got {buffer}, {seed}; wanted: numbers from 0 on")
        self.samples, self.shuffle, self.seed, self.buffer = samples, shuffle, seed, int(buffer)
        self._rank, self._world = 0, 1
        self._epoch, self._position, self._resumes = 0, 0, False

    def split(self, rank: int, world: int) -> "Reader":
        """The part that one of several processes reads; `rank` from 0 to below `world`."""
        if not 0 <= rank < world:
            raise ValueError(f"rank: got {rank} of {world}; wanted: from 0 to {world - 1}")
        part = Reader(self.samples, shuffle=self.shuffle, seed=self.seed, buffer=self.buffer)
        part._rank, part._world, part._epoch = int(rank), int(world), self._epoch
        return part

    def __len__(self) -> int:
        """Samples of this part, all workers together."""
        return _stop(len(self.samples), self._rank, self._world)[1]

    def set_epoch(self, epoch: int) -> None:
        """Begin with this epoch, at its first sample."""
        self._epoch, self._position, self._resumes = int(epoch), 0, False

    def state_dict(self, position: int | None = None) -> dict:
        """Where it stands, for `load_state_dict`: the first sample then is the next one now.

        `position` is how many samples of the epoch have been used, where that is not how many were
        read.
        """
        position = self._position if position is None else int(position)
        return {"epoch": self._epoch, "position": position} | self._identity()

    def load_state_dict(self, state: Mapping) -> None:
        """Go on where a reader of the same samples, order and part stood.

        Raises
        ------
        ValueError
            If the state is of another one; names what differs.
        """
        for name, value in self._identity().items():
            if state.get(name) != value:
                raise ValueError(
                    f"state: {name} is {state.get(name)!r}; that of this reader: {value!r}"
                )
        self._epoch, self._position = int(state["epoch"]), int(state["position"])
        self._resumes = True

    def _identity(self) -> dict:
        worker, n_workers = _worker()
        return {
            "seed": self.seed,
            "shuffle": self.shuffle,
            "buffer": self.buffer,
            "n_samples": len(self.samples),
            "rank": self._rank,
            "world": self._world,
            "worker": worker,
            "workers": n_workers,
        }

    def order(self, epoch: int | None = None) -> np.ndarray:
        """The numbers of the samples of this process's part, in the order of an epoch."""
        epoch = self._epoch if epoch is None else epoch
        rows = self.samples.in_shards(self._shard_keys(epoch))
        first, n_rows = _stop(len(rows), self._rank, self._world)
        worker, n_workers = _worker()
        begin, n_own = _stop(n_rows, worker, n_workers)
        rows = rows[first + begin : first + begin + n_own]
        if not self.shuffle:
            return rows
        keys = uniform(len(rows), self.seed, epoch, BUFFER, first + begin) * (self.buffer + 1)
        return rows[np.argsort(np.arange(len(rows)) + keys, kind="stable")]

    def _shard_keys(self, epoch):
        n_shards = self.samples.n_shards
        return uniform(n_shards, self.seed, epoch, SHARDS) if self.shuffle else np.arange(n_shards)

    def __iter__(self) -> Iterator[Sample]:
        epoch, position = self._epoch, self._position if self._resumes else 0
        self._resumes = False
        self.samples.hold(2 * self.buffer if self.shuffle else 0)
        for place, row in enumerate(self.order(epoch)[position:].tolist(), position):
            sample = self.samples[row]
            self._position = place + 1
            yield sample
        self._epoch, self._position = epoch + 1, 0


def _stop(n_rows: int, part: int, n_parts: int) -> tuple[int, int]:
    """Where one of equal parts begins, and how long it is."""
    first = n_rows * part // n_parts
    return first, n_rows * (part + 1) // n_parts - first


def _worker() -> tuple[int, int]:
    """Which worker of torch's DataLoader this is, of how many; without torch the only one."""
    data = sys.modules.get("torch.utils.data")
    info = data.get_worker_info() if data else None
    return (info.id, info.num_workers) if info else (0, 1)
