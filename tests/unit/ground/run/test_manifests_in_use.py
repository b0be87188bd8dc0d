"""Which manifests there are once the layers of the configuration lie over each other."""

import pytest

from drumcorpus.ground.run.manifests_in_use import manifests_in_use

BLOCKS = {
    "egmd": {"tier": "production"},
    "groove": {"tier": "production"},
    "cambridge": {"tier": "staged"},
}
BASE = {
    "use": ["egmd", "groove", "cambridge"],
    "manifests": {"all_sets": {"source_sets": ["egmd", "groove"], "gates": "basic.yaml"}},
}


def overlaid(*overlays):
    """What Snakemake makes of the layers, and what follows from it."""
    config = {"source_sets": BLOCKS} | BASE
    manifests = dict(BASE["manifests"])
    for overlay in overlays:
        for name, block in (overlay.get("manifests") or {}).items():
            old = manifests.get(name)
            both = isinstance(old, dict) and isinstance(block, dict)
            manifests[name] = old | block if both else block
        config |= {k: v for k, v in overlay.items() if k != "manifests"}
    config, sentences = manifests_in_use(config | {"manifests": manifests}, [BASE, *overlays])
    return {name: block["source_sets"] for name, block in config["manifests"].items()}, sentences


def test_without_an_overlay_all_stay():
    assert overlaid() == ({"all_sets": ["egmd", "groove"]}, [])


def test_a_manifest_follows_what_a_later_file_says_to_use():
    manifests, (sentence,) = overlaid({"use": ["groove"]})
    assert manifests == {"all_sets": ["groove"]}
    assert "manifests.all_sets follows `use`: it merges groove, without egmd" in sentence


def test_a_manifest_of_which_nothing_is_in_use_is_left_out():
    manifests, (sentence,) = overlaid({"use": ["cambridge"]})
    assert manifests == {}
    assert "manifests.all_sets is left out" in sentence
    assert "egmd, groove" in sentence


def test_a_set_that_is_staged_since_is_not_merged():
    staged = BLOCKS | {"egmd": {"tier": "staged"}}
    manifests, _ = overlaid({"use": ["egmd", "groove"], "source_sets": staged})
    assert manifests == {"all_sets": ["groove"]}


def test_one_that_is_named_where_use_is_said_stays_as_it_is():
    named = {"use": ["groove"], "manifests": {"all_sets": {"source_sets": ["egmd"]}}}
    assert overlaid(named) == ({"all_sets": ["egmd"]}, [])  # for the check to refuse
    assert overlaid({"use": ["groove"]}, {"manifests": named["manifests"]})[1] == []


@pytest.mark.parametrize(
    ("overlays", "left"),
    [
        ([{"manifests": {"all_sets": None}}], {}),
        ([{"manifests": {}}], {}),
        ([{"manifests": {}}, {"manifests": {"mine": {"source_sets": ["egmd"]}}}], {"mine"}),
        ([{"manifests": {"mine": {"source_sets": ["egmd"]}}}, {"manifests": {}}], {}),
        ([{"manifests": {"mine": {"source_sets": ["egmd"]}}}], {"all_sets", "mine"}),
    ],
    ids=["null", "none", "none, then another", "another, then none", "one more"],
)
def test_manifests_are_taken_away(overlays, left):
    manifests, sentences = overlaid(*overlays)
    assert manifests.keys() == set(left)
    assert sentences == []


@pytest.mark.parametrize("wrong", [None, [], "prod"], ids=["null", "list", "text"])
def test_what_is_no_mapping_is_left_to_the_schema(wrong):
    config = {"source_sets": BLOCKS} | BASE | {"manifests": wrong}
    assert manifests_in_use(config, [BASE])[0]["manifests"] == wrong
