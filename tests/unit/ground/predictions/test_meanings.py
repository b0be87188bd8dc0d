"""What predictions that become events say, and the label of each of their words."""

import pytest
from checkout import REPO

from drumcorpus.ground.predictions.meanings import read_meanings

RESOURCES = REPO / "resources"
ADTOF5 = {
    "BD": None,
    "SD": "snare",
    "TT": "tom_mid",
    "HH": "hihat_closed",
    "CY+RD": "crash",
}


def meanings(**keys):
    return read_meanings(RESOURCES, RESOURCES / "taxonomy", **keys)


def labels_of(label_map):
    return {word: stroke.label for word, stroke in label_map.strokes.items()}


def test_labels_of_the_corpus_mean_themselves():
    found = meanings()
    assert found.label_map.name == "corpus"
    assert labels_of(found.label_map) == {name: name for name in found.vocabulary.class_of}
    assert found.vocabulary.class_of["kick"] == 0
    assert [path.name for path in found.files] == [
        *("components.yaml", "techniques.yaml", "dynamics.yaml"),
    ]


def test_a_class_of_one_label_is_that_label_and_of_several_the_chosen_one():
    found = meanings(class_map="adtof5", labels=ADTOF5 | {"SD": "rimshot"})
    assert labels_of(found.label_map) == {
        "SD": "rimshot",
        "TT": "tom_mid",
        "HH": "hihat_closed",
        "CY+RD": "crash",
    }
    assert found.label_map.drops == {"BD": "class_of_several_labels"}
    assert found.vocabulary.class_of == {"BD": 0, "SD": 1, "TT": 2, "HH": 3, "CY+RD": 4}
    assert found.files[-1].name == "adtof5.yaml"
    alone = {name: label for name, label in ADTOF5.items() if name != "BD"}
    assert labels_of(meanings(class_map="adtof5", labels=alone).label_map)["BD"] == "kick"


def test_notes_have_the_labels_of_their_map():
    found = meanings(note_map="general_midi")
    assert found.vocabulary is None
    assert found.label_map.strokes["38"].label == "snare"
    assert found.files[-1].name == "general_midi.yaml"


@pytest.mark.parametrize(
    ("keys", "error", "words"),
    [
        ({"class_map": "adtof"}, LookupError, "no class map 'adtof'"),
        ({"note_map": "roland"}, LookupError, "no note map 'roland'"),
        ({"class_map": "adtof5"}, ValueError, "SD (snare, rimshot, cross_stick, hand_clap); TT"),
        ({"class_map": "adtof5", "labels": {"CY": "ride_bow"}}, ValueError, "'CY'"),
        (
            {"class_map": "adtof5", "labels": ADTOF5 | {"HH": "hihat_clsed"}},
            ValueError,
            "labels.HH: got 'hihat_clsed' (did you mean 'hihat_closed'?); allowed: a label of this",
        ),
        ({"note_map": "general_midi", "labels": {"BD": "kick"}}, ValueError, "note_map: is given"),
    ],
    ids=["class map", "note map", "nothing said", "class", "label", "both"],
)
def test_what_is_not_clear_is_refused(keys, error, words):
    with pytest.raises(error) as refused:
        meanings(**keys)
    assert words in str(refused.value)
