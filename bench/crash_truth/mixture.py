"""What Gaussian mixtures make of the same descriptions, the order chosen by BIC.

    python bench/crash_truth/mixture.py OUT...

Reads the hits that the chain described in the folders `--out` of `run.py`. In each session the
described hits go to their first principal components, mixtures of one, two and three Gaussians with
one covariance are fitted, and that with the least Bayesian information criterion [1]_ is taken
whose groups have at least three hits each. The method stands by all it says.

.. [1] G. Schwarz, "Estimating the dimension of a model", Annals of Statistics 6, 461-464, 1978.
"""

import argparse
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from leave_one_out import Session, find_kits, mean_over_kits, read_sessions
from score import JudgedSession, score_sessions
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

MAX_CYMBALS = 3
MIN_HITS = 3
N_COMPONENTS = 6  # principal components; fewer where a session has fewer than three hits for each
N_STARTS = 3
COLUMNS = ("accepted", "adjusted_rand", "hits_right", "missed_split")


def main() -> None:
    """Print a line per kit and their mean."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, nargs="+", help="folders that run.py wrote")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    kits = {name: folder for out in args.out for name, folder in find_kits(out)}
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(judge_kit, kits.values()))
    print("| kit | accepted | index | hits right | missed split | one cymbal: false split |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    means = [mean_over_kits(column) for column in np.transpose(rows)]
    for name, row in [*zip(kits, rows, strict=True), ("mean", means)]:
        print(f"| {name} | {' | '.join('-' if np.isnan(v) else f'{v:.2f}' for v in row)} |")


def judge_kit(folder: Path) -> np.ndarray:
    """Scores of one kit: those of `COLUMNS`, and the false splits."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    scores = score_sessions([judge(session) for session in read_sessions(folder)])
    two, one = scores["two_cymbals"], scores["one_cymbal"]
    values = [*(two[name]["value"] for name in COLUMNS), one["false_split"]["value"]]
    return np.array(values, dtype=float)  # NaN where there is no value


def judge(session: Session) -> JudgedSession:
    """One session; hits without a description are not accepted."""
    described = np.flatnonzero(np.isfinite(session.fine).all(axis=1))
    cymbals, accepted = np.zeros(len(session.truth), dtype=int), np.zeros(len(session.truth), bool)
    if len(described) >= 2 * MIN_HITS:
        cymbals[described] = find_groups(session.fine[described])
        accepted[described] = True
    keep = session.scored
    return JudgedSession(session.n_cymbals, session.truth[keep], cymbals[keep], accepted[keep])


def find_groups(fine: np.ndarray) -> np.ndarray:
    """Group of each hit, from 0, (n_hits,), of the mixture with the least criterion."""
    n_components = min(N_COMPONENTS, len(fine) // MIN_HITS)
    points = PCA(n_components, svd_solver="full").fit_transform(fine)
    best, least = np.zeros(len(fine), dtype=int), np.inf
    for k in range(1, min(MAX_CYMBALS, len(fine) // MIN_HITS) + 1):
        model = GaussianMixture(k, covariance_type="tied", n_init=N_STARTS, random_state=0)
        groups = model.fit_predict(points)
        criterion = model.bic(points)
        if criterion < least and np.bincount(groups, minlength=k).min() >= MIN_HITS:
            best, least = groups, criterion
    return best


if __name__ == "__main__":
    main()
