"""Drawn events whose classes follow from two features, and the settings they are learned with."""

import numpy as np

from drumcorpus.stages.train_check.describe import Described
from drumcorpus.stages.train_check.features import FeatureSettings
from drumcorpus.stages.train_check.probe import TreeSettings
from drumcorpus.stages.train_check.settings import TrainCheckSettings

CLASSES = ("kick", "crash", "crash2", "china")
SETTINGS = TrainCheckSettings(
    class_map="components",
    tree_seeds=(0, 1),
    max_events=1000,
    draws=400,
    features=FeatureSettings(46.4, (-48.0, -2.0), 1.0, 40.0, 20_000.0),
    trees=TreeSettings(15, 5, 0.3, 0.5),
)
CRASHES = ("crash", "crash2")


def draw_events(n_sessions=60, per_session=16, seed=0, second=True, noise=0.1):
    """Sessions of events: each is a kick, a crash or a second crash; nothing is a china.

    Of ten sessions six are for training, two for validation and two for the test.
    """
    rng = np.random.default_rng(seed)
    n = n_sessions * per_session
    session = np.repeat(np.arange(n_sessions), per_session)
    kind = rng.integers(0, 3 if second else 2, n)
    truth = np.zeros((n, len(CLASSES)), bool)
    truth[np.arange(n), kind] = True
    features = np.stack([kind == 0, kind == 1, rng.random(n)], axis=1)
    features = features + rng.normal(0, noise, (n, 3))
    split = np.array(["train"] * 6 + ["validation"] * 2 + ["test"] * 2, object)[session % 10]
    names = {
        "split": split,
        "sample_id": np.array([f"s{number:05d}" for number in range(n)], object),
        "source_set": np.full(n, "demo", object),
        "session_id": np.array([f"session{number}" for number in session], object),
        "group_id": np.array([f"group{number}" for number in session], object),
    }
    weights = np.where(split == "train", 1.0, np.nan)
    there = {each: int((split == each).sum()) for each in ("train", "validation", "test")}
    return Described(CLASSES, names, weights, truth, features.astype(np.float32), there)
