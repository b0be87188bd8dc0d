"""The events of an export of clips as a table: what is struck in each, and what it sounds like."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.tables import read_table
from drumcorpus.stages.train_check.features import (
    FEATURE_SET,
    FeatureSettings,
    describe_onsets,
    feature_names,
)
from drumcorpus.stages.train_check.truth import require_truth
from drumcorpus.vocabulary import SPLITS

NAMES = ("split", "sample_id", "source_set", "session_id", "group_id")
_SESSION = NAMES[2:4]
_STATED = "described_as"  # column in which every row says what its features are


@dataclass(frozen=True)
class Described:
    """The events of one export; arrays by event, in the order of the table.

    `names` has the columns `NAMES`, and what is drawn for an interval is ``group_id``; `weights`
    are NaN outside of training; `truth` is of shape (n_events, n_classes), bool, and `features` of
    (n_events, n_features), float32. `n_there` has how many events the export has of each split.
    """

    classes: tuple[str, ...]
    names: dict[str, np.ndarray]
    weights: np.ndarray
    truth: np.ndarray
    features: np.ndarray
    n_there: dict[str, int]


def describe_export(
    export,
    *,
    labels: Sequence[str],
    class_map: str,
    max_events: int,
    features: FeatureSettings,
    progress: Callable[[int], None] = lambda n: None,
) -> pa.Table:
    """Read every clip that is taken once, and describe the onset it was cut for.

    Parameters
    ----------
    export : drumcorpus.load.exports.Export
    labels : sequence of str
        Those of the taxonomy in use.
    class_map : str
        One of the export's.
    max_events : int
        Most of each split, taken by a digest of their names: more events move no other.
    features : FeatureSettings
    progress : callable
        Gets the number of events that are done.

    Returns
    -------
    pa.Table
        Columns `NAMES`, ``weight``, ``truth``, ``features``, and ``described_as``, which says what
        the features are, by which classes, and how many events there are.

    Raises
    ------
    ValueError
        If the export has other labels than the taxonomy, has no such class map, holds no clips, or
        a sample of it cannot be read, and as of `require_truth`; says what to do.
    """
    odd = sorted(set(labels) ^ set(export.class_maps.labels))
    if odd:
        raise ValueError(
            f"{export.root}: labels that only the export or only the taxonomy has: "
            f"{', '.join(odd)}; make the export again with this taxonomy"
        )
    if class_map not in export.class_maps.maps:
        raise ValueError(
            f"train_check.class_map: got {class_map!r}; the export has: "
            f"{', '.join(export.class_maps.maps)}"
        )
    require_truth(export)
    classes = export.class_maps[class_map].classes
    if not any(len(export.split(split)) for split in SPLITS):
        raise ValueError(f"{export.root}: holds no sample; nothing can be learned from it")
    tables, n_there = [], {}
    for split in SPLITS:
        samples = export.split(split)
        n_there[split] = len(samples)
        tables.append(_describe_split(samples, split, class_map, max_events, features, progress))
    stated = _stated(features) | {"classes": list(classes), "there": n_there}
    table = pa.concat_tables(tables)
    words = json.dumps(stated, sort_keys=True)
    return table.append_column(_STATED, pa.array([words] * len(table), pa.string()))


def _describe_split(samples, split, class_map, max_events, settings, progress):
    ids = samples.records.column("sample_id").to_pylist()
    order = sorted(range(len(ids)), key=lambda row: hashlib.sha256(ids[row].encode()).digest())
    rows = sorted(order[:max_events])
    truth = samples.event_multi_hot(class_map)[rows].astype(bool)
    described = np.zeros((len(rows), len(feature_names(settings))), np.float32)
    for place, row in enumerate(rows):
        described[place] = _describe_clip(samples, row, settings)
        progress(1)
    records = samples.records.take(pa.array(rows, pa.int64()))
    columns = {"split": pa.array([split] * len(rows), pa.string())}
    for name in NAMES[1:]:
        columns[name] = records.column(name).cast(pa.string())
    columns["weight"] = records.column("weight").cast(pa.float64())
    columns["truth"] = _matrix(truth, pa.bool_())
    columns["features"] = _matrix(described, pa.float32())
    return pa.table(columns)


def _describe_clip(samples, row: int, settings: FeatureSettings) -> np.ndarray:
    record = samples.record(row)
    onset_sample = record.get("onset_sample")
    if onset_sample is None:
        raise ValueError(
            f"{record['sample_id']}: is no clip around an onset; name an export of `unit: clip` "
            "under train_check.export"
        )
    try:
        sound, rate_hz = samples.decode(row, samples.content(row))
    except ValueError as error:
        raise ValueError(
            f"{error}; `snakemake verify` names all that is damaged, with the command that mends it"
        ) from error
    return describe_onsets(sound, rate_hz, np.array([onset_sample / rate_hz]), settings)[0]


def _matrix(values: np.ndarray, kind: pa.DataType) -> pa.Array:
    flat = pa.array(values.reshape(-1), kind)
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


def _stated(settings: FeatureSettings) -> dict:
    return {"feature_set": FEATURE_SET, "features": json.loads(json.dumps(asdict(settings)))}


def read_described(path: str | os.PathLike, settings: FeatureSettings) -> Described:
    """The table of `describe_export`, as it was written.

    Raises
    ------
    ValueError
        If it has no features, or others than these; says what to do.
    """
    table = read_table(path)
    is_stated = _STATED in table.column_names and len(table) > 0
    stated = json.loads(table.column(_STATED)[0].as_py()) if is_stated else {}
    wanted = _stated(settings)
    got = {key: stated.get(key) for key in wanted}
    if got != wanted:
        raise ValueError(
            f"{path}: features of {got['feature_set']} with {got['features']}; wanted: "
            f"{FEATURE_SET} with {wanted['features']}; delete the file and run train_check again"
        )
    classes = tuple(stated["classes"])
    names = {name: np.array(table.column(name).to_pylist(), object) for name in NAMES}
    return Described(
        classes,
        names,
        table.column("weight").to_numpy().astype(float),
        _read_matrix(table, "truth", len(classes)),
        _read_matrix(table, "features", len(feature_names(settings))),
        stated["there"],
    )


def by_family(described: Described, splits: str | os.PathLike) -> Described:
    """The events with the family of their session as their group.

    A family is what must not stand in two splits, over all source sets: several groups of one
    performance are in it, which err together.

    Parameters
    ----------
    splits : path
        The table of the splits stage of the manifest.

    Raises
    ------
    ValueError
        If a session is not there; says what to do.
    """
    families = read_families(splits)
    keys = list(zip(*(described.names[name].tolist() for name in _SESSION), strict=True))
    if odd := sorted(set(keys) - set(families)):
        raise ValueError(
            f"{splits}: no session {'/'.join(odd[0])}, which the export has; make the export again"
        )
    groups = np.array([families[key] for key in keys], object)
    return replace(described, names=described.names | {"group_id": groups})


def read_families(splits: str | os.PathLike) -> dict[tuple[str, str], str]:
    """Families by source set and session, from the table of the splits stage of a manifest."""
    table = read_table(splits, [*_SESSION, "family_id"])
    return dict(zip(_keys(table), table.column("family_id").to_pylist(), strict=True))


def _keys(table: pa.Table):
    return zip(*(table.column(name).to_pylist() for name in _SESSION), strict=True)


def _read_matrix(table: pa.Table, name: str, width: int) -> np.ndarray:
    flat = table.column(name).combine_chunks().flatten()
    return flat.to_numpy(zero_copy_only=False).reshape(len(table), width)
