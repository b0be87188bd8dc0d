"""Which exports there are once the layers of the configuration lie over each other."""

import pytest

from drumcorpus.ground.run.exports_in_use import exports_in_use

BASE = {
    "manifests": {"all_sets": {}, "one_set": {}},
    "exports": {
        "clips": {"manifest": "all_sets", "unit": "clip"},
        "shards": {"manifest": "one_set", "unit": "clip"},
    },
}
NO_EXPORT = "config: manifests.{} has no export; name one under `exports` to train from it"


def used(exports, manifests=BASE["manifests"], layers=(BASE,)):
    config, sentences = exports_in_use({"exports": exports, "manifests": manifests}, layers)
    return list(config["exports"]), sentences


def test_without_an_overlay_all_stay_and_nothing_is_said():
    config, sentences = exports_in_use(BASE | {"use": ["a"]}, [BASE])
    assert (config, sentences) == (BASE | {"use": ["a"]}, [])


def test_an_export_goes_with_its_manifest_and_that_is_said():
    assert used(BASE["exports"], {"all_sets": {}}) == (
        ["clips"],
        ["config: exports.shards is left out with its manifest, one_set"],
    )


def test_null_takes_an_export_away_and_its_manifest_is_told_to_have_none():
    assert used(BASE["exports"] | {"shards": None}) == (["clips"], [NO_EXPORT.format("one_set")])


def test_a_smoke_run_does_not_try_what_was_left_out():
    given = {"exports": BASE["exports"] | {"old": None}, "manifests": {"all_sets": {}}}
    given["smoke"] = {"events": 10, "exports": ["clips", "shards", "old", "misspelt"]}
    config, _ = exports_in_use(given, [BASE])
    assert config["smoke"] == {"events": 10, "exports": ["clips", "misspelt"]}
    assert given["smoke"]["exports"] == ["clips", "shards", "old", "misspelt"]


def test_every_manifest_without_an_export_is_told():
    assert used({}) == ([], [NO_EXPORT.format("all_sets"), NO_EXPORT.format("one_set")])


def test_a_misspelt_manifest_is_refused_with_what_was_meant():
    with pytest.raises(ValueError, match=r"exports\.clips\.manifest") as error:
        used({"clips": {"manifest": "al_sets"}, "more": {"manifest": "elsewhere"}})
    first, second = str(error.value).splitlines()
    assert first == (
        "config: exports.clips.manifest: 'al_sets' (did you mean 'all_sets'?); "
        "configured: all_sets, one_set"
    )
    assert second.startswith("config: exports.more.manifest: 'elsewhere'")


def test_a_misspelt_manifest_is_refused_where_none_is_left():
    with pytest.raises(ValueError, match=r"'al_sets'.*configured: none"):
        used({"clips": {"manifest": "al_sets"}}, {})


@pytest.mark.parametrize("name", [1, None, True], ids=["number", "null", "truth"])
def test_a_name_that_yaml_reads_as_more_than_text_is_refused(name):
    with pytest.raises(ValueError, match=r"^config: exports: the name") as error:
        used(BASE["exports"] | {name: BASE["exports"]["clips"]})
    assert str(error.value) == (
        f"config: exports: the name {name!r} is no text; allowed: small letters, digits and _, "
        "from a letter on"
    )


@pytest.mark.parametrize(
    "exports",
    [
        *(None, [], {"clips": "all_sets"}, {"clips": {"unit": "clip"}}),
        *({"clips": {"manifest": value}} for value in (None, 3, ["all_sets"])),
    ],
    ids=["null", "list", "text", "no_manifest", "null_manifest", "number", "list_of_manifests"],
)
def test_what_has_not_the_shape_is_left_to_the_schema(exports):
    config, _ = exports_in_use({"exports": exports, "manifests": BASE["manifests"]}, [BASE])
    assert config["exports"] == exports


def test_layers_that_hold_no_mapping_of_manifests_say_nothing():
    layers = [BASE, {"manifests": None}, {"manifests": 3}, {"use": ["a"]}, {}]
    kept, (sentence,) = used(BASE["exports"], {"all_sets": {}}, layers)
    assert kept == ["clips"] and "with its manifest" in sentence
