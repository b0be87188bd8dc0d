"""Samples of an export: sound, what its record says, and the targets of training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from drumcorpus.load.class_maps import ClassMaps
from drumcorpus.load.contents import read_or_name, where
from drumcorpus.load.errors import UnreadableSample
from drumcorpus.load.targets import (
    StrokeLists,
    Strokes,
    frame_targets,
    frames_per_second,
    multi_hot,
    multi_hot_rows,
    velocity_frames,
)
from drumcorpus.load.wav import decode_sound
from drumcorpus.load.weighted_sampler import WeightedSampler


@dataclass(frozen=True, slots=True)
class Sample:
    """One clip, segment or session.

    `sound` is float32, of shape (n_samples,) or, of several channels, (n_samples, n_channels);
    `record` has the fields of its record that are single values; `strokes` what is struck in it;
    `event` what is struck at a clip's own event, once for each label, and nothing of others.
    """

    sound: np.ndarray
    sample_rate_hz: int
    record: dict
    strokes: Strokes
    class_maps: ClassMaps
    event: Strokes

    @property
    def sample_id(self) -> str:
        """Its name within the export."""
        return self.record["sample_id"]

    @property
    def duration(self) -> float:
        """Of the sound, in seconds."""
        return len(self.sound) / self.sample_rate_hz

    @property
    def labels(self) -> list[str]:
        """The label of every stroke."""
        return [self.class_maps.labels[number] for number in self.strokes.label_ids]

    def frames(
        self,
        fps: float | None = None,
        *,
        hop_s: float | None = None,
        class_map: str | None = None,
        spread: Sequence[float] = (1.0,),
    ) -> np.ndarray:
        """What is struck in which frame; shape (n_frames, n_classes), float32.

        Either `fps`, frames per second, or `hop_s`, seconds per frame. `class_map` is the name of
        one in the export; None is the one that it is made for. `spread` is laid around each onset:
        see `frame_targets`.
        """
        rate = frames_per_second(fps, hop_s)
        chosen = self.class_maps[class_map]
        return frame_targets(self.strokes, chosen, self.duration, fps=rate, spread=spread)

    def velocity_frames(
        self,
        fps: float | None = None,
        *,
        hop_s: float | None = None,
        class_map: str | None = None,
    ) -> np.ndarray:
        """Velocities in the frames of onsets; NaN where struck and not known: `velocity_frames`."""
        rate = frames_per_second(fps, hop_s)
        return velocity_frames(self.strokes, self.class_maps[class_map], self.duration, fps=rate)

    def multi_hot(self, class_map: str | None = None) -> np.ndarray:
        """Which classes are struck in it; shape (n_classes,), float32, 0 or 1."""
        return multi_hot(self.strokes, self.class_maps[class_map])

    def event_multi_hot(self, class_map: str | None = None) -> np.ndarray:
        """The classes of a clip's own event alone; all 0 in a segment or session."""
        return multi_hot(self.event, self.class_maps[class_map])


class Samples(Sequence):
    """The samples of one split, by number: ``len``, ``[i]``, iteration.

    Sound is read and decoded when a sample is asked for, and not kept. Processes may read it side
    by side, whether they were forked or got a copy.
    """

    def __init__(
        self,
        records: pa.Table,
        strokes: StrokeLists,
        events: StrokeLists,
        contents,
        class_maps: ClassMaps,
    ):
        self.records, self.strokes, self.class_maps = records, strokes, class_maps
        self.events = events
        self._contents = contents
        self._ids = records.column("sample_id").combine_chunks()
        self._fields = {name: _values_of(records.column(name)) for name in records.column_names}

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, index: int) -> Sample:
        """A sample.

        Raises
        ------
        IndexError
        UnreadableSample
            If its sound is gone or damaged; names file and sample.
        """
        row = int(index) + (len(self) if index < 0 else 0)
        if not 0 <= row < len(self):
            raise IndexError(f"no sample {index}: there are {len(self)}")
        sound, rate = self.decode(row, self.content(row))
        event = self.events[row]
        return Sample(sound, rate, self.record(row), self.strokes[row], self.class_maps, event)

    def record(self, row: int) -> dict:
        """The fields of a sample's record that it carries along, without its sound."""
        return {name: value_of(row) for name, value_of in self._fields.items()}

    def content(self, row: int) -> bytes | memoryview:
        """The encoded sound of a sample, as `sha256` of its record is of it.

        Raises
        ------
        UnreadableSample
            Whatever keeps it from being read; names file and sample.
        """
        return read_or_name(self._contents, row, self._ids[row].as_py())

    def decode(self, row: int, content: bytes | memoryview) -> tuple[np.ndarray, int]:
        """The sound of that content and its rate, as of `wav.decode_sound`.

        Raises
        ------
        UnreadableSample
            If it cannot be decoded; names file and sample.
        """
        try:
            return decode_sound(content)
        except ValueError as error:
            file = where(self._contents, row)
            raise UnreadableSample(f"{file}: {self._ids[row].as_py()}: {error}") from None

    @property
    def n_shards(self) -> int:
        """Files that the samples stand in."""
        return self._contents.n_shards

    def in_shards(self, keys: np.ndarray) -> np.ndarray:
        """The numbers of all samples, those of a shard together; shards in order of their keys."""
        shards, places = self._contents.places()
        return np.lexsort((places, shards, np.asarray(keys)[shards]))

    def hold(self, n_samples: int) -> None:
        """Say that samples are read in order of shards, from among that many neighbours."""
        self._contents.hold(n_samples)

    def multi_hot(self, class_map: str | None = None) -> np.ndarray:
        """Of every sample, which classes are struck; shape (n_samples, n_classes), float32."""
        return multi_hot_rows(self.strokes, self.class_maps[class_map])

    def event_multi_hot(self, class_map: str | None = None) -> np.ndarray:
        """The same of the clips' own events alone, those that the weights are of."""
        return multi_hot_rows(self.events, self.class_maps[class_map])

    def weights(self) -> np.ndarray:
        """Sampling weights, shape (n_samples,), float64.

        A sample of the trained split in which nothing is struck has no event that could give it a
        weight; where others have one, its weight is their mean, as of a sample that says nothing.

        Raises
        ------
        ValueError
            If no sample has one, as in a split that is not for training, or a sample with strokes
            has none; names it, and says what to do.
        """
        weights = self.records.column("weight").to_numpy().astype(np.float64)
        lacks = np.isnan(weights)
        if lacks.all() and len(weights):
            raise ValueError(
                f"{len(weights)} of {len(weights)} samples have no weight; only the split that is "
                "sampled in training has them"
            )
        is_silent = np.array([len(self.strokes[row]) == 0 for row in np.flatnonzero(lacks)], bool)
        rows = np.flatnonzero(lacks)
        if not is_silent.all():
            first = rows[~is_silent][0]
            raise ValueError(
                f"{int((~is_silent).sum())} of {len(weights)} samples have strokes and no weight, "
                f"the first {self._ids[first].as_py()}; make the labels of the export again, or "
                "draw from those that have one: WeightedSampler(numpy.nan_to_num(weights)) of the "
                "column weight"
            )
        if len(rows):
            weights[rows] = weights[~lacks].mean()
        return weights

    def sampler(self, n_draws: int | None = None, **options) -> WeightedSampler:
        """Draws samples by their weights; see `WeightedSampler`."""
        return WeightedSampler(self.weights(), n_draws, **options)


def _values_of(column: pa.ChunkedArray):
    """What gives the value of a row; Arrow's own scalars take many times as long."""
    column = column.combine_chunks()
    if column.null_count == len(column):
        return _Few(np.zeros(len(column), np.int8), [None])
    if pa.types.is_dictionary(column.type):
        codes = column.indices.fill_null(-1).to_numpy()
        return _Few(codes, [*column.dictionary.to_pylist(), None])
    if pa.types.is_primitive(column.type) and not column.null_count:
        return column.to_numpy(zero_copy_only=False).item
    return _Scalars(column)


class _Few:
    def __init__(self, codes: np.ndarray, values: list):
        self._codes, self._values = codes, values

    def __call__(self, row: int):
        return self._values[self._codes[row]]


class _Scalars:
    def __init__(self, column: pa.Array):
        self._column = column

    def __call__(self, row: int):
        return self._column[row].as_py()
