"""Blocks of the config that are like another one."""

import pytest

from drumcorpus.ground.run.repeated_sets import origin, spell_out_repeated_sets

ENST = {"roots": ["a"], "tier": "staged", "shards": 3, "mix": "dry_mix", "checksums": "a.sha256"}


def blocks(**others):
    return spell_out_repeated_sets({"source_sets": {"enst_drums": ENST} | others})["source_sets"]


def test_a_block_takes_over_what_it_does_not_say_itself():
    spelled = blocks(second={"like": "enst_drums", "roots": ["b"], "mix": "wet_mix"})
    assert spelled["second"] == {
        "like": "enst_drums",
        "roots": ["b"],
        "tier": "staged",
        "shards": 3,
        "mix": "wet_mix",
    }
    assert spelled["enst_drums"] == ENST
    assert origin(spelled, "second") == "enst_drums"
    assert origin(spelled, "enst_drums") == "enst_drums"


def test_folders_and_checksum_lists_are_never_taken_over():
    assert not {"roots", "checksums"} & blocks(second={"like": "enst_drums"})["second"].keys()


@pytest.mark.parametrize(
    ("others", "says"),
    [
        ({"two": {"like": "enst_drum"}}, "'enst_drum' is no block .*did you mean 'enst_drums'"),
        ({"two": {"like": "two"}}, "source_sets.two.like: 'two' is no block"),
        ({"two": {"like": "enst_drums"}, "three": {"like": "two"}}, "source_sets.three.like"),
        ({"two": {"like": 3}}, "source_sets.two.like: 3 is no block"),
        ({"two": {"like": ["enst_drums"]}}, r"\['enst_drums'\] is no block"),
        ({"two": {"like": "broken"}, "broken": None}, "'broken' is no block"),
    ],
    ids=["misspelt", "itself", "like a like", "a number", "a list", "of what is no block"],
)
def test_what_a_block_cannot_be_like(others, says):
    with pytest.raises(ValueError, match=says):
        blocks(**others)


@pytest.mark.parametrize(
    "config",
    [{}, {"source_sets": None}, {"source_sets": []}, {"source_sets": {"enst_drums": None}}],
    ids=["no section", "null", "a list", "a block that is null"],
)
def test_what_is_no_mapping_is_left_to_the_schema(config):
    assert spell_out_repeated_sets(config) == config
