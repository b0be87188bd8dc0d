"""Samples in a stream: shuffled, divided among processes, and resumed at the exact sample."""

import sys
from collections.abc import Iterator, Mapping

import numpy as np

from drumcorpus.load.epochs import Epochs
from drumcorpus.load.samples import Sample, Samples
from drumcorpus.load.weighted_sampler import uniform

# What of a shuffle a random number is for.
SHARDS, BUFFER = 0, 1


class Reader(Epochs):
    """Every sample of a split once per epoch.

    The order follows from seed and epoch: the shards are shuffled, and within their sequence a
    sample comes at most `buffer` places earlier or later than it lies. So shards are read from
    front to back, and nothing is decoded before its turn. Epochs go on as `Epochs` says.

    Several processes read one part each: those of `split`, and in it each worker of torch's
    DataLoader one of its own. The parts are runs of the shuffled shards, however many these are,
    and differ by one sample at most in their lengths; together they have every sample once.

    Parameters
    ----------
    samples : Samples
    shuffle : bool
        False reads them in the order of the shards.
    seed : int
        From 0 on.
    buffer : int
        In samples. None of their sound is held, but of Parquet shards that were written again
        otherwise, such as compressed: of these the encoded sound of up to twice as many.
    """

    def __init__(self, samples: Samples, *, shuffle: bool = True, seed: int = 0, buffer: int = 256):
        if buffer < 0 or seed < 0:
            raise ValueError(f"buffer, seed: got {buffer}, {seed}; wanted: numbers from 0 on")
        self.samples, self.shuffle, self.seed, self.buffer = samples, shuffle, seed, int(buffer)
        self._loaded_by = None  # the worker that loaded a state

    def __len__(self) -> int:
        """Samples of this part, all workers together."""
        return _stop(len(self.samples), self._rank, self._world)[1]

    def load_state_dict(self, state: Mapping) -> None:
        """Go on where a reader of the same samples, order, part and worker stood.

        Raises
        ------
        ValueError
            If the state is of another one; names what differs.
        """
        super().load_state_dict(state)
        self._loaded_by = _worker()

    def _identity(self) -> dict:
        worker, n_workers = _worker()
        return {
            "seed": self.seed,
            "shuffle": self.shuffle,
            "buffer": self.buffer,
            "n_samples": len(self.samples),
            "worker": worker,
            "workers": n_workers,
        } | super()._identity()

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

    def _items(self, epoch: int, position: int) -> Iterator[Sample]:
        if position and self._loaded_by != _worker():
            raise ValueError(
                "the state of a reader was loaded in another process than the one that reads; "
                "load it in each worker, as torchdata's StatefulDataLoader does, use no workers, "
                "or give the samples by number to a DataLoader with a WeightedSampler"
            )
        self.samples.hold(2 * self.buffer if self.shuffle else 0)
        for row in self.order(epoch)[position:].tolist():
            yield self.samples[row]


def _stop(n_rows: int, part: int, n_parts: int) -> tuple[int, int]:
    """Where one of equal parts begins, and how long it is."""
    first = n_rows * part // n_parts
    return first, n_rows * (part + 1) // n_parts - first


def _worker() -> tuple[int, int]:
    """Which worker of torch's DataLoader this is, of how many; without torch the only one."""
    data = sys.modules.get("torch.utils.data")
    info = data.get_worker_info() if data else None
    return (info.id, info.num_workers) if info else (0, 1)
