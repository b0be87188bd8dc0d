"""The configuration: sections under former names."""

import pytest

from drumcorpus.ground.run.configuration import (
    FORMER_SECTIONS,
    check_source_set_names,
    with_present_names,
)

PRESENT = {
    "checks": {"measure": {"search_ms": 50.0}, "limits": {"timing_ms": 20.0}},
    "inventory": {"vanished": "refuse", "integrity": {"level": "sample", "sample": 200}},
    "baselines": {
        "memory_limit": "1GB",
        "distribution": {"min_hits": 20},
        "tolerances": {"count": 0, "relative": 0.01},
    },
    "use": ["egmd"],
}


def test_present_names_stay_as_they_are():
    assert with_present_names(PRESENT) == (PRESENT, [])


@pytest.mark.parametrize(
    ("former", "overlay", "place", "value"),
    [
        ("audio_checks", {"limits": {"timing_ms": 5.0}}, ("checks", "limits", "timing_ms"), 5.0),
        ("integrity", {"level": "full"}, ("inventory", "integrity", "level"), "full"),
        ("distribution", {"min_hits": 3}, ("baselines", "distribution", "min_hits"), 3),
        ("comparison", {"tolerances": {"count": 2}}, ("baselines", "tolerances", "count"), 2),
    ],
)
def test_a_former_name_lies_over_the_present_one(former, overlay, place, value):
    config, renamed = with_present_names(PRESENT | {former: overlay})
    assert former not in config
    setting = config
    for key in place:
        setting = setting[key]
    assert setting == value
    present = ".".join(FORMER_SECTIONS[former])
    assert renamed == [f"config: {former} is called {present} now; write that instead"]


def test_what_the_overlay_does_not_name_stays():
    config, _ = with_present_names(PRESENT | {"audio_checks": {"limits": {"timing_ms": 5.0}}})
    assert config["checks"]["measure"] == {"search_ms": 50.0}
    config, _ = with_present_names(PRESENT | {"comparison": {"tolerances": {"count": 2}}})
    assert config["baselines"]["tolerances"] == {"count": 2, "relative": 0.01}
    assert config["baselines"]["distribution"] == {"min_hits": 20}


def test_two_former_sections_of_one_present_one_both_hold():
    overlay = {"comparison": {"tolerances": {"count": 2}}, "distribution": {"min_hits": 3}}
    config, renamed = with_present_names(PRESENT | overlay)
    assert config["baselines"]["tolerances"]["count"] == 2
    assert config["baselines"]["distribution"]["min_hits"] == 3
    assert len(renamed) == 2


def test_what_is_no_section_is_left_to_the_schema():
    config, _ = with_present_names(PRESENT | {"audio_checks": None})
    assert config["checks"] is None


def test_the_configuration_that_came_in_is_not_changed():
    config = {"checks": {"limits": {"timing_ms": 20.0}}, "audio_checks": {"limits": {"x": 1}}}
    with_present_names(config)
    assert config["checks"] == {"limits": {"timing_ms": 20.0}}


MODULES = ["egmd", "enst_drums", "groove_mididataset"]


@pytest.mark.parametrize(
    ("blocks", "sentence"),
    [
        ({"egdm": {"roots": ["r"]}}, "source_sets.egdm: there is no such source set (did you mean"),
        ({"ENST-Drums": {}}, "did you mean 'enst_drums'?"),
        ({"my_set": {"roots": ["r"]}}, "known: egmd, enst_drums, groove_mididataset; for one of"),
    ],
    ids=["swapped", "as_published", "own_name"],
)
def test_a_block_of_a_source_set_that_there_is_not_is_told_what_was_meant(blocks, sentence):
    with pytest.raises(ValueError) as error:
        check_source_set_names({"source_sets": {"egmd": {}} | blocks}, MODULES)
    assert sentence in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    "blocks",
    [{"egmd": {}}, {"kit2": {"like": "egmd"}}, None, {}],
    ids=["module", "like", "null", "none"],
)
def test_a_block_of_a_module_or_like_one_is_no_problem(blocks):
    check_source_set_names({"source_sets": blocks}, MODULES)
