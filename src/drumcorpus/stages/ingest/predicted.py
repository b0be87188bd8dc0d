"""Predictions of a model as the strokes of sessions that have no labels of their own."""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.tables import iter_batches
from drumcorpus.ground.predictions.meanings import read_meanings
from drumcorpus.schemas import PREDICTED_HITS
from drumcorpus.vocabulary import MODEL


def labels_of_model(
    declared: Mapping,
    predicted: str,
    sessions: pa.Table,
    terms: Mapping,
    *,
    model: str,
    version: str,
) -> tuple[dict, Callable[..., dict]]:
    """What `ingest.ingest_sessions` takes where a model has labelled the sessions of a shard.

    Parameters
    ----------
    declared : mapping
        As of `declarations.read_declarations`.
    predicted : path
        A table of the schema PREDICTED_HITS, by session and onset.
    sessions : pa.Table
        Schema SESSIONS: those of the shard; the ones that have predictions name the label map.
    terms : mapping
        Of `meanings.read_meanings`: what the words or notes of the predictions mean.
    model, version : str
        Of what has made them; they enter the history of every event.

    Returns
    -------
    declared : dict
        The same, of labels that a model made.
    read_hits : callable
        Reads the strokes of one session: the `score` of a prediction is the confidence of its
        label, and unknown where it has none.
    """
    ids = pa.array(sessions["session_id"].to_pylist(), pa.string())
    parts = [PREDICTED_HITS.empty_table()]
    for batch in iter_batches(predicted, PREDICTED_HITS.names):
        table = pa.Table.from_batches([batch]).cast(PREDICTED_HITS)
        parts.append(table.filter(pc.is_in(table["session_id"], ids)))
    hits = pa.concat_tables(parts).combine_chunks()

    def read_hits(session: Mapping, *others) -> dict:
        own = hits.filter(pc.equal(hits["session_id"], session["session_id"]))
        return _columns(own, f"{model} {version}")

    label_map = read_meanings(**terms).label_map
    changed = {"label_maps": {label_map.name: label_map}, "label_method": MODEL}
    return {**declared, **changed}, read_hits


def _columns(hits: pa.Table, model: str) -> dict[str, np.ndarray]:
    """The predictions of a session by the names that `ingest_sessions` knows."""
    columns = {
        "source_label": np.array(hits["source_label"].to_pylist(), dtype=str),
        "onset": hits["onset_time"].to_numpy(),
        "velocity": hits["velocity"].to_numpy(),
        "confidence": hits["score"].to_numpy(),
        "remark": np.full(len(hits), model),
    }
    if hits["audio_path"].null_count < len(hits):
        columns["audio_path"] = np.array(hits["audio_path"].fill_null("").to_pylist(), dtype=str)
    return columns
