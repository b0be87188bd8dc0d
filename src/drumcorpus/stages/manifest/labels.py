"""Labels of components: every spelling settled, and where a component stands in its table."""

import numpy as np
import pyarrow as pa

from drumcorpus.taxonomy import Taxonomy


def class_ids(labels: pa.Array, taxonomy: Taxonomy) -> np.ndarray:
    """Class id of each label, in whatever spelling.

    Parameters
    ----------
    labels : pa.Array of string, shape (n_components,)
    taxonomy : Taxonomy

    Returns
    -------
    ids : np.ndarray, shape (n_components,), int
        Places in `taxonomy.labels`.

    Raises
    ------
    ValueError
        If a label is neither the taxonomy's nor one of its aliases.
    """
    encoded = labels.dictionary_encode(null_encoding="encode")
    names = [_settle(label, taxonomy) for label in encoded.dictionary.to_pylist()]
    ids = np.array([taxonomy.labels.index(name) for name in names], dtype=np.int64)
    return ids[encoded.indices.to_numpy()]


def _settle(label: str, taxonomy: Taxonomy) -> str:
    if label in taxonomy.families:
        return label
    if label in taxonomy.aliases:
        return taxonomy.aliases[label]
    raise ValueError(
        f"label {label!r} is neither in components.yaml nor an alias there; add it, or correct "
        f"the note map that writes it"
    )


def component_offsets(components: pa.ListArray) -> np.ndarray:
    """Where each event's components begin in `components.flatten()`, shape (n_events + 1,)."""
    return components.offsets.to_numpy() - components.offsets[0].as_py()


def owners(offsets: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The row of the event that each component belongs to, by the `component_offsets`."""
    return np.searchsorted(offsets, rows, side="right") - 1
