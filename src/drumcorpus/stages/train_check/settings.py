"""The settings of the training check."""

from dataclasses import dataclass
from typing import ClassVar

from drumcorpus.stages.train_check.features import FeatureSettings
from drumcorpus.stages.train_check.probe import TreeSettings


@dataclass(frozen=True)
class TrainCheckSettings:
    """What is learned from and how: section ``train_check`` of the configuration.

    `class_map` is what labels are read by; `max_events` are taken of each split, `tree_seeds`
    learned with, `draws` taken for an interval. Which exports are learned from the rules say, and
    `network_settings` what networks do.
    """

    SECTION: ClassVar[str] = "train_check"
    ELSEWHERE: ClassVar[tuple[str, ...]] = ("exports", "networks")
    class_map: str
    tree_seeds: tuple[int, ...]
    max_events: int
    draws: int
    features: FeatureSettings
    trees: TreeSettings
