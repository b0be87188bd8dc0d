"""The settings of the networks of the training check; nothing here needs torch."""

from dataclasses import dataclass
from typing import ClassVar

from drumcorpus.stages.train_check.spectra import SpectrumSettings

# Channels of the two convolutions over time and frequency, and of all that follow over time.
WIDTHS = {"S": (8, 16, 48), "R": (24, 48, 156)}


@dataclass(frozen=True)
class LearningSettings:
    """How a network learns.

    Each of at most `epochs` has `pieces` of `piece_s` seconds, drawn by weight, `batch` at a time.
    It stops `patience` epochs after validation was predicted best, and keeps what it knew then.
    """

    SECTION: ClassVar[str] = "train_check.networks.learning"
    epochs: int
    patience: int
    pieces: int
    piece_s: float
    batch: int
    learning_rate: float


@dataclass(frozen=True)
class NetworkSettings:
    """Section ``train_check.networks`` of the configuration; which exports, the rules say.

    `tier` is one of `WIDTHS`; labels are read by `class_map`; each of `network_seeds` learns by
    itself.
    """

    SECTION: ClassVar[str] = "train_check.networks"
    ELSEWHERE: ClassVar[tuple[str, ...]] = ("exports",)
    tier: str
    class_map: str
    network_seeds: tuple[int, ...]
    spectra: SpectrumSettings
    learning: LearningSettings
