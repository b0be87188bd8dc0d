"""The hits of a split, session by session, with how they were played."""

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.tables import iter_batches
from drumcorpus.ground.predictions.hit_columns import HitColumns, session_ends
from drumcorpus.stages.evaluation.boundary_tags import SessionHits
from drumcorpus.stages.evaluation.reference import Corpus, Reference

_COLUMNS = ("session_id", "negative_example", "techniques.list.element")


def read_techniques(
    corpus: Corpus, reference: Reference, names: Collection[str]
) -> dict[str, np.ndarray]:
    """Which hits of the reference were played so, by name of the technique.

    Parameters
    ----------
    reference : Reference
        As of `reference.read_reference`, with its hits as they were read.

    Returns
    -------
    dict of np.ndarray, shape (n_hits,), bool
        A technique stands on an event, and so on each of its hits.
    """
    places = {name: n for n, name in enumerate(reference.sessions.ids)}
    parts: dict[str, list[np.ndarray]] = {name: [] for name in names}
    path = corpus.folder / corpus.manifest
    for batch in iter_batches(path, [*_COLUMNS, "components.list.element.label"], ["session_id"]):
        for name, is_so in _of_batch(batch, places, names).items():
            parts[name].append(is_so)
    return {name: np.concatenate([np.zeros(0, bool), *each]) for name, each in parts.items()}


def _of_batch(
    batch: pa.RecordBatch, places: dict[str, int], names: Collection[str]
) -> dict[str, np.ndarray]:
    ids = batch["session_id"]
    ids = ids if pa.types.is_dictionary(ids.type) else ids.dictionary_encode()
    is_place = np.array([name in places for name in ids.dictionary.to_pylist()], dtype=bool)
    is_here = is_place[ids.indices.to_numpy()]
    is_here &= ~batch["negative_example"].fill_null(False).to_numpy(zero_copy_only=False)
    n_hits = np.where(is_here, np.diff(batch["components"].offsets.to_numpy()), 0)
    parents = pc.list_parent_indices(batch["techniques"]).to_numpy()
    words = pc.list_flatten(batch["techniques"])
    played = {}
    for name in names:
        is_so = np.zeros(batch.num_rows, dtype=bool)
        is_so[parents[pc.equal(words, name).fill_null(False).to_numpy(zero_copy_only=False)]] = True
        played[name] = np.repeat(is_so, n_hits)
    return played


def iter_sessions(
    reference: Reference,
    techniques: dict[str, np.ndarray],
    seconds: Sequence[float | None],
) -> Iterator[SessionHits]:
    """The hits of every session of the reference, in its order.

    Parameters
    ----------
    techniques : dict
        As of `read_techniques`.
    seconds : sequence
        Length of the recording of each session; None where nobody knows.
    """
    hits: HitColumns = reference.hits
    order = np.lexsort((hits.label, hits.onset, hits.session))
    hits = hits.take(order).long_times()
    techniques = {name: is_so[order] for name, is_so in techniques.items()}
    ends = session_ends(hits, len(reference.sessions))
    for number, length in enumerate(seconds):
        rows = slice(ends[number], ends[number + 1])
        of_session = reference.negatives[reference.negatives[:, 0] == number, 1:]
        yield SessionHits(
            hits.onset[rows],
            hits.label[rows],
            hits.velocity[rows],
            {name: is_so[rows] for name, is_so in techniques.items()},
            tuple((int(start), int(end)) for start, end in of_session),
            None if length is None else round(length * 1e6),
        )
