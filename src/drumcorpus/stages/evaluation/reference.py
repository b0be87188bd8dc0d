"""The reference: the hits of one split of a built corpus, and its sessions."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.tables import iter_batches, read_table
from drumcorpus.ground.predictions.hit_columns import HitColumns, join_hits, make_hits
from drumcorpus.ground.run.lineage import place_of
from drumcorpus.ground.run.sidecars import read_output
from drumcorpus.schemas import EVENTS, SPLITS
from drumcorpus.vocabulary import MODEL

# What is read of every event, leaves of its components included.
_COLUMNS = (
    *("session_id", "onset_time", "offset_time", "negative_example"),
    *("style", "is_synthetic", "drummer_id", "kit_id", "label_method"),
)
# Seconds that a negative example lasts where it does not say its end.
NEGATIVE_SECONDS = 1.0
_LEAVES = ("components.list.element.label", "components.list.element.velocity")
_NAMES = ("session_id", "source_set", "family_id", "group_id")
ATTRIBUTES = ("kit_id", "drummer_id", "style", "is_synthetic")


@dataclass
class Sessions:
    """The sessions of a split that have hits, in order of source set and id.

    Every list has one value a session: `families` is the family that it belongs to, `groups` the
    group of its source; `attributes` has by name what its events say (None where they say nothing).
    """

    ids: list[str]
    source_sets: list[str]
    families: list[str]
    groups: list[str]
    attributes: dict[str, list] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass
class Corpus:
    """A built corpus by its run manifest: where it lies and what its files are.

    `manifest` and `splits` are the paths of the two tables in `folder`, `sha256` the digest of the
    first, `splits_sha256` of the second.
    """

    folder: Path
    manifest: str
    sha256: str
    splits: str
    splits_sha256: str


@dataclass
class Reference:
    """Hits by label of the taxonomy, and sessions; `not_scored` are sessions without any hit.

    Nobody knows whether such a session is silent or lacks its annotation. `elsewhere` is the split
    of every other session of the corpus, or ``left out``. `negatives`, shape (n, 3), has session,
    start and end in µs of the stretches that negative examples stand for: nothing is struck there.
    `by_model` counts by source set the events whose labels a model made.
    """

    sessions: Sessions
    hits: HitColumns
    not_scored: list[str]
    elsewhere: dict[str, str]
    negatives: np.ndarray = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))
    by_model: dict[str, int] = field(default_factory=dict)


def open_corpus(manifest: str | os.PathLike) -> Corpus:
    """Find a corpus by its manifest, a Parquet table that stands beside its run manifest.

    Raises
    ------
    FileNotFoundError
        If it, its run manifest or its table of splits is not there.
    ValueError
        If one of the two tables is not what the run manifests say.
    """
    if Path(manifest).suffix != ".parquet":
        raise ValueError(
            f"{visible(str(manifest))}: is no Parquet table; wanted: the manifest of a corpus, "
            "such as results/manifests/prod_combined.parquet"
        )
    folder, path = place_of(manifest)
    document, record = read_output(manifest, path)
    stated = [row for row in document["inputs"] if row["name"] == "splits"]
    if len(stated) != 1:
        raise ValueError(
            f"{visible(str(manifest))}: its run manifest names no table of splits; wanted: a "
            "manifest that the workflow has merged"
        )
    (splits,) = stated
    for row in (record, splits):
        sha256 = sha256_file(Path(folder) / row["path"])
        if sha256 != row["sha256"]:
            raise ValueError(
                f"{visible(row['path'])}: is not what the run manifest of the corpus says (sha256 "
                f"{row['sha256'][:12]}… recorded, {sha256[:12]}… found); make the corpus again"
            )
    return Corpus(Path(folder), path, record["sha256"], splits["path"], splits["sha256"])


def read_reference(corpus: Corpus, split: str, labels: Sequence[str]) -> Reference:
    """The sessions and hits of one split.

    Parameters
    ----------
    split : str
        One of `vocabulary.SPLITS`.
    labels : sequence of str
        Of the taxonomy; a hit's label is its place there.

    Raises
    ------
    ValueError
        If no session of that split has a hit, two source sets have the id of one, or a label of the
        corpus is not in the taxonomy.
    """
    rows = read_table(corpus.folder / corpus.splits, SPLITS.names).to_pylist()
    _check_ids(rows, split, corpus.splits)
    in_split = [row for row in rows if row["included"] and row["split"] == split]
    in_split.sort(key=lambda row: (row["source_set"], row["session_id"]))
    elsewhere = {row["session_id"]: row["split"] if row["included"] else "left out" for row in rows}
    places = {row["session_id"]: n for n, row in enumerate(in_split)}
    hits, seen, negatives, of_model = _read_hits(corpus.folder / corpus.manifest, places, labels)
    if not seen:
        counts = ", ".join(sorted(set(elsewhere.values()))) or "none"
        raise ValueError(
            f"{corpus.manifest}: split {split}: no session there has a hit; its splits: {counts}"
        )
    kept = [n for n, row in enumerate(in_split) if row["session_id"] in seen]
    number = np.full(len(in_split), -1)
    number[kept] = np.arange(len(kept))
    sessions = Sessions(
        *([in_split[n][name] for n in kept] for name in _NAMES),
        {name: [seen[in_split[n]["session_id"]][name] for n in kept] for name in ATTRIBUTES},
    )
    hits = _renumbered(hits, number)
    not_scored = [row["session_id"] for row in in_split if row["session_id"] not in seen]
    negatives[:, 0] = number[negatives[:, 0]]
    by_model: Counter[str] = Counter()
    for row in in_split:
        by_model[row["source_set"]] += of_model[row["session_id"]]
    by_model = dict(sorted((+by_model).items()))
    return Reference(sessions, hits, not_scored, elsewhere, negatives, by_model)


def require_truth(reference: Reference, split: str, manifest: str) -> None:
    """Refuse a split with labels that a model made: they are no truth to score by.

    Raises
    ------
    ValueError
        If there is such a label.
    """
    if reference.by_model:
        sets = ", ".join(f"{name} {n:,}" for name, n in reference.by_model.items())
        n_events = sum(reference.by_model.values())
        raise ValueError(
            f"{manifest}: split {split}: a model made the labels of {n_events:,} events ({sets}; "
            f"label_method {MODEL}), and a score by them is how far two systems agree; keep them "
            "out of that split (predictions.<set>.splits), or score by them knowingly, with "
            "model_labels (--model-labels)"
        )


def _check_ids(rows: list[dict], split: str, shown: str) -> None:
    """Refuse a session of the split whose id another set has: predictions say the id alone."""
    sets: dict[str, list[dict]] = {}
    for row in rows:
        sets.setdefault(row["session_id"], []).append(row)
    for name, each in sets.items():
        if len(each) > 1 and any(row["included"] and row["split"] == split for row in each):
            raise ValueError(
                f"{shown}: session {name!r} is of {' and of '.join(r['source_set'] for r in each)}"
                "; predictions name a session by its id alone: evaluate a corpus of one of them"
            )


def _renumbered(hits: HitColumns, number: np.ndarray) -> HitColumns:
    """The hits with another number for each session: that at its place in `number`."""
    return replace(hits, session=number[hits.session].astype(np.int32))


def _read_hits(
    path: Path, places: dict[str, int], labels: Sequence[str]
) -> tuple[HitColumns, dict[str, dict], np.ndarray, Counter[str]]:
    """Hits of the sessions at `places`, by session what its first event says, and negatives.

    Last, by session the events whose labels a model made.
    """
    parts, seen, negatives = [], {}, [np.zeros((0, 3), dtype=np.int64)]
    of_model: Counter[str] = Counter()
    text = [name for name in _COLUMNS if EVENTS.field(name).type == pa.string()]
    for batch in iter_batches(path, [*_COLUMNS, *_LEAVES], [*text, _LEAVES[0]]):
        ids = _encoded(batch["session_id"])
        place = np.array([places.get(name, -1) for name in ids.dictionary.to_pylist()])
        session = place[ids.indices.to_numpy()]
        rows = np.flatnonzero(session >= 0)
        if len(rows) == 0:
            continue
        of_model.update(_ids_of_model(batch, ids, rows))
        counts = np.diff(batch["components"].offsets.to_numpy())
        is_negative = batch["negative_example"].fill_null(False).to_numpy(zero_copy_only=False)
        struck = rows[(counts[rows] > 0) | is_negative[rows]]
        _, first = np.unique(session[struck], return_index=True)
        for row in struck[first].tolist():
            name = ids[row].as_py()
            if name not in seen:
                seen[name] = {key: batch[key][row].as_py() for key in ATTRIBUTES}
        if is_negative.any():
            negatives.append(_negatives(batch, session, rows[is_negative[rows]]))
            session = np.where(is_negative, -1, session)  # what it has is not struck
        parts.append(_components(batch, session, counts, labels, path))
    return join_hits(parts), seen, np.concatenate(negatives), of_model


def _ids_of_model(batch: pa.RecordBatch, ids: pa.DictionaryArray, rows: np.ndarray) -> list[str]:
    """The session of each of the events at `rows` whose labels a model made."""
    methods = _encoded(batch["label_method"])
    is_one = np.array([*(name == MODEL for name in methods.dictionary.to_pylist()), False])
    if not is_one.any():
        return []
    numbers = methods.indices.fill_null(-1).to_numpy()  # none says nothing, as the last
    return ids.take(pa.array(rows[is_one[numbers[rows]]])).to_pylist()


def _negatives(batch: pa.RecordBatch, session: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Session, start and end in µs of the negative examples at `rows`."""
    start, end = (
        batch[name].to_numpy(zero_copy_only=False)[rows] for name in ("onset_time", "offset_time")
    )
    end = np.where(np.isnan(end), start + NEGATIVE_SECONDS, np.maximum(end, start))
    times = [np.rint(each * 1e6).astype(np.int64) for each in (start, end)]
    return np.stack([session[rows].astype(np.int64), *times], axis=1)


def _components(
    batch: pa.RecordBatch, session: np.ndarray, counts: np.ndarray, labels: Sequence[str], path
) -> HitColumns:
    """One hit for each component of the events of a batch that are of a session with a place."""
    components = batch["components"].flatten()
    coded = _encoded(components.field("label"))
    names = coded.dictionary.to_pylist()
    numbers = {label: n for n, label in enumerate(labels)}
    if odd := sorted(set(names) - set(labels)):
        raise ValueError(
            f"{path.name}: label {odd[0]!r} of the corpus is not in components.yaml; evaluate with "
            "the checkout that has built it"
        )
    label = np.array([numbers[name] for name in names], dtype=int)[coded.indices.to_numpy()]
    event = np.repeat(np.arange(len(session)), counts)
    is_here = session[event] >= 0
    velocity = components.field("velocity").to_numpy(zero_copy_only=False)
    onset = batch["onset_time"].to_numpy()
    event = event[is_here]
    return make_hits(
        session[event], label[is_here], onset[event], velocity[is_here], counts[event].clip(0, 255)
    )


def _encoded(column: pa.Array) -> pa.DictionaryArray:
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
