"""Source sets whose labels a model is to make: whether they may have such, and where these go."""

from collections.abc import Mapping

from drumcorpus.ground.files.spelling import did_you_mean
from drumcorpus.vocabulary import INVENTORY_ONLY, ONSET_DETECTOR, PRODUCTION


def check_predictions(config: Mapping, cards: Mapping[str, Mapping]) -> None:
    """Hold the section ``predictions`` of a configuration against its source sets.

    One that is not in use is left out without a word.

    Parameters
    ----------
    config : mapping
    cards : mapping
        The card of every source set in use, by its name.

    Raises
    ------
    ValueError
        If a name is no source set, the set has labels that somebody has set, or is only listed; if
        its tier is production and the predictions are not promoted.
    """
    configured = config["source_sets"]
    for name, block in config["predictions"].items():
        where = f"config: predictions.{name}"
        if name not in configured:
            raise ValueError(
                f"{where}: there is no such source set{did_you_mean(name, configured)}; "
                f"configured: {', '.join(sorted(configured))}"
            )
        if name not in cards:
            continue
        card, tier = cards[name], configured[name]["tier"]
        if card["label_maps"] and card["label_method"] != ONSET_DETECTOR:
            raise ValueError(
                f"{where}: {name} has labels of its own (label_method {card['label_method']} in "
                "its card), and predictions would take their place; hold them against its labels "
                "with `evaluations`, or take them out here"
            )
        if tier == INVENTORY_ONLY:
            raise ValueError(
                f"{where}: {name} is of tier {tier!r}, of which no events are made; write tier: "
                f"staged at source_sets.{name}"
            )
        if tier == PRODUCTION and not block.get("promote", False):
            raise ValueError(
                f"{where}: {name} is of tier {PRODUCTION!r}, and a model made its labels; write "
                f"promote: true there if models may be trained on them, or tier: staged at "
                f"source_sets.{name}"
            )
