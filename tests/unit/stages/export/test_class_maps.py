import pyarrow as pa
import pytest
import yaml
from checkout import REPO

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.export.class_maps import NO_CLASS, make_class_maps
from drumcorpus.stages.export.layout import records_schema

TAXONOMY = REPO / "resources/taxonomy"
LABELS = ["kick", "snare", "crash"]


@pytest.fixture(scope="module")
def taxonomy():
    labels = list(read_yaml(TAXONOMY / "components.yaml"))
    return make_class_maps(labels, read_yaml(TAXONOMY / "class_maps.yaml"))


def test_the_maps_of_the_taxonomy(taxonomy):
    assert list(taxonomy.ids) == ["components", "classes_3", "classes_5", "classes_8", "classes_18"]
    assert {name: len(classes) for name, classes in taxonomy.classes.items()} == {
        "components": 25,
        "classes_3": 3,
        "classes_5": 5,
        "classes_8": 8,
        "classes_18": 18,
    }
    assert taxonomy.classes["classes_5"] == ("KD", "SD", "HH", "CY", "TT")
    of = taxonomy.document()["classes_5"]["of"]
    assert (of["kick"], of["rimshot"], of["crash3"], of["cowbell"]) == (0, 1, 3, None)
    assert taxonomy.document()["components"]["of"]["snare"] == 1


def test_records_have_a_field_for_each_map(taxonomy):
    for ids in ("class_ids", "event_class_ids"):
        kind = records_schema(taxonomy.ids).field(ids).type
        assert [field.name for field in kind] == list(taxonomy.ids)
        assert {field.type for field in kind} == {pa.list_(pa.int32())}


def test_labels_become_numbers(taxonomy):
    assert taxonomy.label_numbers(pa.array(["snare", "kick", "snare"])).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("labels", "said"),
    [(["kick", "gong"], "gong"), (["kick", None], "null")],
    ids=["unknown", "missing"],
)
def test_a_label_that_is_none_is_refused(taxonomy, labels, said):
    with pytest.raises(ValueError, match=f"no component: {said}; allowed: kick"):
        taxonomy.label_numbers(pa.array(labels))


def test_a_label_without_a_class():
    two = {"kick": "KD", "snare": "SD", "crash": None}
    maps = make_class_maps(LABELS, {"two": two})
    assert maps.ids["two"].tolist() == [0, 1, NO_CLASS]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("two: {kick: KD, snare: SD}", "m.yaml: two: crash: missing; every label"),
        ("two: {kick: KD, snare: SD, crash: CY, gong: CY}", "m.yaml: two: gong: is no label"),
        ("two: {kick: KD, snare: 5, crash: CY}", "m.yaml: two: snare: got 5; wanted: the name"),
        ("components: {kick: KD, snare: SD, crash: CY}", "m.yaml: components: is the map of the"),
    ],
    ids=["lacks a label", "unknown label", "no name", "reserved"],
)
def test_a_map_that_is_none_is_refused_by_key(text, said):
    with pytest.raises(ValueError, match=said):
        make_class_maps(LABELS, yaml.safe_load(text), name="m.yaml")
