"""What strokes on one cymbal look like, learned from kits whose cymbals are known.

A model is a small JSON file of numbers. `within` is the covariance of patterns on one cymbal: a
variance for each band, a correlation for each distance of two bands, and two directions in which
strokes vary beyond that, with their strength and with what still rings. The weights are of
logistic regressions and say what a hit's description is worth (`quality`), when two groups are two
cymbals (`number`) and how likely a hit has the right name (`hit_alone`, `hit_pooled`).
"""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.linalg import toeplitz

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.json_files import canonical_json, read_json_by_people
from drumcorpus.stages.crash.companions import N_DIRECTIONS
from drumcorpus.stages.crash.embeddings import FINE_GROUP, feature_names
from drumcorpus.stages.crash.strokes import QUALITY_FEATURES

SCHEMA = "cymbal_model/3"
DIRECTIONS = ("strength", "ring")
NUMBER_FEATURES = (
    *("constant", "likeness", "log_n_hits", "log_reliability", "log_share"),
    "likeness_by_log_reliability",
    "covered_apart",
)
HIT_FEATURES = (
    "constant",
    "log_margin",
    "place",
    "log_margin_of_group",
    "place_of_group",
    "log_reliability",
    "ring_of_own",
    "last_within_0.3_s",
    "last_within_0.6_s",
    "last_is_other_within_0.3_s",
    "last_is_other_within_0.6_s",
    "place_within_0.3_s",
    "place_within_0.6_s",
    "log_margin_within_0.6_s",
    "ring_of_own_within_0.3_s",
    "ring_of_own_within_0.6_s",
    "ring_of_own_by_place",
    "log_reliability_within_0.6_s",
    "log_n_hits",
    "softer_than_last_within_0.3_s",
    "softer_than_last_within_0.6_s",
)
LEAST_CYMBALS = 2
LEAST_VARIANCE = 1e-6  # share of the mean variance below which a covariance counts as singular
DIGITS = 6  # significant, of every number in the file
MOST_BYTES = 2_000_000  # of a file: ten times what one takes


def fine_columns() -> list[int]:
    """Columns of an embedding that hold the fine structure."""
    return [n for n, name in enumerate(feature_names()) if name.startswith(FINE_GROUP)]


def features_digest() -> str:
    """Names what a model describes, as 16 hex digits.

    Of the names of the fine structure, and of how many directions are taken out of it where another
    cymbal reaches a hit.
    """
    names = feature_names()
    described = [[names[column] for column in fine_columns()], N_DIRECTIONS]
    return sha256_bytes(canonical_json(described))[:16]


@dataclass(frozen=True)
class CymbalModel:
    """Numbers learned from known cymbals; arrays are float64."""

    features: str
    covering: tuple[str, ...]  # labels of other families whose strokes cover one at once with them
    kits: tuple[Mapping, ...]  # name, cymbals, sessions, hits of each that it was learned from
    variances: np.ndarray  # (n_bands,) within a cymbal, of patterns of length 1
    correlations: np.ndarray  # (n_lags,) of two bands by their distance, the first is 1
    directions: np.ndarray  # (len(DIRECTIONS), n_bands) times their standard deviation
    quality: np.ndarray  # (len(QUALITY_FEATURES),)
    number: np.ndarray  # (len(NUMBER_FEATURES),)
    hit_alone: np.ndarray  # (len(HIT_FEATURES),) of sessions told apart each for itself
    hit_pooled: np.ndarray  # (len(HIT_FEATURES),) of kits of several sessions
    one_alone: float  # chance of one cymbal where no second group is in sight
    least_fit: float  # likeness to its kit's cymbals below which a session is of another kit
    least_fit_of_group: float  # the same of hits of a session that sound alike
    both_at_once: float  # chance that hits at once are of two cymbals

    @cached_property
    def within(self) -> np.ndarray:
        """The covariance within a cymbal, (n_bands, n_bands)."""
        row = np.zeros(len(self.variances))
        row[: len(self.correlations)] = self.correlations
        spread = np.sqrt(self.variances)
        return toeplitz(row) * np.outer(spread, spread) + self.directions.T @ self.directions


def model_document(model: CymbalModel) -> dict:
    """The model as JSON; `read_cymbal_model` reads it back."""
    return {
        "schema": SCHEMA,
        "features": model.features,
        "covering": list(model.covering),
        "kits": [dict(kit) for kit in model.kits],
        "within": {
            "variances": _rounded(model.variances),
            "correlations": _rounded(model.correlations),
            "directions": dict(zip(DIRECTIONS, map(_rounded, model.directions), strict=True)),
        },
        "weights": {
            name: dict(zip(features, _rounded(getattr(model, name)), strict=True))
            for name, features in _WEIGHTS.items()
        },
        "chances": {name: _rounded([getattr(model, name)])[0] for name in _CHANCES},
    }


_WEIGHTS = {
    "quality": QUALITY_FEATURES,
    "number": NUMBER_FEATURES,
    "hit_alone": HIT_FEATURES,
    "hit_pooled": HIT_FEATURES,
}
_CHANCES = ("one_alone", "least_fit", "least_fit_of_group", "both_at_once")


def read_cymbal_model(path: str | os.PathLike) -> CymbalModel:
    """Read a model of `model_document`.

    Raises
    ------
    ValueError
        If the file is no such model, is of another feature set, was learned from fewer than two
        cymbals, has a number that is not finite or a covariance that is singular; the message names
        the file, what it has and what to do.
    """
    try:
        if Path(path).stat().st_size > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES:,} bytes")
        document = read_json_by_people(path)
        if document["schema"] != SCHEMA:
            raise ValueError(f"schema: got {document['schema']!r}, wanted {SCHEMA!r}")
        model = _model(document)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: no cymbal model: {_named(error)}. {_REMAKE}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: no cymbal model: {error}. {_REMAKE}") from error
    try:
        check_model(model)
    except ValueError as error:
        raise ValueError(f"{path}: {error}. {_REMAKE}") from error
    return model


_REMAKE = "Take the one in resources/crash, or train one anew (docs/crash.md)"


def check_model(model: CymbalModel) -> None:
    """Refuse what would make labels out of nothing.

    Raises
    ------
    ValueError
        As `read_cymbal_model`, without the file's name.
    """
    n_bands = len(fine_columns())
    if model.features != features_digest() or len(model.variances) != n_bands:
        raise ValueError(
            f"the model is of another feature set ({model.features}, {len(model.variances)} bands; "
            f"wanted {features_digest()}, {n_bands} bands)"
        )
    n_cymbals = sum(kit["cymbals"] for kit in model.kits)
    if n_cymbals < LEAST_CYMBALS:
        raise ValueError(
            f"the model was learned from {n_cymbals} cymbals; what tells two apart needs "
            f"{LEAST_CYMBALS} or more"
        )
    numbers = [model.variances, model.correlations, model.directions]
    numbers += [getattr(model, name) for name in (*_WEIGHTS, *_CHANCES)]
    if not all(np.isfinite(each).all() for each in numbers):
        raise ValueError("the model holds a number that is not finite")
    if (model.variances <= 0).any() or len(model.correlations) > n_bands:
        raise ValueError(
            "the model's covariance within a cymbal is singular: a variance is not > 0"
        )
    least, mean = np.linalg.eigvalsh(model.within)[0], model.variances.mean()
    if least < LEAST_VARIANCE * mean:
        raise ValueError(
            f"the model's covariance within a cymbal is singular: least variance {least:.1e}, "
            f"wanted {LEAST_VARIANCE * mean:.1e} or more"
        )
    if not (0 < model.one_alone <= 1 and 0 <= model.both_at_once <= 1):
        raise ValueError("the model's chances must lie between 0 and 1")


def _model(document: Mapping) -> CymbalModel:
    within, weights, chances = (document[name] for name in ("within", "weights", "chances"))
    directions = np.array([_numbers(within["directions"][name]) for name in DIRECTIONS])
    kits = tuple(document["kits"])
    for kit in kits:
        if not isinstance(kit["name"], str) or not isinstance(kit["cymbals"], int):
            raise ValueError(f"kits: got {kit!r}, wanted name and cymbals")
    if directions.shape[1:] != (len(within["variances"]),):
        raise ValueError("within: directions and variances have not the same length")
    covering = document["covering"]
    if not isinstance(covering, list) or not all(isinstance(name, str) for name in covering):
        raise ValueError(f"covering: got {covering!r}, wanted a list of labels")
    return CymbalModel(
        features=document["features"],
        covering=tuple(covering),
        kits=kits,
        variances=_numbers(within["variances"]),
        correlations=_numbers(within["correlations"]),
        directions=directions,
        **{
            name: _numbers([weights[name][feature] for feature in features])
            for name, features in _WEIGHTS.items()
        },
        **{name: float(_numbers([chances[name]])[0]) for name in _CHANCES},
    )


def _numbers(values) -> np.ndarray:
    if not isinstance(values, list) or not all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in values
    ):
        raise ValueError("wanted lists of numbers")
    return np.array(values, dtype=np.float64)


def _named(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _rounded(values) -> list[float]:
    """To `DIGITS` significant digits: the last ones hang on the order of summation."""
    return [
        0.0 if value == 0 else round(float(value), DIGITS - 1 - math.floor(math.log10(abs(value))))
        for value in values
    ]
