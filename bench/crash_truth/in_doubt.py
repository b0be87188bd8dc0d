r"""Why hits stay in doubt: what keeps each session of a kit from being accepted, by a given model.

    python bench/crash_truth/in_doubt.py --midi GMD_ROOT --renderer FILE --cache CACHE \
        --kits KIT_DIR... --model MODEL

Kits play what they play in `train_model.py`, and all sessions of a kit under one condition are
pooled; where its number of cymbals is in doubt each is told alone. A session that is not accepted
as the scores have it counts under the reason of most of its hits in doubt; where several hold for a
hit the first of `REASONS` counts. Beside these are the share of accepted hits that is right and the
confidence stated, by what was named before and when: names are all that is known where the model is
used.
"""

import argparse
import os
from collections import Counter
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import yaml
from chain import CHECKOUT
from company import times_to_others
from kit_hits import DescribedKit
from leave_kits_out import AT_ONCE_S, tell_of_kit
from score import ACCEPTED_SHARE, match_names
from train_model import add_arguments, describe_kits

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.stages.crash.clusters import Clustering
from drumcorpus.stages.crash.cymbal_model import CymbalModel, read_cymbal_model
from drumcorpus.stages.crash.membership import Membership, name_hits
from drumcorpus.stages.crash.mixture import Mixture, fit_mixture
from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.vocabulary import MORE_CYMBALS

NUMBER, NO_DESCRIPTION, SHARED = "number in doubt", "not described", "shares a number"
UNLIKE, NAME, COVERED = "unlike its cymbal", "name in doubt", "goes with another stroke"
REASONS = (NUMBER, NO_DESCRIPTION, SHARED, UNLIKE, NAME, COVERED)
SEVERAL_NAMES = "several names"  # of one cymbal
SOON_S = (0.3, 0.6)
COMPANY = ("the same cymbal", "another cymbal")


def main() -> None:
    """Print a line per kit and condition, then stated confidence by what was named before."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_arguments(parser)
    parser.add_argument("--model", type=Path, required=True)
    args = parser.parse_args()
    model = read_cymbal_model(args.model)
    config = yaml.safe_load((CHECKOUT / "config/config.yaml").read_text(encoding="utf-8"))
    section = config["crash"]["clustering"]
    names = ClusteringSettings.__dataclass_fields__
    settings = read_settings(ClusteringSettings, {n: v for n, v in section.items() if n in names})
    columns = ["kit", "condition", "cymbals", "sessions", *REASONS, SEVERAL_NAMES]
    lines, stated = [columns, ["---"] * 2 + ["---:"] * (len(columns) - 2)], Counter()
    for described in describe_kits(args):
        for n_cymbals, counts in judge_kit(described, model, settings, stated).items():
            figures = [counts[name] for name in columns[3:]]
            lines.append([described.kit, described.condition, n_cymbals, *figures])
    print("\n".join(f"| {' | '.join(map(str, line))} |" for line in lines), end="\n\n")
    print("\n".join(describe_company(stated)))


def judge_kit(
    described: DescribedKit, model: CymbalModel, settings: ClusteringSettings, stated: Counter
) -> dict[int, Counter]:
    """Sessions of a kit by number of cymbals struck, and those not accepted by their reason.

    Adds to `stated` hits, confidence and hits right by `companies`.
    """
    strokes, counts = described.known.strokes, {}
    mixture = fit_mixture(strokes, model, settings)
    for session in np.unique(strokes.sessions):
        rows = np.flatnonzero(strokes.sessions == session)
        here, struck = strokes.of_rows(rows), described.known.cymbals[rows]
        told = tell_of_kit(here, model, settings, mixture)
        scored = np.minimum(*times_to_others(here.onsets, struck)) >= AT_ONCE_S
        of_number = counts.setdefault(len(np.unique(struck)), Counter())
        of_number["sessions"] += 1
        accepted = told.accepted & scored
        if len(np.unique(struck)) == 1 and len(np.unique(told.cymbals[accepted])) > 1:
            of_number[SEVERAL_NAMES] += 1
        elif accepted.sum() < ACCEPTED_SHARE * scored.sum():
            reasons = [NUMBER] * len(rows)
            if mixture.n_cymbals:
                named = name_hits(here, mixture, model)
                reasons = reasons_of_hits(told, named, mixture, model, settings)
            kept = Counter(reasons[row] for row in np.flatnonzero(scored & ~accepted))
            of_number[max(REASONS, key=lambda reason: kept[reason])] += 1
        right = match_names(struck[accepted], told.cymbals[accepted])
        of_hit = companies(here.onsets, told.cymbals)
        keys = [of_hit[row] for row in np.flatnonzero(accepted)]
        for key, confidence, is_right in zip(keys, told.confidence[accepted], right, strict=True):
            stated[key, "hits"] += 1
            stated[key, "confidence"] += float(confidence)
            stated[key, "right"] += int(is_right)
    return dict(sorted(counts.items()))


def reasons_of_hits(
    told: Clustering,
    named: Membership,
    mixture: Mixture,
    model: CymbalModel,
    settings: ClusteringSettings,
) -> list[str]:
    """Why each hit of a session is not accepted; of accepted ones an empty string."""
    shares, is_more = mixture.merged != np.arange(mixture.n_cymbals), mixture.reason == MORE_CYMBALS
    if is_more:
        shares[mixture.merged[shares]] = True
    in_doubt = mixture.confidence < settings.min_confidence and not is_more
    holds = {
        NUMBER: np.full(len(named.named), in_doubt),
        NO_DESCRIPTION: named.named < 0,
        SHARED: shares[np.maximum(named.named, 0)],
        UNLIKE: (named.fits < model.least_fit_of_group) | (named.fit < model.least_fit),
        NAME: told.confidence < settings.min_confidence,
        COVERED: np.ones(len(named.named), dtype=bool),  # nothing else is left
    }
    return [
        "" if accepted else next(reason for reason in REASONS if holds[reason][row])
        for row, accepted in enumerate(told.accepted)
    ]


def companies(onsets: np.ndarray, cymbals: np.ndarray) -> list[tuple[str, float]]:
    """What was named before each hit of a session, and the bound of the time since.

    Returns
    -------
    list of (str, float)
        Which of `COMPANY` the last stroke before the hit was named as, and the first of `SOON_S`
        that is longer ago, s; infinity where none is, or where no stroke comes before.
    """
    pairs = []
    for row, onset in enumerate(onsets):
        n_before = int(np.searchsorted(onsets, onset))
        since = onset - onsets[n_before - 1] if n_before else np.inf
        last = cymbals[n_before - 1] if n_before else cymbals[row]
        bound = next((soon for soon in SOON_S if since < soon), np.inf)
        pairs.append((COMPANY[int(last != cymbals[row])], bound))
    return pairs


def describe_company(stated: Counter) -> list[str]:
    """The second table, as lines of Markdown."""
    lines = ["| last named | within | hits | mean confidence | right | off |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    for company in COMPANY:
        for bound in (*SOON_S, np.inf):
            hits = stated[(company, bound), "hits"]
            if hits:
                confidence, right = (
                    stated[(company, bound), name] / hits for name in ("confidence", "right")
                )
                within = f"{bound:g} s" if np.isfinite(bound) else "-"
                lines.append(
                    f"| {company} | {within} | {hits:,} | {confidence:.4f} | {right:.4f} | "
                    f"{confidence - right:+.4f} |"
                )
    return lines


if __name__ == "__main__":
    main()
