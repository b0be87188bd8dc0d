"""What a training loop takes of a sample: sound and targets as plain arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drumcorpus.load.samples import Sample


@dataclass(frozen=True)
class Item:
    """Makes a dict of arrays of a sample; processes may be handed it.

    The dict has ``sound`` and ``sample_id``; ``multi_hot``, shape (n_classes,); if `fps` is given
    ``frames``, shape (n_frames, n_classes); and with `velocities` also ``velocities``, of the same
    shape. The other parameters are those of `Sample.frames`.
    """

    fps: float | None = None
    class_map: str | None = None
    spread: Sequence[float] = (1.0,)
    velocities: bool = False

    def __call__(self, sample: Sample) -> dict:
        """The arrays of one sample."""
        item = {"sample_id": sample.sample_id, "sound": sample.sound}
        item["multi_hot"] = sample.multi_hot(self.class_map)
        if self.fps is not None:
            item["frames"] = sample.frames(self.fps, class_map=self.class_map, spread=self.spread)
            if self.velocities:
                item["velocities"] = sample.velocity_frames(self.fps, class_map=self.class_map)
        return item


def padded_batch(items: Sequence[dict]) -> dict:
    """Items as one, each kind of array along a new first axis; what is shorter ends in zeros.

    ``n_samples`` and, where there are frames, ``n_frames`` say how much of each is its own; names
    become a list.
    """
    batch = {}
    for name, first in items[0].items():
        values = [item[name] for item in items]
        if not isinstance(first, np.ndarray):
            batch[name] = values
            continue
        longest = max(len(value) for value in values)
        whole = np.zeros((len(values), longest, *first.shape[1:]), first.dtype)
        for row, value in zip(whole, values, strict=True):
            row[: len(value)] = value
        batch[name] = whole
    for counted, name in (("n_samples", "sound"), ("n_frames", "frames")):
        if name in batch:
            batch[counted] = np.array([len(item[name]) for item in items])
    return batch
