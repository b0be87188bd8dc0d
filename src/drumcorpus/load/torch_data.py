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
    time, for these know of no epoch before.
    """

    def __init__(self, reader: Reader, make_item: Callable[[Sample], object]):
        super().__init__()
        self.reader, self.make_item = reader, make_item

    def __len__(self) -> int:
        return len(self.reader)

    def __iter__(self) -> Iterator:
        return map(self.make_item, self.reader)

    def set_epoch(self, epoch: int) -> None:
        """As that of the reader."""
        self.reader.set_epoch(epoch)

    def state_dict(self) -> dict:
        """As that of the reader, in the process that reads."""
        return self.reader.state_dict()

    def load_state_dict(self, state: Mapping) -> None:
        """As that of the reader."""
        self.reader.load_state_dict(state)


def torch_dataset(source: Samples | Reader, make_item: Callable[[Sample], object]):
    """What torch's DataLoader takes, of samples by number or of a stream."""
    return (TorchReader if isinstance(source, Reader) else TorchSamples)(source, make_item)


def padded_tensors(items: Sequence[dict]) -> dict:
    """`padded_batch` with tensors in place of arrays; for ``collate_fn``."""
    return {
        name: torch.from_numpy(value) if isinstance(value, np.ndarray) else value
        for name, value in padded_batch(items).items()
    }
