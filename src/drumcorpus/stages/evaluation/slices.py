"""Scores of parts of the sessions: by set, kit, drummer, style, and whether they are synthetic."""

from collections.abc import Sequence

import numpy as np

from drumcorpus.ground.statistics.scores import f_measure, mean_over, pooled
from drumcorpus.stages.evaluation.reference import Sessions
from drumcorpus.vocabulary import NO_VALUE

# Of a slice by its name, the attribute of the sessions that it is made by.
SLICES = {"kit": "kit_id", "drummer": "drummer_id", "style": "style", "synthetic": "is_synthetic"}


def session_slices(table: np.ndarray, sessions: Sessions, classes: Sequence[str]) -> dict:
    """Scores of every value of every slice, the worst first.

    The mean over kits is not given: it depends on which kits there happen to be.

    Parameters
    ----------
    table : np.ndarray, shape (n_sessions, n_classes, 3), int
        TP, FP, FN.
    """
    values = {name: sessions.attributes[key] for name, key in SLICES.items()}
    return {
        name: _slice(table, [_shown(value) for value in column], sessions, classes)
        for name, column in {"set": sessions.source_sets, **values}.items()
    }


def _shown(value: str | bool | None) -> str:
    if value is None:
        return NO_VALUE
    return value if isinstance(value, str) else ("yes" if value else "no")


def _slice(
    table: np.ndarray, values: list[str], sessions: Sessions, classes: Sequence[str]
) -> list[dict]:
    names, number = np.unique(np.array(values), return_inverse=True)
    sums = np.zeros((len(names), *table.shape[1:]), dtype=np.int64)
    np.add.at(sums, number, table)
    families = np.array(sessions.families)
    rows = []
    for n, name in enumerate(names.tolist()):
        scores = f_measure(sums[n])
        rows.append(
            {
                "name": name,
                "sessions": int((number == n).sum()),
                "groups": len(set(families[number == n].tolist())),
                "micro": pooled(sums[n].sum(axis=0)),
                "macro": mean_over(scores),
                "classes": dict(zip(classes, scores.tolist(), strict=True)),
            }
        )
    rows.sort(key=lambda row: (row["micro"]["f"] is None, row["micro"]["f"] or 0, row["name"]))
    return rows
