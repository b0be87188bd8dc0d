"""Kits whose cymbals are known: patterns about a direction for each cymbal, for tests."""

import numpy as np

from drumcorpus.stages.crash.cymbal_model import fine_columns
from drumcorpus.stages.crash.strokes import Strokes
from drumcorpus.stages.crash.training import KnownKit

N_BANDS = len(fine_columns())
OWN = 0.85  # what of a pattern is the cymbal's own
STRENGTH = 11.0


def make_kit(name, sessions, *, seed=0, cymbals=None, own=OWN):
    """A kit that strikes in each session the cymbals listed, one stroke a second.

    `sessions` holds for each session the numbers of the cymbals struck; `cymbals` the directions of
    the cymbals, (n_cymbals, N_BANDS), drawn by `seed` where they are not given.
    """
    rng = np.random.default_rng(seed)
    n_cymbals = 1 + max(number for struck in sessions for number in struck)
    directions = draw_cymbals(n_cymbals, seed) if cymbals is None else cymbals
    struck = np.concatenate([np.array(each, dtype=int) for each in sessions])
    noise = rng.normal(size=(len(struck), N_BANDS)) / np.sqrt(N_BANDS)
    patterns = own * directions[struck] + np.sqrt(1 - own**2) * noise
    strength = STRENGTH * rng.uniform(0.8, 1.2, len(struck))
    return KnownKit(
        name,
        Strokes(
            vectors=patterns * strength[:, None],
            onsets=np.concatenate([np.arange(len(each), dtype=float) for each in sessions]),
            sessions=np.repeat(np.arange(len(sessions)), [len(each) for each in sessions]),
            levels_db=np.full(len(struck), -20.0),
            order_keys=1000.0 + 500.0 * struck + rng.normal(size=len(struck)),
        ),
        struck,
    )


def draw_cymbals(n_cymbals, seed=0):
    """Directions of length 1, whose bands sum to 0 as those of a pattern do."""
    drawn = np.random.default_rng(1000 + seed).normal(size=(n_cymbals, N_BANDS))
    drawn -= drawn.mean(axis=1, keepdims=True)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def training_kits():
    """Four kits of two and three cymbals, in ten sessions each."""
    two, one = [0, 1, 0, 1, 0, 0, 1, 1], [0] * 6
    three = [0, 1, 2, 0, 1, 2, 2, 1, 0]
    return [
        make_kit("ash", [two] * 6 + [one] * 4, seed=1),
        make_kit("birch", [two] * 8 + [[1] * 5] * 2, seed=2),
        make_kit("cedar", [three] * 10, seed=3),
        make_kit("elm", [two] * 5 + [one] * 5, seed=4, own=0.7),
    ]
