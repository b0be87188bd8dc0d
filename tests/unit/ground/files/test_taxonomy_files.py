"""Families and their labels, as the taxonomy's file has them."""

import pytest

from drumcorpus.ground.files.taxonomy_files import load_cymbal_families, load_labels_of_family

TAXONOMY = """
kick: {family: kick}
bell: {family: ride}
second: {family: crash, cymbal: 2}
bow: {family: ride}
first: {family: crash, cymbal: 1}
"""


@pytest.fixture
def components(tmp_path):
    path = tmp_path / "components.yaml"
    path.write_text(TAXONOMY, encoding="utf-8")
    return path


def test_families_have_their_labels_in_the_order_of_their_cymbals(components):
    rides, crashes = load_cymbal_families(components, ["ride", "crash"])
    assert (rides.labels, rides.is_numbered) == (("bell", "bow"), False)
    assert (crashes.labels, crashes.is_numbered) == (("first", "second"), True)


@pytest.mark.parametrize(
    ("name", "labels"),
    [("ride", ("bell", "bow")), ("crash", ("first", "second")), (None, ())],
    ids=["plain", "numbered", "none"],
)
def test_a_family_by_its_name_has_labels_and_no_name_has_none(components, name, labels):
    assert load_labels_of_family(components, name) == labels


def test_a_family_that_is_not_there_is_named_with_the_file_and_those_that_are(components):
    with pytest.raises(ValueError) as refused:
        load_labels_of_family(components, "rides")
    assert str(refused.value) == (
        f"{components}: no label of family 'rides'; families: crash, kick, ride"
    )
