"""Cards, the settings that they name, and the licence switch."""

import pytest

from drumcorpus.ground.run.cards import check_settings, read_options
from drumcorpus.ground.run.configuration import redistributable_part

CARD = {"settings": ["mix"], "references": {"cymbals": "source_sets/c.yaml"}}
BLOCK = {"roots": ["r"], "tier": "staged", "shards": 1}


def test_options_are_settings_and_documents_by_name(tmp_path):
    (tmp_path / "c.yaml").write_text("a: 1\n")
    options = read_options(CARD, [tmp_path / "c.yaml"], {"mix": "dry"})
    assert options == {"mix": "dry", "cymbals": {"a": 1}}
    assert read_options({}, [], {}) == {}


def test_a_setting_that_the_card_names_must_be_there():
    check_settings("enst_drums", CARD, BLOCK | {"mix": "dry"})
    with pytest.raises(ValueError, match=r"source_sets.enst_drums: .*: mix; .* missing \['mix'\]"):
        check_settings("enst_drums", CARD, BLOCK)


def test_a_setting_of_another_set_is_refused():
    with pytest.raises(ValueError, match=r"source_sets.egmd: .* got unknown \['mix'\]"):
        check_settings("egmd", {}, BLOCK | {"mix": "dry"})


DETECTED = {"label_method": "onset_detector"}


def test_labels_that_a_detector_found_are_of_production_only_where_the_config_accepts_them():
    production = BLOCK | {"tier": "production"}
    for refusing in ({}, {"accept_detected_labels": False}):
        with pytest.raises(ValueError, match=r"source_sets.cambridge: tier 'produc.*write ac"):
            check_settings("cambridge", DETECTED, production | refusing)
    check_settings("cambridge", DETECTED, production | {"accept_detected_labels": True})
    for tier in ("staged", "inventory"):
        check_settings("cambridge", DETECTED, BLOCK | {"tier": tier})
    for method in ("midi", "annotation", "file_name"):
        check_settings("egmd", {"label_method": method}, production)


class TestRedistributable:
    config = {  # noqa: RUF012
        "use": ["free", "bound"],
        "redistributable_only": True,
        "manifests": {"m": {"source_sets": ["free", "bound"], "gates": "g"}},
    }
    cards = {"free": {"redistributable": True}, "bound": {"redistributable": False}}  # noqa: RUF012

    def test_what_may_not_be_passed_on_is_left_out_everywhere(self):
        found = redistributable_part(self.config, self.cards)
        assert found["use"] == ["free"]
        assert found["manifests"] == {"m": {"source_sets": ["free"], "gates": "g"}}

    def test_without_the_switch_nothing_changes(self):
        config = self.config | {"redistributable_only": False}
        assert redistributable_part(config, self.cards) == config

    def test_a_manifest_of_which_nothing_is_left_is_an_error(self):
        config = self.config | {"manifests": {"m": {"source_sets": ["bound"], "gates": "g"}}}
        with pytest.raises(ValueError, match=r"leaves nothing of m; .* passed on: bound"):
            redistributable_part(config, self.cards)
