"""Class maps are data: the committed ones say what their papers say, and are never mixed up."""

import pytest
from checkout import REPO

from drumcorpus.ground.predictions.class_maps import (
    CORPUS,
    NO_CLASS,
    class_map_names,
    load_class_map,
    make_class_map,
    make_vocabulary,
)

FOLDER = REPO / "resources/evaluation/class_maps"


@pytest.fixture
def load(taxonomy):
    return lambda name: load_class_map(name, FOLDER, taxonomy.labels)


def class_of(class_map, label):
    number = class_map.of[label]
    return None if number == NO_CLASS else class_map.classes[number]


def test_the_maps_are_called_by_their_exact_variant():
    assert class_map_names(FOLDER) == ["adtof5", "corpus", "star18", "vogl18", "vogl8"]


@pytest.mark.parametrize(
    ("name", "label", "wanted"),
    [
        ("adtof5", "hand_clap", "SD"),
        ("adtof5", "cross_stick", "SD"),
        ("adtof5", "cowbell", None),
        ("adtof5", "ride_bell", "CY+RD"),
        ("adtof5", "crash2", "CY+RD"),
        ("vogl8", "cowbell", "BE"),
        ("vogl8", "ride_bell", "BE"),
        ("vogl8", "ride_edge", "RD"),
        ("vogl8", "tambourine", None),
        ("vogl18", "cross_stick", "SS"),
        ("vogl18", "crash3", "CRC"),
        ("star18", "claves", "CL"),
        ("corpus", "crash2", "crash2"),
        ("corpus", "shaker", "shaker"),
    ],
)
def test_a_label_falls_into_the_class_of_its_paper(load, name, label, wanted):
    assert class_of(load(name), label) == wanted


@pytest.mark.parametrize(
    ("name", "n_classes"), [("adtof5", 5), ("vogl8", 8), ("vogl18", 18), ("star18", 18)]
)
def test_a_map_has_as_many_classes_as_its_name_says(load, name, n_classes):
    class_map = load(name)
    assert class_map.name == name
    assert len(class_map.classes) == n_classes
    assert set(class_map.of.values()) - {NO_CLASS} == set(range(n_classes))


def test_the_corpus_own_map_has_every_label(load, taxonomy):
    assert load(CORPUS).classes == taxonomy.labels


def test_finer_classes_are_scored_by_coarser_ones(load):
    class_of = make_vocabulary(load("vogl18"), load("vogl8")).class_of
    names = {word: load("vogl8").classes[n] for word, n in class_of.items() if n != NO_CLASS}
    assert (names["SS"], names["CLP"], names["CB"], names["LT"]) == ("SD", "SD", "BE", "TT")
    assert class_of["TB"] == NO_CLASS


def test_coarser_classes_are_not_scored_by_finer_ones(load):
    with pytest.raises(ValueError, match=r"vogl8: CY\+RD is not of one"):
        make_vocabulary(load("adtof5"), load("vogl8"))


def test_an_unknown_map_names_those_that_there_are(load):
    with pytest.raises(LookupError, match=r"no class map 'adtof'.*allowed: adtof5, corpus, star18"):
        load("adtof")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"name": "x", "classes": ["A"], "of": {"kick": "A"}}, "only one side has: snare"),
        ({"name": "x", "classes": ["A"], "of": {"kick": "A", "snare": "B"}}, "of has: B"),
        ({"name": "x", "classes": ["A", "C"], "of": {"kick": "A", "snare": None}}, "of has: C"),
        ({"name": "x", "of": {}}, "wanted: the keys name, classes"),
    ],
    ids=["no line", "no such class", "class without label", "no classes"],
)
def test_a_map_that_is_not_whole_is_refused(document, words):
    with pytest.raises(ValueError, match=words):
        make_class_map(document, ["kick", "snare"], name="x.yaml")
