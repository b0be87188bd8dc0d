"""The strokes of many samples as columns, and the targets of training made of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.load.class_maps import ClassMap
from drumcorpus.load.errors import NotAnExport


@dataclass(frozen=True)
class Strokes:
    """Strokes in order of onset, each attribute of shape (n_strokes,).

    `onsets` in seconds from the start of the sound; `label_ids` are the ids of ``components.json``;
    `velocities` from 0 to 1, NaN where not known.
    """

    onsets: np.ndarray
    label_ids: np.ndarray
    velocities: np.ndarray

    def __len__(self) -> int:
        return len(self.onsets)


@dataclass(frozen=True)
class StrokeLists:
    """The strokes of all samples one after another; those of sample i from offset i to i + 1."""

    offsets: np.ndarray
    strokes: Strokes

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> Strokes:
        part = slice(self.offsets[index], self.offsets[index + 1])
        all_of = self.strokes
        return Strokes(all_of.onsets[part], all_of.label_ids[part], all_of.velocities[part])


def stroke_lists(lists: pa.Array | pa.ChunkedArray, labels: Sequence[str]) -> StrokeLists:
    """Strokes as they stand in a column of records: lists of structs.

    Parameters
    ----------
    lists : Arrow list array
        Of structs with ``onset``, ``label`` and ``velocity``.
    labels : sequence of str
        In the order of their ids.

    Raises
    ------
    NotAnExport
        If a stroke has a label that is none of these, or an onset that is no number.
    """
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    flat = pc.list_flatten(lists)
    if isinstance(flat, pa.ChunkedArray):
        flat = flat.combine_chunks()
    names = flat.field("label")
    ids = pc.index_in(names, value_set=pa.array(labels, pa.string()))
    if ids.null_count:
        odd = names.filter(pc.is_null(ids))[0].as_py()
        raise NotAnExport(f"a stroke has the label {odd!r}, which components.json does not have")
    onsets = flat.field("onset").to_numpy(zero_copy_only=False)
    if not np.isfinite(onsets).all():
        raise NotAnExport("a stroke has an onset that is no number")
    velocities = flat.field("velocity").to_numpy(zero_copy_only=False).astype(np.float32)
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    return StrokeLists(offsets, Strokes(onsets, ids.to_numpy().astype(np.int16), velocities))


def label_lists(lists: pa.Array | pa.ChunkedArray) -> StrokeLists:
    """Lists of label ids, as they stand in a column of records, as strokes at 0 s."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    ids = pc.list_flatten(lists).to_numpy().astype(np.int16)
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    strokes = Strokes(np.zeros(len(ids)), ids, np.full(len(ids), np.nan, np.float32))
    return StrokeLists(offsets, strokes)


def n_frames_of(duration: float, fps: float) -> int:
    """How many frames a sound has; the last may be begun only."""
    return max(math.ceil(duration * fps - 1e-6), 1)


def frame_targets(
    strokes: Strokes,
    class_map: ClassMap,
    duration: float,
    *,
    fps: float,
    spread: Sequence[float] = (1.0,),
) -> np.ndarray:
    """What is struck in which frame.

    Frame ``round(onset * fps)`` has the middle value of `spread`, the frames around it the values
    around that; where strokes meet, the larger value stays. A stroke that rounds to past the last
    frame stands in the last. Strokes of labels that have no class in the map are in no frame.

    Parameters
    ----------
    strokes : Strokes
    class_map : ClassMap
    duration : float
        Of the sound, in seconds.
    fps : float
        Frames per second.
    spread : sequence of float
        An odd number of values, such as 0.5, 1, 0.5 (Vogl et al., "Drum transcription via joint
        beat and drum modeling using convolutional recurrent neural networks", ISMIR 2017).

    Returns
    -------
    targets : ndarray, shape (n_frames, n_classes), float32
    """
    values = np.asarray(spread, np.float32)
    if values.ndim != 1 or len(values) % 2 == 0 or not (values >= 0).all():
        raise ValueError(f"spread: got {spread!r}; wanted: an odd number of values from 0 on")
    frames, classes, _ = _cells(strokes, class_map, duration, fps)
    n_classes, around = len(class_map), len(values) // 2
    n_frames = n_frames_of(duration, fps)
    # With room for what is spread to before the first frame and past the last one.
    targets = np.zeros((n_frames + 2 * around, n_classes), np.float32)
    flat, cells = targets.reshape(-1), frames * n_classes + classes
    # In order of value, so that the larger one is written last and stays.
    for place in np.argsort(values, kind="stable").tolist():
        flat[cells + place * n_classes] = values[place]
    return targets[around : around + n_frames]


def velocity_frames(
    strokes: Strokes, class_map: ClassMap, duration: float, *, fps: float
) -> np.ndarray:
    """The velocity of what is struck, in the frame of its onset alone; 0 elsewhere.

    Of strokes in one cell the largest velocity counts; NaN where no stroke of it has one.

    Returns
    -------
    velocities : ndarray, shape (n_frames, n_classes), float32
    """
    frames, classes, kept = _cells(strokes, class_map, duration, fps)
    velocities = np.zeros((n_frames_of(duration, fps), len(class_map)), np.float32)
    velocities[frames, classes] = np.nan
    np.fmax.at(velocities, (frames, classes), strokes.velocities[kept])
    return velocities


def multi_hot(strokes: Strokes, class_map: ClassMap) -> np.ndarray:
    """Which classes are struck at all; shape (n_classes,), float32, 0 or 1."""
    hot = np.zeros(len(class_map), np.float32)
    ids = class_map.ids[strokes.label_ids]
    hot[ids[ids >= 0]] = 1
    return hot


def multi_hot_rows(lists: StrokeLists, class_map: ClassMap) -> np.ndarray:
    """The same of every sample at once; shape (n_samples, n_classes), float32."""
    hot = np.zeros((len(lists), len(class_map)), np.float32)
    rows = np.repeat(np.arange(len(lists)), np.diff(lists.offsets))
    ids = class_map.ids[lists.strokes.label_ids]
    hot[rows[ids >= 0], ids[ids >= 0]] = 1
    return hot


def frames_per_second(fps: float | None, hop_s: float | None) -> float:
    """The one of the two that is given, as frames per second."""
    if (fps is None) == (hop_s is None):
        raise ValueError("frames: give either fps or hop_s")
    rate = fps if hop_s is None else 1 / hop_s
    if not 0 < rate < math.inf:
        raise ValueError(f"frames: got {rate} frames per second; wanted: a number above 0")
    return rate


def _cells(strokes, class_map, duration, fps):
    ids = class_map.ids[strokes.label_ids]
    kept = ids >= 0
    last = n_frames_of(duration, fps) - 1
    frames = np.rint(strokes.onsets[kept] * fps).astype(np.int64)
    return np.clip(frames, 0, last), ids[kept], kept
