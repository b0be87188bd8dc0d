"""Kits whose cymbals the sources in use number, and the model that is learned from them."""

import logging
import os
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.schemas import CYMBAL_EMBEDDINGS
from drumcorpus.stages.crash.cymbal_maps import CymbalMap, apply_cymbal_map
from drumcorpus.stages.crash.cymbal_model import model_document, read_cymbal_model
from drumcorpus.stages.crash.described import embedding_matrix, strokes_of
from drumcorpus.stages.crash.settings import ModelSettings
from drumcorpus.stages.crash.training import KnownKit, train_cymbal_model
from drumcorpus.taxonomy import CymbalFamily

LEAST_HITS = 3  # of a cymbal; fewer say nothing of how strokes on it vary


def known_kits(
    embeddings: Iterable[pa.Table],
    sessions: pa.Table,
    families: Iterable[CymbalFamily],
    cymbal_maps: Sequence[CymbalMap],
) -> list[KnownKit]:
    """The hits whose cymbal is known, by kit.

    Parameters
    ----------
    embeddings : iterable of pa.Table
        CYMBAL_EMBEDDINGS schema; of each what is not known is let go before the next is read.
    sessions : pa.Table
        SESSIONS schema, of all these hits; sessions without `kit_id` are left out.
    families : iterable of CymbalFamily
        Those whose labels number their cymbals are taken: a number of another family says nothing
        of which of its labels was struck.
    cymbal_maps : sequence of CymbalMap
        Each overrides the source and the ones before it.
    """
    numbered = pa.array([family.name for family in families if family.is_numbered], pa.string())
    kit_of = dict(zip(*(sessions[n].to_pylist() for n in ("session_id", "kit_id")), strict=True))
    tables = [CYMBAL_EMBEDDINGS.empty_table()]
    for table in embeddings:
        here = sessions.filter(pc.is_in(sessions["session_id"], table["session_id"].unique()))
        for cymbal_map in cymbal_maps:
            table = apply_cymbal_map(table, here, cymbal_map)
        is_numbered = pc.is_in(table["family"], numbered)
        tables.append(table.filter(pc.and_(is_numbered, pc.is_valid(table["cymbal"]))))
    hits = pa.concat_tables(tables)
    rows_of: dict[str, list[int]] = {}
    session_ids, of_family = hits["session_id"].to_pylist(), hits["family"].to_pylist()
    for row, (session_id, family) in enumerate(zip(session_ids, of_family, strict=True)):
        if kit_of.get(session_id) is not None:
            rows_of.setdefault(f"{kit_of[session_id]} {family}", []).append(row)
    kits = [
        _known_kit(name, hits.take(pa.array(sorted(rows, key=session_ids.__getitem__))))
        for name, rows in sorted(rows_of.items())
    ]
    return [kit for kit in kits if len(kit.cymbals)]


def choose_model(
    kits: Sequence[KnownKit], shipped: str | os.PathLike, settings: Mapping
) -> tuple[dict, dict[str, int]]:
    """A model trained from kits in use, or the one that is shipped where these are too few.

    Parameters
    ----------
    kits : sequence of KnownKit
        Of `known_kits`.
    shipped : path
    settings : mapping
        The section ``crash.model`` of the configuration.

    Returns
    -------
    model : dict
        Of `cymbal_model.model_document`.
    counters : dict of str to int
        Whether it was trained, the kits and cymbals in use, and those of the model.

    Raises
    ------
    ValueError
        If the model that is shipped is none, or is of another feature set.
    """
    least = read_settings(ModelSettings, settings)
    several = [kit for kit in kits if len(np.unique(kit.cymbals)) > 1]
    n_cymbals = sum(len(np.unique(kit.cymbals)) for kit in several)
    is_enough = len(several) >= least.min_kits and n_cymbals >= least.min_cymbals
    logging.info(
        "%d kits with two known cymbals or more are in use, %d cymbals; wanted: %d and %d (config: "
        "crash.model). %s",
        len(several),
        n_cymbals,
        least.min_kits,
        least.min_cymbals,
        "A model is trained from them." if is_enough else "The model that is shipped is taken.",
    )
    model = read_cymbal_model(shipped)
    if is_enough:
        model = train_cymbal_model(several, model.covering)
    return model_document(model), {
        "trained": int(is_enough),
        "known_kits": len(several),
        "known_cymbals": n_cymbals,
        "kits_of_model": len(model.kits),
        "cymbals_of_model": sum(kit["cymbals"] for kit in model.kits),
    }


def _known_kit(name: str, hits: pa.Table) -> KnownKit:
    """The hits of one kit and family, without cymbals that were hardly struck.

    Hits without a description stay: they tell when the strokes around them came.
    """
    cymbals = hits["cymbal"].to_numpy().astype(int)
    is_described = hits["embedding"].is_valid().to_numpy()
    numbers, counts = np.unique(cymbals[is_described], return_counts=True)
    rows = np.flatnonzero(np.isin(cymbals, numbers[counts >= LEAST_HITS]))
    hits, cymbals = hits.take(pa.array(rows)), cymbals[rows]
    _, sessions = np.unique(hits["session_id"].to_pylist(), return_inverse=True)
    onsets = hits["onset_time"].to_numpy()
    beside = [labels or () for labels in hits["beside"].to_pylist()]
    velocities = hits["velocity"].to_numpy()
    strokes = strokes_of(embedding_matrix(hits), onsets, sessions, beside, velocities)
    return KnownKit(name, strokes, cymbals)
