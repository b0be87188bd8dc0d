r"""Learn the cymbal model with one kit left out, and judge that kit by it and by other methods.

    python bench/crash_truth/leave_kits_out.py --midi GMD_ROOT --renderer FILE --cache CACHE \
        --kits KIT_DIR... [--out ROWS]

For each kit every number of the model is learned anew on the other kits, without those that share a
cymbal with it. Its sessions are then told apart pooled (`mixture`, as one kit id makes them), four
by four as the index has them (`mixture by four`), each for itself (`mixture alone`), by linkage,
whose limits are those of the configuration, and by the plain method. As in the chain each session
is told alone where its pool's number of cymbals is in doubt, and stays in doubt where the pool has
more in it. Sessions with three cymbals are also pooled with the kit's others (`mixture with
others`). Hits of two cymbals within 5 ms have no truth: methods get them, the score does not.
"""

import argparse
import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import yaml
from centroid_gap import cut_at_gap
from chain import CHECKOUT
from company import relate, times_to_others
from kit_hits import AS_PLAYED, COVERING, WITH_THIRD, DescribedKit
from leave_one_out import FAMILIES
from score import JudgedSession, score_sessions
from train_model import add_arguments, describe_kits

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.stages.crash.clusters import Clustering, cluster_session
from drumcorpus.stages.crash.cymbal_model import CymbalModel
from drumcorpus.stages.crash.membership import tell_alone, tell_session
from drumcorpus.stages.crash.mixture import Mixture, fit_mixture
from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.stages.crash.strokes import Strokes
from drumcorpus.stages.crash.training import train_cymbal_model
from drumcorpus.vocabulary import MORE_CYMBALS

AT_ONCE_S = 0.005
WITH_OTHERS = "mixture with others"
METHODS = ("mixture", "mixture by four", "mixture alone", "linkage", "centroid gap")
FEW_SESSIONS = 4  # of a small kit


def main() -> None:
    """Print a line per kit, condition and method, and the reliability of each method."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_arguments(parser)
    parser.add_argument("--out", type=Path, help="gets all figures as JSON")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    config = yaml.safe_load((CHECKOUT / "config/config.yaml").read_text(encoding="utf-8"))
    section = config["crash"]["clustering"]
    names = ClusteringSettings.__dataclass_fields__
    settings = read_settings(ClusteringSettings, {n: v for n, v in section.items() if n in names})
    kits = describe_kits(args)
    families = sorted({family_of(described.kit) for described in kits})
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn")) as pool:
        judged = pool.map(
            judge_family, families, [kits] * len(families), [settings] * len(families)
        )
        rows = [row for of_family in judged for row in of_family]
    print(describe(rows))
    reliability = {}
    for method in METHODS[:-1]:
        sessions = [each for row in rows for each in row["sessions"] if row["method"] == method]
        reliability[method] = relate(sessions)
        print("", method, describe_bins(reliability[method]), sep="\n")
    if args.out is not None:
        scores = [{n: v for n, v in row.items() if n != "sessions"} for row in rows]
        record = {"rows": scores, "reliability": reliability}
        args.out.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def family_of(kit: str) -> str:
    """The first of the kits that share a cymbal with it, itself included."""
    return min(next((family for family in FAMILIES if kit in family), {kit}))


def judge_family(family: str, kits: list[DescribedKit], settings: ClusteringSettings) -> list[dict]:
    """Learn without a family, judge every kit of it under every condition by every method."""
    known = [each.known for each in kits if family_of(each.kit) != family]
    model = train_cymbal_model(known, COVERING)
    rows = []
    for described in (each for each in kits if family_of(each.kit) == family):
        others = [each for each in kits if each.kit == described.kit and is_as_played(each)]
        for method, sessions in judge_kit(described, model, settings, others).items():
            row = {"kit": described.kit, "condition": described.condition, "method": method}
            rows.append(row | score_sessions(sessions) | {"sessions": sessions})
    return rows


def is_as_played(described: DescribedKit) -> bool:
    """Whether the kit plays what has one cymbal or two, as it was played."""
    return described.condition == AS_PLAYED


def judge_kit(
    described: DescribedKit,
    model: CymbalModel,
    settings: ClusteringSettings,
    others: Sequence[DescribedKit],
) -> dict[str, list[JudgedSession]]:
    """Every session of a kit as each method tells it; `others` have more sessions of the kit."""
    known = described.known
    strokes = known.strokes
    pools = {"mixture": fit_mixture(strokes, model, settings)}
    if described.condition == WITH_THIRD:
        for other in others:
            pools[WITH_OTHERS] = fit_mixture(join(strokes, other.known.strokes), model, settings)
    judged: dict[str, list[JudgedSession]] = {method: [] for method in (*METHODS, *pools)}
    for number, session in enumerate(np.unique(strokes.sessions)):
        if number % FEW_SESSIONS == 0:
            few = np.unique(strokes.sessions)[number : number + FEW_SESSIONS]
            pools["mixture by four"] = fit_mixture(known.of_sessions(few).strokes, model, settings)
        rows = np.flatnonzero(strokes.sessions == session)
        here, truth = strokes.of_rows(rows), known.cymbals[rows]
        told = {name: tell_of_kit(here, model, settings, pool) for name, pool in pools.items()}
        told["mixture alone"] = tell_session(here, model, settings)
        told["linkage"] = tell_by_linkage(here, settings)
        since, until = times_to_others(here.onsets, truth)
        scored = np.minimum(since, until) >= AT_ONCE_S
        company = JudgedSession(
            n_cymbals=len(np.unique(truth)),
            truth=truth[scored],
            labels=truth[scored],
            accepted=scored[scored],
            velocity=described.velocities[rows][scored],
            since_other=since[scored],
            until_other=until[scored],
        )
        for method, clustering in told.items():
            judged[method].append(
                replace(
                    company,
                    labels=clustering.cymbals[scored],
                    accepted=clustering.accepted[scored],
                    confidence=clustering.confidence[scored],
                    since_named=times_to_others(here.onsets, clustering.cymbals)[0][scored],
                )
            )
        by_gap = cut_at_gap(described.centroids_hz[rows])
        judged["centroid gap"].append(replace(company, labels=by_gap[scored]))
    return judged


def tell_of_kit(
    strokes: Strokes, model: CymbalModel, settings: ClusteringSettings, pool: Mixture
) -> Clustering:
    """One session as the chain tells it, whose kit has this mixture."""
    if pool.is_settled(settings.min_confidence):
        return tell_session(strokes, model, settings, kit=pool)
    told = tell_alone(strokes, model, settings, pool)
    return tell_by_linkage(strokes, settings) if told.reason == MORE_CYMBALS else told


def tell_by_linkage(strokes: Strokes, settings: ClusteringSettings) -> Clustering:
    """One session told apart by the likeness of its hits."""
    return cluster_session(
        strokes.vectors,
        settings,
        order_key=strokes.order_keys,
        beside=strokes.beside,
        one_more=True,
    )


def join(strokes: Strokes, others: Strokes) -> Strokes:
    """Strokes, and of others the sessions that are no performance of theirs."""
    times = {
        strokes.onsets[strokes.sessions == session].tobytes()
        for session in np.unique(strokes.sessions)
    }
    rows = [
        np.flatnonzero(others.sessions == session)
        for session in np.unique(others.sessions)
        if others.onsets[others.sessions == session].tobytes() not in times
    ]
    more = others.of_rows(np.concatenate([np.zeros(0, dtype=int), *rows]))  # or none at all
    arrays = {
        name: np.concatenate([getattr(strokes, name), getattr(more, name)])
        for name in ("vectors", "onsets", "levels_db", "order_keys", "velocities")
    }
    sessions = np.concatenate([strokes.sessions, more.sessions + strokes.sessions.max() + 1])
    return Strokes(**arrays, sessions=sessions, beside=[*strokes.beside, *more.beside])


def describe(rows: list[dict]) -> str:
    """The table, as Markdown."""
    head = ["kit", "condition", "method", "accepted", "index", "least", "within 0.6 s right"]
    head += ["number right", "one cymbal: accepted", "false split"]
    lines = [head, ["---"] * 3 + ["---:"] * 7]
    for row in rows:
        several = row["more_cymbals" if row["more_cymbals"]["sessions"] else "two_cymbals"]
        near = [several["near_another"][span] for span in ("0-0.3", "0.3-0.6")]
        n_near = sum(each["n"] for each in near)
        right = sum(each["n"] * (each["value"] or 0) for each in near)
        one = row["one_cymbal"]
        lines.append(
            [
                *(row[name] for name in ("kit", "condition", "method")),
                _figure(several["accepted"]["value"]),
                _figure(several["adjusted_rand"]["value"]),
                _figure(several["least_adjusted_rand"]),
                f"{right / n_near:.3f} of {n_near}" if n_near else "-",
                _figure(several["number_right"]["value"]),
                _figure(one["accepted_as_one"]["value"]),
                _figure(one["false_split"]["value"]),
            ]
        )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def describe_bins(reliability: dict) -> str:
    """Stated confidence beside what is right, of all bins with hits enough."""
    lines = [["by", "from", "to", "hits", "mean confidence", "right", "off"]]
    lines.append(["---", *["---:"] * 6])
    for by, bins in reliability.items():
        for each in bins:
            if each["many"]:
                edges = [
                    "-" if each[name] is None else f"{each[name]:g}" for name in ("from", "to")
                ]
                right = each["right"]["value"]
                values = [f"{each['mean_confidence']:.3f}", f"{right:.3f}", f"{each['off']:+.3f}"]
                lines.append([by, *edges, f"{each['hits']:,}", *values])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
