"""The model of the training check: for each class, boosted trees say whether it is struck.

Given equal input, settings and version of scikit-learn it is the same to the bit, whatever the
number of threads that it is given: one is taken. Several would wait for one another where a machine
has other work, for many times as long as they work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

# Events with a class, and without it, below which nothing is learned of it.
LEAST_EXAMPLES = 5
# Values of a feature that splits choose among.
STEPS = 64


@dataclass(frozen=True)
class TreeSettings:
    """The trees of one class: `iterations` of `leaves`, splits among a share of the features."""

    SECTION: ClassVar[str] = "train_check.trees"
    iterations: int
    leaves: int
    learning_rate: float
    feature_share: float


def fit_probe(
    features: np.ndarray,
    truth: np.ndarray,
    weights: np.ndarray | None,
    *,
    seed: int,
    settings: TreeSettings,
) -> list[HistGradientBoostingClassifier | None]:
    """One model for each class.

    Parameters
    ----------
    features : np.ndarray, shape (n_events, n_features)
        NaN where not known.
    truth : np.ndarray, shape (n_events, n_classes), bool
    weights : np.ndarray, shape (n_events,), optional
        Of the events, above 0.
    seed : int
        Decides which features each split chooses among.

    Returns
    -------
    list
        None for a class that too few events have, or too few lack.
    """
    features = _in_steps(features)
    models = []
    for column in truth.T:
        if min(column.sum(), (~column).sum()) < LEAST_EXAMPLES:
            models.append(None)
            continue
        model = HistGradientBoostingClassifier(
            max_iter=settings.iterations,
            max_leaf_nodes=settings.leaves,
            learning_rate=settings.learning_rate,
            max_features=settings.feature_share,
            early_stopping=False,
            random_state=seed,
        )
        with threadpool_limits(1):
            models.append(model.fit(features, column, sample_weight=weights))
    return models


def _in_steps(features: np.ndarray) -> np.ndarray:
    """The same with each value lowered to one of `STEPS` quantiles of its feature; NaN stays.

    Done once for all classes: scikit-learn looks for weighted quantiles of every feature for every
    class anew, which takes ten times as long as the trees. With this few values it looks for none.
    What is known of no event says nothing, and scikit-learn cannot divide it: it is 0.
    """
    stepped = np.zeros(features.shape, np.float32)
    for number, column in enumerate(features.T):
        is_known = ~np.isnan(column)
        if not is_known.any():
            continue
        ends = np.unique(np.quantile(column[is_known], np.arange(STEPS) / STEPS, method="lower"))
        places = np.searchsorted(ends, column[is_known], side="right") - 1
        stepped[is_known, number] = ends[places]
        stepped[~is_known, number] = np.nan
    return stepped


def score_events(
    models: Sequence[HistGradientBoostingClassifier | None], features: np.ndarray
) -> np.ndarray:
    """What the models say of events: shape (n_events, n_classes), 0 to 1; 0 without a model.

    Scores have six decimals, so that what differs in the last bit alone is equal.
    """
    scores = np.zeros((len(features), len(models)))
    with threadpool_limits(1):
        for place, model in enumerate(models):
            if model is not None and len(features):
                scores[:, place] = model.predict_proba(features)[:, 1]
    return np.round(scores, 6)
