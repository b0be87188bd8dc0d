"""What is learned from an arm and said of the test, kept by what it depends on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sklearn
from excerpts import Events, hash_of
from label_arms import Arm
from render import digest_files

from drumcorpus.ground.statistics.ranking import best_threshold
from drumcorpus.stages.train_check import probe
from drumcorpus.stages.train_check.probe import TreeSettings, fit_probe, score_events

N_PARTS = 3  # of which one is tested
VALIDATION = 4  # of the others every fourth
TREES = TreeSettings(40, 15, 0.15, 0.3)


@dataclass(frozen=True)
class Parts:
    """Rows of events, by what they are for."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Said:
    """Scores of rows, (n_rows, n_classes), and the thresholds of the classes; infinite: never."""

    rows: np.ndarray
    scores: np.ndarray
    thresholds: np.ndarray

    @property
    def predicted(self) -> np.ndarray:
        """Which classes are said to be struck."""
        return self.scores >= self.thresholds


def divide(names: Sequence[str], of_event: np.ndarray, seed: int) -> Parts:
    """Events divided by what they belong to: `of_event` numbers the names."""
    order = sorted(range(len(names)), key=lambda number: hash_of("parts", names[number]))
    place = np.empty(len(names), int)
    place[order] = np.arange(len(names))
    part = place % N_PARTS
    tested = part == seed % N_PARTS
    others = [number for number in order if not tested[number]]
    turn = seed // N_PARTS
    validated = np.zeros(len(names), bool)
    validated[others[turn % VALIDATION :: VALIDATION]] = True
    return Parts(
        *(np.flatnonzero(is_in[of_event]) for is_in in (~tested & ~validated, validated, tested))
    )


def learn(
    arm: Arm,
    heard: np.ndarray,
    parts: Parts,
    seed: int,
    asked: Sequence[tuple[np.ndarray, np.ndarray]],
    out: Path,
) -> list[Said]:
    """Learn from an arm, and say what is struck in others.

    Parameters
    ----------
    heard : np.ndarray, shape (n_events, n_features)
        Features at the arm's onsets.
    asked : sequence of (rows, features)
        What is to be scored: rows of events, and the features of these rows.
    out : Path
        Keeps what was said.
    """
    key = hash_of(
        sklearn.__version__,
        TREES,
        seed + arm.more_seed,
        digest_files([Path(probe.__file__)]),
        *(_digest(array) for array in (heard[parts.train], heard[parts.validation])),
        *(_digest(arm.labels[rows]) for rows in (parts.train, parts.validation)),
        *(_digest(features) for _, features in asked),
    )
    path = out / f"{key[:20]}.npz"
    if not path.is_file():
        models = fit_probe(
            heard[parts.train],
            arm.labels[parts.train],
            None,
            seed=seed + arm.more_seed,
            settings=TREES,
        )
        validated = score_events(models, heard[parts.validation])
        of = arm.labels[parts.validation]
        limits = [best_threshold(validated[:, n], of[:, n]) for n in range(of.shape[1])]
        thresholds = np.array(
            [
                np.inf if limit is None or model is None else limit
                for limit, model in zip(limits, models, strict=True)
            ]
        )
        said = {f"scores_{n}": score_events(models, x) for n, (_, x) in enumerate(asked)}
        out.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez(part, thresholds=thresholds, **said)
        part.replace(path)
    kept = np.load(path)
    return [
        Said(rows, kept[f"scores_{number}"], kept["thresholds"])
        for number, (rows, _) in enumerate(asked)
    ]


def _digest(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def count(events: Events, said: Sequence[Said], classes: np.ndarray | None = None) -> np.ndarray:
    """TP, FP and FN by performance and class, summed over what was said.

    `classes` numbers the class that each column belongs to, -1 for none: several may be one.
    """
    wanted = np.arange(len(events.classes)) if classes is None else classes
    n_classes = wanted.max() + 1
    table = np.zeros((len(events.performances), n_classes, 3), np.int64)
    for each in said:
        truth, predicted = events.truth[each.rows], each.predicted
        for column in range(n_classes):
            of = wanted == column
            is_true, is_said = truth[:, of].any(axis=1), predicted[:, of].any(axis=1)
            cells = (is_true & is_said, ~is_true & is_said, is_true & ~is_said)
            for place, cell in enumerate(cells):
                np.add.at(table, (events.performance[each.rows], column, place), cell)
    return table
