"""The reference: the hits of one split of a built corpus, and its sessions."""

import os
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.plain_files import require_plain_file
from drumcorpus.ground.files.tables import count_values, iter_batches, read_table, release_unused
from drumcorpus.ground.predictions.class_maps import NO_CLASS, ClassMap
from drumcorpus.ground.predictions.hit_columns import HitBuffer, HitColumns, join_hits, make_hits
from drumcorpus.ground.run.lineage import place_of
from drumcorpus.ground.run.sidecars import read_output
from drumcorpus.schemas import EVENTS
from drumcorpus.vocabulary import MODEL

# What is read of every event, leaves of its components included.
_COLUMNS = (
    *("session_id", "onset_time", "offset_time", "negative_example"),
    *("style", "is_synthetic", "drummer_id", "kit_id", "label_method"),
)
# Seconds that a negative example lasts where it does not say its end.
NEGATIVE_SECONDS = 1.0
_LEAVES = ("components.list.element.label", "components.list.element.velocity")
_BLOCK = 1_000_000  # hits that are numbered at a time
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
    """Hits, and sessions; `not_scored` are sessions without any hit.

    Hits by class are in order of session, those by label in that of the corpus. Nobody knows
    whether a session without a hit is silent or lacks its annotation. `elsewhere` is the split of
    every other session of the corpus, or ``left out``. `negatives`, shape (n, 3), has session,
    start and end in µs of the stretches that negative examples stand for: nothing is struck there.
    `by_model` counts by source set the events whose labels a model made.
    `n_outside` counts hits without a class. Where labels are unknown, `unknown` are their hits, by
    label, and `is_unknown` says which of `hits` are of them; else both are None.
    """

    sessions: Sessions
    hits: HitColumns
    not_scored: list[str]
    elsewhere: dict[str, str]
    negatives: np.ndarray = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))
    by_model: dict[str, int] = field(default_factory=dict)
    n_outside: int = 0
    unknown: HitColumns | None = None
    is_unknown: np.ndarray | None = None


def open_corpus(manifest: str | os.PathLike) -> Corpus:
    """Find a corpus by its manifest, a Parquet table that stands beside its run manifest.

    Raises
    ------
    FileNotFoundError
        If it, its run manifest or its table of splits is not there.
    ValueError
        If one of the two tables is not what the run manifests say.
    """
    folder, path, record, splits = _located(manifest)
    for row in (record, splits):
        sha256 = sha256_file(folder / row["path"])
        if sha256 != row["sha256"]:
            raise ValueError(
                f"{visible(row['path'])}: is not what the run manifest of the corpus says (sha256 "
                f"{row['sha256'][:12]}… recorded, {sha256[:12]}… found); make the corpus again"
            )
    return Corpus(folder, path, record["sha256"], splits["path"], splits["sha256"])


def tables_of_corpus(manifest: str | os.PathLike) -> list[Path]:
    """The two tables that `open_corpus` reads: the manifest, and its splits.

    Raises
    ------
    FileNotFoundError, ValueError
        If one is not there, or a run manifest is not as it must be.
    """
    folder, path, _, splits = _located(manifest)
    tables = [folder / path, folder / splits["path"]]
    for table in tables:
        require_plain_file(table)
    return tables


def _located(manifest: str | os.PathLike) -> tuple[Path, str, dict, dict]:
    """The folder of a corpus, the path of its manifest there, and the records of both tables."""
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
    return Path(folder), path, record, stated[0]


def read_reference(
    corpus: Corpus,
    split: str,
    labels: Sequence[str],
    class_map: ClassMap | None,
    unknown: frozenset[int] | None = None,
    *,
    sessions: Collection[str] | None = None,
) -> Reference:
    """The sessions and hits of one split.

    Parameters
    ----------
    split : str
        One of `vocabulary.SPLITS`; in messages, if `sessions` are given.
    labels : sequence of str
        Of the taxonomy; a hit's label is its place there.
    class_map : ClassMap or None
        Of these labels: hits then are by class, and those without one are counted and left out.
    unknown : frozenset of int, optional
        Labels that no system is asked for.
    sessions : collection of str, optional
        Ids of the sessions, whatever split they are of.

    Raises
    ------
    ValueError
        If no session of that split has a hit, two source sets have the id of one, or a label of the
        corpus is not in the taxonomy.
    """
    rows = read_table(corpus.folder / corpus.splits, [*_NAMES, "split", "included"]).to_pylist()
    in_split = [
        row
        for row in rows
        if row["included"]
        and (row["split"] == split if sessions is None else row["session_id"] in sessions)
    ]
    _check_ids(rows, in_split, corpus.splits)
    in_split.sort(key=lambda row: (row["source_set"], row["session_id"]))
    elsewhere = {row["session_id"]: row["split"] if row["included"] else "left out" for row in rows}
    places = {row["session_id"]: n for n, row in enumerate(in_split)}
    n_most = count_values(corpus.folder / corpus.manifest, _LEAVES[0])
    gathered = _Gathered(class_map, unknown, n_most)
    seen, negatives, of_model = _read_hits(
        corpus.folder / corpus.manifest, places, labels, gathered
    )
    if not seen:
        counts = ", ".join(sorted(set(elsewhere.values()))) or "none"
        raise ValueError(
            f"{corpus.manifest}: split {split}: no session there has a hit; its splits: {counts}"
        )
    kept = [n for n, row in enumerate(in_split) if row["session_id"] in seen]
    number = np.full(len(in_split), -1, dtype=np.int32)
    number[kept] = np.arange(len(kept))
    described = Sessions(
        *([in_split[n][name] for n in kept] for name in _NAMES),
        {name: [seen[in_split[n]["session_id"]][name] for n in kept] for name in ATTRIBUTES},
    )
    not_scored = [row["session_id"] for row in in_split if row["session_id"] not in seen]
    negatives[:, 0] = number[negatives[:, 0]]
    by_model: Counter[str] = Counter()
    for row in in_split:
        by_model[row["source_set"]] += of_model[row["session_id"]]
    by_model = dict(sorted((+by_model).items()))
    return Reference(
        described,
        not_scored=not_scored,
        elsewhere=elsewhere,
        negatives=negatives,
        by_model=by_model,
        **gathered.joined(number),
    )


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


def _check_ids(rows: list[dict], in_split: list[dict], shown: str) -> None:
    """Refuse a session of the split whose id another set has: predictions say the id alone."""
    ids = {row["session_id"] for row in in_split}
    sets: dict[str, list[str]] = {}
    for row in rows:
        if row["session_id"] in ids:
            sets.setdefault(row["session_id"], []).append(row["source_set"])
    for name, each in sets.items():
        if len(each) > 1:
            raise ValueError(
                f"{shown}: session {name!r} is of {' and of '.join(each)}"
                "; predictions name a session by its id alone: evaluate a corpus of one of them"
            )


class _Gathered:
    """Hits as they are read, batch by batch; those without a class go no further."""

    def __init__(self, class_map: ClassMap | None, unknown: frozenset[int] | None, n_most: int):
        self._numbers = None
        if class_map is not None:
            self._numbers = np.array(list(class_map.of.values()) or [NO_CLASS], dtype=np.int16)
        self._unknown = unknown
        self._hits, self._of_unknown = HitBuffer(n_most), []
        self._marks = np.empty(n_most, dtype=bool)
        self._n = 0
        self.n_outside = 0

    def add(self, hits: HitColumns) -> None:
        if self._numbers is None:
            self._hits.add(hits)
            return
        label = self._numbers[hits.label]
        is_in = label != NO_CLASS
        self.n_outside += int((~is_in).sum())
        kept = replace(hits, label=label).take(is_in)
        self._hits.add(kept)
        if self._unknown is not None:
            is_unknown = np.isin(hits.label, sorted(self._unknown))
            self._of_unknown.append(hits.take(is_unknown))
            self._marks[self._n : self._n + len(kept)] = is_unknown[is_in]
            self._n += len(kept)

    def joined(self, number: np.ndarray) -> dict:
        """What a `Reference` has of them, each session with its number at its place there."""
        hits = self._hits.hits()
        if self._numbers is None:
            return {"hits": replace(hits, session=number[hits.session])}
        hits, order = _in_order(hits, number)
        if self._unknown is None:
            return {"hits": hits, "n_outside": self.n_outside}
        return {
            "hits": hits,
            "n_outside": self.n_outside,
            "unknown": _in_order(join_hits(self._of_unknown), number)[0],
            "is_unknown": self._marks[: self._n][order],
        }


def _in_order(hits: HitColumns, number: np.ndarray) -> tuple[HitColumns, np.ndarray | slice]:
    """Hits by the numbers of their sessions, in order of these, and how they were put in order."""
    for first in range(0, len(hits), _BLOCK):  # in place: no second column of them
        rows = slice(first, first + _BLOCK)
        hits.session[rows] = number[hits.session[rows]]
    if not (hits.session[1:] < hits.session[:-1]).any():
        return hits, slice(None)
    order = np.argsort(hits.session, kind="stable")
    return hits.take(order), order


def _read_hits(
    path: Path, places: dict[str, int], labels: Sequence[str], gathered: _Gathered
) -> tuple[dict[str, dict], np.ndarray, Counter[str]]:
    """Gather hits of the sessions at `places`; by session what its first event says, and negatives.

    Last, by session the events whose labels a model made.
    """
    seen, negatives = {}, [np.zeros((0, 3), dtype=np.int64)]
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
        gathered.add(_components(batch, session, counts, labels, path))
    release_unused()
    return seen, np.concatenate(negatives), of_model


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
