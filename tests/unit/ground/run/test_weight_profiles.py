"""Weights profiles: what each has, who asks for it, and what is refused by its key."""

import copy

import pytest
from checkout import REPO

from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.configuration import check_configuration
from drumcorpus.ground.run.weight_profiles import export_profile, profile_name, weight_profiles

FOLDER = REPO / "resources/taxonomy"
NAMES = ("components", "techniques", "dynamics")
TAXONOMY = load_taxonomy(*(FOLDER / f"{name}.yaml" for name in NAMES))
SCHEMA = read_yaml(REPO / "workflow/schemas/config.schema.yaml")
CONFIG = read_yaml(REPO / "config/config.yaml")


@pytest.fixture
def config():
    return copy.deepcopy(CONFIG)


def test_a_profile_lies_over_sampling_key_by_key_and_null_takes_one_away(config):
    config["sampling"]["technique_factors"] = {"flam": 2.0}
    own = {"exponent": 1.0, "technique_factors": {"choke": 3.0}}
    config["weights"] = {"even": own, "gone": None, "same": {}}
    profiles = weight_profiles(config)
    assert list(profiles) == ["default", "even", "same"]
    assert profiles["default"] == profiles["same"] == config["sampling"]
    assert profiles["even"] == config["sampling"] | own


def test_an_export_has_the_profile_of_its_manifest_unless_it_names_one(config):
    assert export_profile(config, "clips") == "default"
    config["manifests"]["prod_combined"]["weights"] = "even"
    config["exports"]["shards"]["weights"] = "default"
    assert export_profile(config, "clips") == "even"
    assert export_profile(config, "shards") == "default"
    assert profile_name(config["source_sets"]["cambridge"]) == "default"


def changed(config, place, value):
    """The configuration with a value at a place such as weights.even.exponent."""
    section = config
    *folders, key = place.split(".")
    for name in folders:
        section = section.setdefault(name, {})
    section[key] = value
    return config


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        (
            "exports.clips.weights",
            "evn",
            "exports.clips.weights: 'evn' (did you mean 'even'?); configured: default, even",
        ),
        (
            "manifests.prod_combined.weights",
            "flat",
            "manifests.prod_combined.weights: 'flat'; configured: default, even",
        ),
        (
            "source_sets.cambridge.weights",
            "flat",
            "source_sets.cambridge.weights: 'flat'; configured: default, even",
        ),
        (
            "sampling.class_bounds",
            {"crash_2": {"min": 2}},
            "sampling.class_bounds: 'crash_2' (did you mean 'crash2'?); allowed: kick, ",
        ),
        (
            "weights.even.class_bounds",
            {"crash2": {"min": 3, "max": 2}},
            "weights.even.class_bounds.crash2: min 3 is above max 2",
        ),
        (
            "weights.even.technique_factors",
            {"flams": 2},
            "weights.even.technique_factors: 'flams' (did you mean 'flam'?); allowed: ",
        ),
        (
            "weights.even.source_set_shares",
            {"slakh": 0.2},
            "weights.even.source_set_shares: 'slakh' (did you mean 'slakh2100'?); configured: camb",
        ),
        (
            "weights.even.source_set_shares",
            {"slakh2100": 0.7, "egmd": 0.4},
            "weights.even.source_set_shares: they add up to 1.1; at most 1 can be shared",
        ),
    ],
    ids=[
        *("export", "manifest", "set", "label", "bounds", "technique", "share", "more than all"),
    ],
)
def test_what_a_profile_says_wrong_is_refused_by_its_key(config, place, value, sentence):
    config["weights"] = {"even": {"exponent": 1.0}}
    with pytest.raises(ValueError) as error:
        check_configuration(changed(config, place, value), TAXONOMY)
    assert str(error.value).startswith(f"config: {sentence}")
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("merged", [["egmd"], ["egmd", "slakh2100"]], ids=["alone", "others"])
def test_a_set_may_have_all_draws_for_others_may_have_no_event_of_the_splits(config, merged):
    config["manifests"]["prod_combined"]["source_sets"] = merged
    config["weights"] = {"even": {"source_set_shares": {"egmd": 1.0}}}
    config["exports"]["clips"]["weights"] = "even"
    check_configuration(config, TAXONOMY)
    assert document_problems(config, SCHEMA) == []


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("weights.default", {}, "weights: got 'default'"),
        ("weights.even.exponents", 1, "weights.even: unknown key 'exponents' (did you mean"),
        ("weights.even.exponent", -1, "weights.even.exponent: got -1; allowed: number from 0 to"),
        ("sampling.exponent", 10.5, "got 10.5; allowed: number from 0 to 10"),
        ("sampling.group_field", "band", "got 'band'; allowed: session, performance, kit, drummer"),
        ("sampling.split", [], "sampling.split: got []"),
        ("sampling.split", "valid", "sampling.split: got 'valid'"),
        ("weights.even.dedupe_fields", ["velocity"], "'velocity'; allowed: source_set, session_id"),
        ("weights.even.class_bounds", {"crash2": {}}, "weights.even.class_bounds.crash2: got {}"),
    ],
    ids=[
        *("default", "key", "exponent", "large exponent", "group", "no split", "split", "field"),
        "no bound",
    ],
)
def test_what_the_schema_refuses(config, place, value, words):
    (problem,) = document_problems(changed(config, place, value), SCHEMA)
    assert words in problem
