"""An export as torch has it; the one module here that cannot be imported without torch.

`Samples` and `WeightedSampler` need none of this: torch's DataLoader takes them as they are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module

import numpy as np

from drumcorpus.load.items import padded_batch
from drumcorpus.load.reader import Reader
from drumcorpus.load.samples import Sample, Samples

# By name, for torch is no dependency of the package.
torch = import_module("torch")
data = import_module("torch.utils.data")


class TorchSamples(data.Dataset):
    """Samples by number, of each what `make_item` makes of it, such as `Item`."""

    def __init__(self, samples: Samples, make_item: Callable[[Sample], object]):
        self.samples, self.make_item = samples, make_item

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int):
        return self.make_item(self.samples[index])


class TorchReader(data.IterableDataset):
    """A stream, of each sample what `make_item` makes of it; workers divide it among themselves.

    Call `set_epoch` before each epoch if the DataLoader has workers that it starts anew every
    time, for these know of no epoch before. Workers that stay (``persistent_workers``) go on to the
    next epoch with every iteration of the DataLoader, also after one that was left before its end,
    and obey `set_epoch` too: so all of them are in one epoch, whose samples they divide.
    """

    def __init__(self, reader: Reader, make_item: Callable[[Sample], object]):
        super().__init__()
        self.reader, self.make_item = reader, make_item
        # How often an epoch was set, and which: in memory that workers that stay share.
        self._set = torch.zeros(2, dtype=torch.int64).share_memory_()
        self._n_seen, self._next = 0, None  # of a worker

    def __len__(self) -> int:
        return len(self.reader)

    def __iter__(self) -> Iterator:
        if data.get_worker_info() is not None:
            self._go_on()
        return map(self.make_item, self.reader)

    def set_epoch(self, epoch: int) -> None:
        """As that of the reader."""
        self.reader.set_epoch(epoch)
        self._set[0] += 1
        self._set[1] = int(epoch)

    def _go_on(self) -> None:
        """Bring a worker to the epoch of the others, whether it came to the end of its part."""
        n_set, epoch = self._set.tolist()
        if self._next is None:  # it has begun, with a copy of the reader as that stood
            self._n_seen, self._next = n_set, self.reader.epoch
        elif n_set != self._n_seen:
            self._n_seen, self._next = n_set, epoch
            self.reader.set_epoch(epoch)
        elif self.reader.epoch != self._next:
            self.reader.set_epoch(self._next)
        self._next += 1

    def state_dict(self) -> dict:
        """As that of the reader, in the process that reads."""
        return self.reader.state_dict()

    def load_state_dict(self, state: Mapping) -> None:
        """As that of the reader."""
        self.reader.load_state_dict(state)
        self._next = None


def torch_dataset(source: Samples | Reader, make_item: Callable[[Sample], object]):
    """What torch's DataLoader takes, of samples by number or of a stream."""
    return (TorchReader if isinstance(source, Reader) else TorchSamples)(source, make_item)


def padded_tensors(items: Sequence[dict]) -> dict:
    """`padded_batch` with tensors in place of arrays; for ``collate_fn``."""
    return {
        name: torch.from_numpy(value) if isinstance(value, np.ndarray) else value
        for name, value in padded_batch(items).items()
    }
