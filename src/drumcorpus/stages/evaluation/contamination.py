"""Which groups of the split a system has met in training, by what it says it was trained on."""

from collections.abc import Iterable, Sequence

import numpy as np

from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.predictions.statement import Statement
from drumcorpus.ground.statistics.scores import f_measure, mean_over, pooled
from drumcorpus.schemas import SPLITS
from drumcorpus.stages.evaluation.reference import Corpus, Sessions
from drumcorpus.vocabulary import SPLITS as SPLIT_NAMES

# What a system learns from: all splits but the one that is kept for the end.
_LEARNED = SPLIT_NAMES[:-1]


def met_in_training(sessions: Sessions, corpora: Iterable[Corpus]) -> np.ndarray:
    """Which sessions are of a family of which one was trained on, shape (n_sessions,), bool.

    A session counts as trained on where it, or its group, is in training or validation of one of
    the corpora.
    """
    seen: set[tuple] = set()
    for corpus in corpora:
        rows = read_table(corpus.folder / corpus.splits, SPLITS.names).to_pylist()
        for row in rows:
            if row["included"] and row["split"] in _LEARNED:
                seen |= {(row["source_set"], row[key]) for key in ("session_id", "group_id")}
    keys = zip(sessions.source_sets, sessions.ids, sessions.groups, strict=True)
    is_met = [(name, one) in seen or (name, group) in seen for name, one, group in keys]
    families = {each for each, met in zip(sessions.families, is_met, strict=True) if met}
    return np.array([each in families for each in sessions.families], dtype=bool)


def contamination(
    statement: Statement,
    corpora: dict[str, Corpus],
    sessions: Sessions,
    table: np.ndarray,
    classes: Sequence[str],
) -> dict:
    """What is known of the training data, and the scores without the groups met there.

    Parameters
    ----------
    corpora : dict
        Corpora that lie here, by the digest of their manifest.
    table : np.ndarray, shape (n_sessions, n_classes, 3), int
        TP, FP, FN.
    """
    if statement.trained_on is None:
        return {"training": "unknown", "not_here": [], "groups_met": None, "without_them": None}
    here = [corpora[digest] for digest in statement.trained_on if digest in corpora]
    not_here = sorted(digest for digest in statement.trained_on if digest not in corpora)
    if not_here and not here:  # that no group was met is not known
        return {
            "training": "stated",
            "not_here": not_here,
            "groups_met": None,
            "without_them": None,
        }
    is_met = met_in_training(sessions, here)
    clean = table[~is_met].sum(axis=0)
    scores = f_measure(clean)
    families = np.array(sessions.families)
    return {
        "training": "stated",
        "not_here": not_here,
        "groups_met": len(set(families[is_met].tolist())),
        "without_them": {
            "sessions": int((~is_met).sum()),
            "micro": pooled(clean.sum(axis=0)),
            "macro": mean_over(scores),
            "classes": dict(zip(classes, scores.tolist(), strict=True)),
        },
    }
