"""The samples of an export as frames with their strokes: what a network learns from."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from drumcorpus.stages.train_check.spectra import SPECTRA_SET, FrameCache, SpectrumSettings
from drumcorpus.stages.train_check.truth import require_truth
from drumcorpus.vocabulary import SPLITS

_SLACK_S = 0.001  # that a sample may begin before another ends, as rounding has it


@dataclass(frozen=True)
class FrameSample:
    """One sample: where its frames are kept, and what is struck in it.

    `start` is in seconds on the time line of its session, `onsets` in seconds from the start of its
    sound, in order, with the number of their class in `classes`; `weight` is NaN outside of
    training. `frames` is a file of shape (n_frames, n_bands), and `sha256` of the encoded sound.
    """

    sample_id: str
    split: str
    source_set: str
    session_id: str
    group_id: str
    start: float
    weight: float
    onsets: np.ndarray
    classes: np.ndarray
    frames: Path
    sha256: str

    def read(self) -> np.ndarray:
        """The frames, as they lie in the file."""
        return np.load(self.frames, mmap_mode="r")


@dataclass(frozen=True)
class Material:
    """What is learned from and scored: the classes, and the samples in their order.

    `taxonomy` is a digest of the labels and of what they are read by.
    """

    classes: tuple[str, ...]
    samples: tuple[FrameSample, ...]
    spectra: SpectrumSettings
    taxonomy: str

    def of(self, split: str) -> list[FrameSample]:
        """The samples of a split."""
        return [sample for sample in self.samples if sample.split == split]

    def digest(self) -> str:
        """What the samples are: sounds, strokes, weights and splits."""
        digest = hashlib.sha256(self.taxonomy.encode())
        for sample in self.samples:
            words = (sample.sample_id, sample.split, sample.sha256, repr(sample.weight))
            digest.update("\0".join(words).encode())
            digest.update(np.ascontiguousarray(sample.onsets, float).tobytes())
            digest.update(np.ascontiguousarray(sample.classes, np.int64).tobytes())
        return digest.hexdigest()

    def n_strokes(self, split: str) -> np.ndarray:
        """Strokes of each class; shape (n_classes,)."""
        counts = np.zeros(len(self.classes), np.int64)
        for sample in self.of(split):
            counts += np.bincount(sample.classes, minlength=len(self.classes))
        return counts


def taxonomy_digest(labels: Sequence[str], classes: Sequence[str], class_of: Sequence[int]) -> str:
    """What a class is: the labels, the classes, and the class of each label (-1: none)."""
    stated = [list(labels), list(classes), [int(number) for number in class_of]]
    return hashlib.sha256(json.dumps(stated).encode()).hexdigest()


def feature_set(settings: SpectrumSettings) -> dict:
    """What a frame is: name and version, and the settings."""
    return {"feature_set": SPECTRA_SET, **asdict(settings)}


def read_frames(
    export,
    cache: FrameCache,
    *,
    labels: Sequence[str],
    class_map: str,
    progress: Callable[[int], None] = lambda n: None,
) -> Material:
    """The samples of an export of segments or sessions, each sound decoded once.

    Parameters
    ----------
    export : drumcorpus.load.exports.Export
    cache : FrameCache
        Keeps the frames; a sound that it has is not decoded.
    labels : sequence of str
        Those of the taxonomy in use.
    class_map : str
        One of the export's.
    progress : callable
        Gets the number of samples that are done.

    Raises
    ------
    ValueError
        If the export has other labels than the taxonomy, no such class map, a split without a
        sample, training without a weight, clips, segments that overlap in validation or test, or a
        sample that cannot be read; says what to do.
    """
    if odd := sorted(set(labels) ^ set(export.class_maps.labels)):
        raise ValueError(
            f"{export.root}: labels that only the export or only the taxonomy has: "
            f"{', '.join(odd)}; make the export again with this taxonomy"
        )
    if class_map not in export.class_maps.maps:
        raise ValueError(
            f"train_check.networks.class_map: got {class_map!r}; the export has: "
            f"{', '.join(export.class_maps.maps)}"
        )
    require_truth(export)
    of = export.class_maps[class_map]
    read = []
    for split in SPLITS:
        samples = export.split(split)
        if not len(samples):
            raise ValueError(
                f"{export.root}: no sample in {split}; a network learns from train, stops and sets "
                "thresholds by validation and is scored on test: give splits.shares to each, or "
                "name another export"
            )
        read += _read_split(samples, export.records(split), split, of, cache, progress)
    taxonomy = taxonomy_digest(export.class_maps.labels, of.classes, of.ids)
    return Material(tuple(of.classes), tuple(read), cache.settings, taxonomy)


def _read_split(samples, records, split, of, cache, progress):
    digests = records.column("sha256").to_pylist()
    read = []
    for row, sha256 in enumerate(digests):
        record = samples.record(row)
        if record.get("onset_sample") is not None:
            raise ValueError(
                f"{record['sample_id']}: is a clip; name an export of `unit: segment` or "
                "`unit: session` under train_check.networks.exports"
            )
        weight, strokes = record.get("weight"), samples.strokes[row]
        if split == "train" and len(strokes) and not (weight is not None and weight > 0):
            raise ValueError(
                f"{record['sample_id']}: is of train and has no sampling weight; make the labels "
                "of the export again"
            )
        if not cache.has(sha256, record.get("duration")):
            sound, rate_hz = _decode(samples, row)
            if not np.isfinite(sound).all():
                raise ValueError(
                    f"{record['sample_id']}: its sound has values that are no numbers; cut its "
                    "recording anew, or leave it out"
                )
            cache.add(sha256, sound, rate_hz)
        classes = of.ids[strokes.label_ids]
        kept = classes >= 0
        names = {name: record[name] for name in ("source_set", "session_id", "group_id")}
        read.append(
            FrameSample(
                record["sample_id"],
                split,
                **names,
                start=float(record["start"]),
                weight=float("nan") if weight is None else float(weight),
                onsets=strokes.onsets[kept],
                classes=classes[kept].astype(np.int64),
                frames=cache.path(sha256),
                sha256=sha256,
            )
        )
        progress(1)
    if split == "train":
        return _with_silence(read)
    _refuse_overlap(read, records.column("duration").to_pylist())
    return read


def _refuse_overlap(samples: list[FrameSample], durations: list[float]) -> None:
    """What stands in two samples would be counted twice."""
    order = sorted(
        range(len(samples)),
        key=lambda row: (samples[row].source_set, samples[row].session_id, samples[row].start),
    )
    for first, second in pairwise(order):
        one, next_one = samples[first], samples[second]
        is_one_session = (one.source_set, one.session_id) == (
            next_one.source_set,
            next_one.session_id,
        )
        if is_one_session and next_one.start < one.start + durations[first] - _SLACK_S:
            raise ValueError(
                f"{next_one.sample_id}: begins at {next_one.start:g} s, before {one.sample_id} "
                "ends: strokes would be counted twice; name an export with `overlap: 0` under "
                "train_check.networks.exports"
            )


def _with_silence(samples: list[FrameSample]) -> list[FrameSample]:
    """Samples in which nothing is struck have no weight of events: they get the mean of the others.

    They teach what is no stroke.
    """
    weights = np.array([sample.weight for sample in samples])
    if not (weights > 0).any():
        raise ValueError(
            "train_check: nothing is struck in train; a network learns strokes from it: give "
            "splits.shares to train, or name another export"
        )
    mean = float(weights[weights > 0].mean())
    return [each if each.weight > 0 else replace(each, weight=mean) for each in samples]


def _decode(samples, row):
    try:
        return samples.decode(row, samples.content(row))
    except ValueError as error:
        raise ValueError(
            f"{error}; `snakemake verify` names all that is damaged, with the command that mends it"
        ) from error


def by_families(material: Material, families: dict[tuple[str, str], str], where: str) -> Material:
    """The samples with the family of their session as their group.

    Parameters
    ----------
    families : dict
        By source set and session.
    where : str
        Where they were read, for messages.

    Raises
    ------
    ValueError
        If a session is not there, or a family stands in two splits; says what to do.
    """
    samples, split_of = [], {}
    for sample in material.samples:
        key = (sample.source_set, sample.session_id)
        if key not in families:
            raise ValueError(
                f"{where}: no session {'/'.join(key)}, which the export has; make the export again"
            )
        first = split_of.setdefault(families[key], sample.split)
        if first != sample.split:
            raise ValueError(
                f"train_check: group {families[key]} is in {first} and in {sample.split}: what is "
                "learned would be known already; make splits and export again"
            )
        samples.append(replace(sample, group_id=families[key]))
    return replace(material, samples=tuple(samples))


def targets_of(
    sample: FrameSample, first: int, n_frames: int, n_classes: int, frames_per_s: float
) -> np.ndarray:
    """What is struck in `n_frames` frames from `first` on: 1 at an onset, 0.5 beside it.

    Returns
    -------
    np.ndarray, shape (n_frames, n_classes), float32
    """
    targets = np.zeros((n_frames + 2, n_classes), np.float32)
    at = np.rint(sample.onsets * frames_per_s).astype(np.int64) - first + 1
    inside = (at >= 0) & (at < len(targets))
    at, classes = at[inside], sample.classes[inside]
    for step, value in ((-1, 0.5), (1, 0.5), (0, 1.0)):
        rows = at + step
        there = (rows >= 0) & (rows < len(targets))
        cells = (rows[there], classes[there])
        targets[cells] = np.maximum(targets[cells], value)
    return targets[1:-1]
