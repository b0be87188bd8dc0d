"""Cards of source sets, and the options that a source set's module takes."""

import os
from collections.abc import Iterable, Mapping

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.vocabulary import ONSET_DETECTOR, PRODUCTION

# What every source set's block in the config has; anything else is the source set's own.
COMMON_SETTINGS = (
    "roots",
    "tier",
    "shards",
    "checksums",
    "like",
    "accept_detected_labels",
    "gates",
    "weights",
)


# Whether a root without a file of the set is no error.
ALLOW_EMPTY = "allow_empty"


def read_options(card: Mapping, references: Iterable[str | os.PathLike], settings: Mapping) -> dict:
    """Settings and reference documents by their names.

    Parameters
    ----------
    card : mapping
        The source set's card.
    references : iterable of paths
        The files of the card's `references`, in its order.
    settings : mapping
        The source set's own settings.
    """
    names = card.get("references", {})
    documents = {name: read_yaml(path) for name, path in zip(names, references, strict=True)}
    return dict(settings) | documents


def check_settings(name: str, card: Mapping, block: Mapping, is_predicted: bool = False) -> None:
    """Hold the settings of a source set's block against its card.

    Where the labels of the set are predictions of a model (`is_predicted`), none is a detector's.

    Raises
    ------
    ValueError
        If the block has a setting that the card does not name, or lacks one that it names; or if
        it puts labels into production that nobody has set, and does not say that they are accepted.
    """
    common = (*COMMON_SETTINGS, ALLOW_EMPTY)
    declared = card.get("settings", [])
    configured = [key for key in block if key not in common]
    unknown = [key for key in configured if key not in declared]
    missing = [key for key in declared if key not in configured]
    if unknown or missing:
        allowed = ", ".join(declared) or f"none beside {', '.join(common)}"
        raise ValueError(
            f"config: source_sets.{name}: settings of its own: {allowed}; "
            f"got unknown {unknown}, missing {missing}"
        )
    is_detected = card.get("label_method") == ONSET_DETECTOR and not is_predicted
    accepted = block["tier"] != PRODUCTION or block.get("accept_detected_labels", False)
    if is_detected and not accepted:
        raise ValueError(
            f"config: source_sets.{name}: tier {PRODUCTION!r}, but a detector found its labels in "
            f"the sound (label_method {ONSET_DETECTOR} in its card); write accept_detected_labels: "
            "true there if models may be trained on them, or tier: staged"
        )
