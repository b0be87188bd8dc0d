"""What a manifest selects, as the configuration says it."""

import copy

import pytest
from checkout import REPO

from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.configuration import check_configuration, redistributable_part
from drumcorpus.ground.run.manifests_in_use import manifests_in_use

FOLDER = REPO / "resources/taxonomy"
NAMES = ("components", "techniques", "dynamics")
TAXONOMY = load_taxonomy(*(FOLDER / f"{name}.yaml" for name in NAMES))
SCHEMA = read_yaml(REPO / "workflow/schemas/config.schema.yaml")
SELECT = {"egmd": {"kit": ["Jazz"]}, "slakh2100": {"sessions": "ids.txt", "split": ["train"]}}


@pytest.fixture
def config():
    config = copy.deepcopy(read_yaml(REPO / "config/config.yaml"))
    config["manifests"]["prod_combined"]["select"] = copy.deepcopy(SELECT)
    return config


def test_a_selection_of_merged_sets_is_allowed(config):
    check_configuration(config, TAXONOMY)
    assert document_problems(config, SCHEMA) == []


def test_a_selection_of_a_set_that_is_not_merged_is_refused(config):
    config["manifests"]["prod_combined"]["select"]["cambridge"] = {"split": ["train"]}
    config["manifests"]["prod_combined"]["select"]["egdm"] = {"split": ["train"]}
    with pytest.raises(ValueError) as error:
        check_configuration(config, TAXONOMY)
    lines = str(error.value).splitlines()
    merged = "it merges: slakh2100, groove_mididataset, egmd, enst_drums, idmt_smt_drums_v2"
    assert lines[0].startswith(f"config: manifests.prod_combined.select: 'cambridge'; {merged}")
    assert "'egdm' (did you mean 'egmd'?); it merges" in lines[1]
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({}, "select.egmd: got {}"),
        ({"kits": ["Jazz"]}, "unknown key 'kits' (did you mean 'kit'?)"),
        ({"kit": []}, "select.egmd.kit: got []"),
        ({"kit": "Jazz"}, "select.egmd.kit: got 'Jazz'; wanted: array (values of"),
        ({"kit": [808]}, "got 808; wanted: string"),
        ({"split": ["valid"]}, "'valid'; allowed: train, validation, test"),
        ({"sessions": []}, "select.egmd.sessions: got []"),
    ],
    ids=["nothing", "key", "no kit", "text", "number", "split", "no session"],
)
def test_what_the_schema_refuses(config, wanted, words):
    config["manifests"]["prod_combined"]["select"]["egmd"] = wanted
    (problem,) = document_problems(config, SCHEMA)
    assert words in problem


def test_a_set_that_is_not_in_use_takes_its_selection_along(config):
    layers = [config, {"use": ["egmd"]}]
    narrowed = manifests_in_use({**config, "use": ["egmd"]}, layers)[0]
    assert narrowed["manifests"]["prod_combined"]["source_sets"] == ["egmd"]
    assert narrowed["manifests"]["prod_combined"]["select"] == {"egmd": SELECT["egmd"]}


def test_so_does_a_set_that_may_not_be_passed_on(config):
    cards = {name: {"redistributable": name != "egmd"} for name in config["use"]}
    part = redistributable_part(config | {"redistributable_only": True}, cards)
    assert part["manifests"]["prod_combined"]["select"] == {"slakh2100": SELECT["slakh2100"]}
    assert part["manifests"]["prod_combined"]["gates"] == "resources/gates/basic.yaml"
