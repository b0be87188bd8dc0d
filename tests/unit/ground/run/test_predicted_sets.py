"""Which source sets may have labels of a model, and how these come into production."""

import pytest

from drumcorpus.ground.run.cards import check_settings
from drumcorpus.ground.run.predicted_sets import check_predictions

CARDS = {
    "mixes": {"label_maps": [], "label_method": "annotation"},
    "tracks": {"label_maps": ["track_instruments"], "label_method": "onset_detector"},
    "pads": {"label_maps": ["td17"], "label_method": "midi"},
}
BLOCK = {"roots": ["r"], "shards": 1}


def check(name, tier="staged", **block):
    source_sets = {each: BLOCK | {"tier": tier} for each in CARDS}
    check_predictions({"source_sets": source_sets, "predictions": {name: block}}, CARDS)


def test_sets_without_labels_and_those_of_a_detector_may_have_them():
    check("mixes")
    check("tracks")
    check("mixes", "production", promote=True)
    check_predictions({"source_sets": CARDS, "predictions": {"pads": {}}}, {})  # not in use


@pytest.mark.parametrize(
    ("name", "tier", "promote", "words"),
    [
        ("mixs", "staged", False, "no such source set .did you mean 'mixes'"),
        ("pads", "staged", False, "pads has labels of its own .label_method midi in its card"),
        ("mixes", "inventory", False, "of tier 'inventory', of which no events are made"),
        ("mixes", "production", False, "a model made its labels; write promote: true there"),
        ("tracks", "production", False, "a model made its labels; write promote: true there"),
    ],
    ids=["name", "labels", "inventory", "production", "detected"],
)
def test_what_may_not_be_is_refused(name, tier, promote, words):
    with pytest.raises(ValueError, match=rf"^config: predictions.{name}: .*{words}"):
        check(name, tier, promote=promote)


def test_labels_of_a_model_are_no_detector_s():
    check_settings("tracks", CARDS["tracks"], BLOCK | {"tier": "production"}, is_predicted=True)
