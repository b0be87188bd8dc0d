"""The described hits of a shard or of a kit as arrays."""

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa

from drumcorpus.stages.crash.embeddings import FINE_GROUP, ORDER_FEATURE, feature_names
from drumcorpus.stages.crash.strokes import Strokes

LEVEL_FEATURE = "shape_level_db"
_NAMES = feature_names()
_FINE = [column for column, name in enumerate(_NAMES) if name.startswith(FINE_GROUP)]


def embedding_matrix(embeddings: pa.Table) -> np.ndarray:
    """The column `embedding`, (n_hits, n_features) float32; rows of NaN where it is null.

    Raises
    ------
    ValueError
        If a hit is described by another number of features.
    """
    matrix = np.full((embeddings.num_rows, len(_NAMES)), np.nan, dtype=np.float32)
    first = 0
    for chunk in embeddings["embedding"].chunks:
        rows = first + np.flatnonzero(chunk.is_valid().to_numpy(zero_copy_only=False))
        values = chunk.drop_null().flatten().to_numpy()
        if len(values) != len(rows) * len(_NAMES):
            raise ValueError(
                f"{len(rows)} hits are described by {len(values)} numbers; wanted {len(_NAMES)}"
            )
        matrix[rows] = values.reshape(len(rows), len(_NAMES))
        first += len(chunk)
    return matrix


def strokes_of(
    matrix: np.ndarray,
    onsets: np.ndarray,
    sessions: np.ndarray,
    beside: Sequence[Collection[str]],
    velocities: np.ndarray,
) -> Strokes:
    """What a mixture looks at.

    Parameters
    ----------
    matrix : np.ndarray, shape (n_hits, n_features)
        Of `embedding_matrix`.
    onsets : np.ndarray, shape (n_hits,)
        Seconds; rising within a session.
    sessions : np.ndarray, shape (n_hits,), int
        In rising order.
    beside : sequence of collection of str, length n_hits
    velocities : np.ndarray, shape (n_hits,)
        0 to 1; NaN where there is none.
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    return Strokes(
        vectors=matrix[:, _FINE],
        onsets=np.asarray(onsets, dtype=np.float64),
        sessions=np.asarray(sessions),
        levels_db=matrix[:, _NAMES.index(LEVEL_FEATURE)],
        order_keys=matrix[:, _NAMES.index(ORDER_FEATURE)],
        beside=beside,
        velocities=np.asarray(velocities, dtype=np.float64),
    )
