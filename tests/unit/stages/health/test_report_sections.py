"""Sections of the health report that rest on other reports."""

import json

from drumcorpus.stages.health.documents import loudness_drift


def sound(**medians):
    sets = {name: {"loudness": {"median": median}} for name, median in medians.items()}
    return {"by_source_set": sets}


def drift(tmp_path, before, now):
    path = tmp_path / "blessed.json"
    path.write_text(json.dumps({"audio_checks": before}))
    return loudness_drift(now, path)


def test_the_loudness_of_every_set_is_held_against_its_own(tmp_path):
    now = sound(egmd=-21.5, slakh2100=-18.25, new=-3.0)
    assert drift(tmp_path, sound(egmd=-20.0, slakh2100=-18.5, gone=-10.0), now) == {
        "baseline": "blessed",
        "by_source_set": {"egmd": -1.5, "slakh2100": 0.25},
        "largest_lu": 1.5,
    }


def test_where_nothing_is_blessed_nothing_has_moved():
    assert loudness_drift(sound(egmd=-20.0), None) == {
        "baseline": "none",
        "by_source_set": {},
        "largest_lu": 0.0,
    }


def test_a_loudness_that_is_not_known_any_more_is_no_agreement(tmp_path):
    found = drift(tmp_path, sound(egmd=-20.0), sound(egmd=None))
    assert found["by_source_set"] == {"egmd": None}
    assert found["largest_lu"] is None


def test_blessed_figures_without_sound_and_a_report_without_sound(tmp_path):
    path = tmp_path / "blessed.json"
    path.write_text("{}")
    assert loudness_drift(sound(egmd=-20.0), path)["largest_lu"] == 0.0
    assert loudness_drift(None, path) is None
