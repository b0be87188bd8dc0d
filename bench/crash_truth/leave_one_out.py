"""Fit the limits of the clustering with one kit left out, and judge that kit with them.

    python bench/crash_truth/leave_one_out.py OUT...

Reads the hits that the chain described in the folders `--out` of `run.py`; the audio is not needed.
For each kit the limits of `GRID` and the confidence are fitted on all other kits of these folders,
but for those of its family, by a rule that does not know the kit (`fit`); what they make of the kit
stands in its line. The last line is the mean over kits.
"""

import argparse
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from chain import CHECKOUT, SOURCE_SET, find_run, read_hits, read_left_out
from reliability import describe_reliability
from render import read_cymbals
from scipy.special import expit, logit
from score import JudgedSession, adjusted_rand, match_names, score_sessions
from sklearn.linear_model import LogisticRegression

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.stages.crash.clusters import Clustering, cluster_session
from drumcorpus.stages.crash.divisions import MARGIN_OFFSET, MARGIN_SLOPE
from drumcorpus.stages.crash.embeddings import FINE_GROUP, ORDER_FEATURE, feature_names
from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.vocabulary import SEPARATED

AS_RENDERED = "as_rendered"
# Kits that share a cymbal, or sound alike: left out together (see the README).
FAMILIES = ({"black_pearl", "blonde_bop", "blonde_bop_hot_rods"},)
GRID = {
    "split_similarity": (0.24, 0.27, 0.30, 0.33, 0.36, 0.39, 0.42),
    "one_similarity": (0.44, 0.49, 0.54, 0.59, 0.64),
    "max_accompaniment": (0.80, 0.85, 0.90, 1.0),
}
MAX_FALSE_SPLITS = 0.01  # of the other kits' sessions with one cymbal: half of what is aimed at
BAR = {"accepted": 0.80, "adjusted_rand": 0.90, "false_split": 0.02}


@dataclass(frozen=True)
class Session:
    """One session as the chain described it; arrays have one entry per hit."""

    n_cymbals: int
    truth: np.ndarray  # (n_hits,) int
    scored: np.ndarray  # (n_hits,) bool: hits of both crashes at once have no truth
    fine: np.ndarray  # (n_hits, n_features), NaN without a description
    order_key: np.ndarray  # (n_hits,)
    beside: list  # labels struck at the same moment, per hit


def main() -> None:
    """Print a line per kit and their mean."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, nargs="+", help="folders that run.py wrote")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    config = yaml.safe_load((CHECKOUT / "config/config.yaml").read_text(encoding="utf-8"))
    settings = [config["crash"]["clustering"]]
    kits = {name: folder for out in args.out for name, folder in find_kits(out)}
    n_kits = len(kits)
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn")) as pool:
        found = pool.map(try_limits, kits.values(), settings * n_kits)
        tried = dict(zip(kits, found, strict=True))
        fitted = {kit: fit(tried, kit) for kit in kits}
        found = pool.map(judge_kit, kits.values(), settings * n_kits, fitted.values())
        judgements = dict(zip(kits, found, strict=True))
    print(describe(fitted, {kit: score_sessions(each) for kit, each in judgements.items()}))
    print("", *describe_reliability([s for each in judgements.values() for s in each]), sep="\n")
    print(f"\nOn all kits: {fit(tried)}")
    n_clustered, seconds = (
        sum(getattr(kit, name) for kit in tried.values()) for name in ("n_clustered", "seconds")
    )
    print(f"Sessions clustered: {n_clustered:,}, {1e3 * seconds / n_clustered:.1f} ms of CPU each.")


def find_kits(out: Path) -> list[tuple[str, Path]]:
    """Name and folder of each kit of one run, without further conditions."""
    record = json.loads((out / "crash_truth.json").read_text(encoding="utf-8"))
    names = dict.fromkeys(row["kit"] for row in record["rows"])
    return [(name, out / name / AS_RENDERED) for name in names]


def read_sessions(folder: Path) -> list[Session]:
    """Every session of one kit, in order of their ids."""
    columns = ["event_id", "component_index", "embedding", "beside"]
    run = find_run(folder)
    shards = sorted((run / f"results/crash/embeddings/{SOURCE_SET}").glob("*.parquet"))
    table = pa.concat_tables(pq.read_table(shard, columns=columns) for shard in shards)
    names = feature_names()
    fine = [column for column, name in enumerate(names) if name.startswith(FINE_GROUP)]
    described = {(row["event_id"], row["component_index"]): row for row in table.to_pylist()}
    by_session = dict(list(read_hits(run).groupby("session_id")))
    sessions, left_out = [], read_left_out(run)
    for session_id, n_cymbals in sorted(read_cymbals(folder).items()):
        if session_id in left_out:
            continue
        hits = by_session[session_id]
        rows = [
            described[key] for key in zip(hits["event_id"], hits["component_index"], strict=True)
        ]
        vectors = np.full((len(rows), len(names)), np.nan)
        for number, row in enumerate(rows):
            if row["embedding"] is not None:
                vectors[number] = row["embedding"]
        sessions.append(
            Session(
                n_cymbals,
                hits["truth"].to_numpy(),
                ~hits["both_at_once"].to_numpy(),
                vectors[:, fine],
                vectors[:, names.index(ORDER_FEATURE)],
                [row["beside"] or () for row in rows],
            )
        )
    return sessions


def find_cymbals(session: Session, settings: Mapping) -> Clustering:
    """What the library says of a session."""
    return cluster_session(
        session.fine,
        read_settings(ClusteringSettings, settings),
        order_key=session.order_key,
        beside=session.beside,
    )


def judged(session: Session, found: Clustering) -> JudgedSession:
    """A session for scoring, without the hits that have no truth."""
    keep = session.scored
    return JudgedSession(
        session.n_cymbals,
        session.truth[keep],
        found.cymbals[keep],
        found.accepted[keep],
        found.confidence[keep],
    )


@dataclass(frozen=True)
class Tried:
    """One kit under all limits of the grid."""

    told_rightly: dict[tuple, float]  # by limits: mean over sessions, see `try_limits`
    false_splits: dict[tuple, int]
    n_one: int  # sessions with one cymbal
    placed: dict[
        tuple, np.ndarray
    ]  # (n_hits, 3): margin, right (0 or 1), weight; see `placed_hits`
    seconds: float  # CPU time of the clustering alone
    n_clustered: int


def try_limits(folder: Path, settings: Mapping) -> Tried:
    """Judge a kit under all limits.

    A session counts for `told_rightly` with its adjusted Rand index if it has two cymbals and with
    1 if it has one, told as one; where it is not accepted, with 0.
    """
    sessions = read_sessions(folder)
    told, false_splits, placed = {}, {}, {}
    seconds = 0.0
    for limits in itertools.product(*GRID.values()):
        values, n_false, hits = [], 0, [np.zeros((0, 3))]
        for session in sessions:
            start = time.process_time()
            found = find_cymbals(session, settings | dict(zip(GRID, limits, strict=True)))
            seconds += time.process_time() - start
            each = judged(session, found)
            if session.n_cymbals == 1:
                n_false += each.n_told > 1
                values.append(float(each.is_accepted and each.n_told == 1))
                continue
            values.append(adjusted_rand(each) if each.is_accepted else 0.0)
            if found.reason == SEPARATED:
                hits.append(placed_hits(each))
        told[limits], false_splits[limits] = float(np.mean(values)), n_false
        placed[limits] = np.concatenate(hits)
    n_one = sum(session.n_cymbals == 1 for session in sessions)
    return Tried(told, false_splits, n_one, placed, seconds, len(told) * len(sessions))


def placed_hits(session: JudgedSession) -> np.ndarray:
    """Margin, whether it is right, and weight of every hit of a divided session, accepted or not.

    The hits of one session weigh as much as those of another: they stand and fall together.
    """
    placed = session.confidence > 0
    right = match_names(session.truth[placed], session.labels[placed])
    margin = (logit(session.confidence[placed]) - MARGIN_OFFSET) / MARGIN_SLOPE
    return np.column_stack([margin, right, np.full(len(right), 1 / max(len(right), 1))])


@dataclass(frozen=True)
class Fitted:
    """What was fitted for one kit."""

    limits: dict[str, float]
    slope: float  # of the confidence on the margin
    offset: float


def fit(tried: Mapping[str, Tried], left_out: str | None = None) -> Fitted:
    """Limits and confidence for a kit, from the others; from all of them where none is left out.

    Of the limits with false splits in at most `MAX_FALSE_SPLITS` of the sessions with one cymbal,
    those with the largest mean over kits of `told_rightly`; of equals the first of the grid. Then a
    logistic regression of "is this hit in its group?" on the margin.
    """
    family = next((family for family in FAMILIES if left_out in family), {left_out})
    others = [kit for name, kit in tried.items() if name not in family]
    if not others:
        raise SystemExit(f"{left_out}: no kit of another family to fit on; give a run with one")
    n_one = sum(kit.n_one for kit in others)
    allowed = [
        limits
        for limits in itertools.product(*GRID.values())
        if sum(kit.false_splits[limits] for kit in others) <= MAX_FALSE_SPLITS * n_one
    ]
    best = max(allowed, key=lambda limits: np.mean([kit.told_rightly[limits] for kit in others]))
    margin, right, weight = np.concatenate([kit.placed[best] for kit in others]).T
    if len(np.unique(right)) < 2:
        raise SystemExit(
            f"{left_out}: no hit of the other kits is misplaced, so no confidence can be fitted; "
            "give more kits, or sessions"
        )
    model = LogisticRegression(C=np.inf).fit(margin[:, None], right, sample_weight=weight)
    limits = dict(zip(GRID, best, strict=True))
    return Fitted(limits, float(model.coef_[0, 0]), float(model.intercept_[0]))


def judge_kit(folder: Path, settings: Mapping, fitted: Fitted) -> list[JudgedSession]:
    """The sessions of one kit by what was fitted without it."""
    least = settings["min_confidence"]
    # Of the library's own confidence, which knows another slope and offset.
    margin = (logit(least) - fitted.offset) / fitted.slope
    settings = (
        dict(settings)
        | fitted.limits
        | {"min_confidence": float(expit(MARGIN_SLOPE * margin + MARGIN_OFFSET))}
    )
    sessions = [judged(each, find_cymbals(each, settings)) for each in read_sessions(folder)]
    return [replace(each, confidence=confidence_of(each, fitted)) for each in sessions]


def confidence_of(session: JudgedSession, fitted: Fitted) -> np.ndarray:
    """Confidence of each hit with the slope and offset that were fitted, (n_hits,)."""
    confidence = np.zeros(len(session.truth))
    placed = session.confidence > 0
    margin = (logit(session.confidence[placed]) - MARGIN_OFFSET) / MARGIN_SLOPE
    confidence[placed] = expit(fitted.slope * margin + fitted.offset)
    return confidence


def describe(fitted: Mapping[str, Fitted], scores: Mapping[str, dict]) -> str:
    """Markdown: what was fitted without each kit, and what it makes of it."""
    head = ["kit left out", *(f"`{name}`" for name in GRID), "slope", "offset", "accepted", "index"]
    head += ["hits right", "missed split", "one cymbal: accepted", "false split"]
    lines, values = [head, ["---"] + ["---:"] * (len(head) - 1)], []
    for kit, score in scores.items():
        two, one = score["two_cymbals"], score["one_cymbal"]
        columns = [two[n] for n in ("accepted", "adjusted_rand", "hits_right", "missed_split")]
        columns += [one["accepted_as_one"], one["false_split"]]
        # What is over nothing, such as the index where no session is accepted, has no value.
        values.append(np.array([column["value"] for column in columns], dtype=float))
        found = fitted[kit]
        constants = [*found.limits.values(), found.slope, found.offset]
        cells = [f"{value:.2f}" for value in constants] + [shown(value) for value in values[-1]]
        lines.append([kit, *cells])
    means = [mean_over_kits(column) for column in np.transpose(values)]
    lines.append(["mean", *[""] * (len(GRID) + 2), *map(shown, means)])
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"{table}\n\n{verdict(scores, means)}"


def shown(value: float) -> str:
    """Three decimals, or a dash for what has no value."""
    return "-" if np.isnan(value) else f"{value:.3f}"


def mean_over_kits(values: np.ndarray) -> float:
    """Mean over the kits that have a value, NaN where none has."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan


def verdict(scores: Mapping[str, dict], means: Sequence[float]) -> str:
    """Whether the mean, and each kit, is as aimed at."""

    def reached(accepted, index, false_split):
        return (
            accepted >= BAR["accepted"]
            and index >= BAR["adjusted_rand"]
            and false_split <= BAR["false_split"]
        )

    missed = [
        kit
        for kit, score in scores.items()
        if not reached(
            score["two_cymbals"]["accepted"]["value"],
            score["two_cymbals"]["adjusted_rand"]["value"],
            score["one_cymbal"]["false_split"]["value"],
        )
    ]
    mean = "reaches" if reached(means[0], means[1], means[5]) else "does not reach"
    return (
        f"Aimed at: {', '.join(f'{name} {value}' for name, value in BAR.items())}. "
        f"The mean over kits {mean} it; {len(scores) - len(missed)} of {len(scores)} kits do"
        + (f", not {', '.join(missed)}." if missed else ".")
    )


if __name__ == "__main__":
    main()
