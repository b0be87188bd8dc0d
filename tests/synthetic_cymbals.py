"""Described hits of cymbals that are directions in the space of features, and a model of them."""

import numpy as np
import pyarrow as pa

from drumcorpus.schemas import CYMBAL_EMBEDDINGS, SESSIONS
from drumcorpus.stages.crash.cymbal_model import (
    HIT_FEATURES,
    NUMBER_FEATURES,
    CymbalModel,
    features_digest,
    fine_columns,
)
from drumcorpus.stages.crash.embeddings import ORDER_FEATURE, feature_names
from drumcorpus.stages.crash.strokes import QUALITY_FEATURES

NAMES = feature_names()
FINE = fine_columns()
LENGTH = 12.0  # of a fine structure, as of a firm stroke
OWN_SHARE = 0.85  # what a hit has of its cymbal; the rest is noise


def synthetic_model(**changes):
    """A model by hand: hits of one cymbal are alike by 0.7, those of two by 0."""
    n_bands = len(FINE)
    values = {
        "features": features_digest(),
        "covering": ("ride_bow",),
        "kits": ({"name": "by hand", "cymbals": 2, "sessions": 1, "hits": 2},),
        "variances": np.full(n_bands, 0.3 / n_bands),
        "correlations": np.ones(1),
        "directions": np.zeros((2, n_bands)),
        "quality": _weights(QUALITY_FEATURES, constant=1.0),
        "number": _weights(NUMBER_FEATURES, constant=8.0, likeness=-20.0),
        "hit_alone": _weights(HIT_FEATURES, log_margin=2.0),
        "hit_pooled": _weights(HIT_FEATURES, log_margin=2.0),
        "one_alone": 0.97,
        "least_fit": 0.4,
        "least_fit_of_group": 0.2,
        "both_at_once": 0.95,
    }
    return CymbalModel(**(values | changes))


def _weights(features, **given):
    assert given.keys() <= set(features)
    return np.array([given.get(name, 0.0) for name in features])


class Sounds:
    """Cymbals by name; a later one has a higher order key."""

    def __init__(self, seed=0):
        self.rng = np.random.default_rng(seed)
        self.cymbals = {}

    def embedding(self, name):
        """One stroke on a cymbal, (n_features,)."""
        if name not in self.cymbals:
            direction = self.rng.standard_normal(len(FINE))
            direction -= direction.mean()
            self.cymbals[name] = direction / np.linalg.norm(direction)
        noise = self.rng.standard_normal(len(FINE))
        noise /= np.linalg.norm(noise)
        vector = np.zeros(len(NAMES))
        pattern = OWN_SHARE * self.cymbals[name] + np.sqrt(1 - OWN_SHARE**2) * noise
        vector[FINE] = LENGTH * pattern
        pitch = 1000.0 + 200.0 * list(self.cymbals).index(name) + self.rng.uniform(-20, 20)
        vector[NAMES.index(ORDER_FEATURE)] = pitch
        return vector.tolist()

    def session(self, session_id, struck, *, numbers=None, gap_s=2.0):
        """Rows of CYMBAL_EMBEDDINGS: one hit of each cymbal named, in this order."""
        numbers = numbers or [None] * len(struck)
        return [
            hit(session_id, n, gap_s * n, embedding=self.embedding(name), cymbal=numbers[n])
            for n, name in enumerate(struck)
        ]


def hit(session_id, n, onset, **changes):
    """One row of CYMBAL_EMBEDDINGS."""
    return {
        "event_id": f"{session_id}/{n:03}",
        "session_id": session_id,
        "component_index": 0,
        "family": "crash",
        "label": "crash",
        "source_label": "49",
        "cymbal": None,
        "onset_time": onset,
        "velocity": None,
        "beside": [],
        "reason": None,
        "n_taken_out": 0,
        "embedding": None,
    } | changes


def embeddings_of(*sessions):
    """A table of the rows of sessions."""
    return pa.Table.from_pylist([row for rows in sessions for row in rows], CYMBAL_EMBEDDINGS)


def sessions_of(kits):
    """SESSIONS of (session_id, kit_id) pairs."""
    rows = [{"source_set": "set", "session_id": s, "kit_id": kit} for s, kit in kits.items()]
    return pa.Table.from_pylist(rows, SESSIONS)
