"""How long ago a manifest was blessed is told by releases and events, and never by a clock."""

import json

import pytest

from drumcorpus.ground.files.blessings import age_in_words, blessing, read_blessing

FIGURES, EVENTS = "a" * 64, "b" * 64
NOTE = blessing("2026-9", FIGURES, EVENTS)
TOTALS = {"events": 3509, "components": 4000, "sessions": 50, "source_sets": 2}


def age(note=NOTE, release="2026-11", releases=(), manifest=EVENTS, now=TOTALS, then=TOTALS):
    return age_in_words(
        note,
        release=release,
        releases=releases,
        figures=FIGURES,
        manifest=manifest,
        totals=(then, now),
    )


SAME = "The events are the same to the byte."


@pytest.mark.parametrize(
    ("release", "releases", "words"),
    [
        ("2026-9", ["2026-1"], "Blessed at this release."),
        ("2026-11", [], "Blessed at release 2026-9, at least 1 release ago."),
        ("2026-11", ["2026-10", "2026-8"], "Blessed at release 2026-9, at least 2 releases ago."),
        ("2026-11", ["2026-9", "2026-8"], "Blessed at release 2026-9, 1 release ago."),
        ("2026-11", ["2026-10", "2026-9", "2026-12"], "Blessed at release 2026-9, 2 releases ago."),
        ("2026-2", ["2026-9"], "Blessed at release 2026-9, whose name comes after that of this "),
    ],
    ids=["this", "not_filed", "taken_away", "filed", "between", "a_later_name"],
)
def test_releases_are_counted_in_the_order_of_their_names(release, releases, words):
    said = age(release=release, releases=releases)
    assert said.startswith(words) and said.endswith(SAME)


def test_what_has_changed_since_is_counted():
    now = TOTALS | {"events": 3510, "components": 2000, "source_sets": 4}
    assert age(manifest="c" * 64, now=now).endswith(
        "ago. Since then: 1 event more, 2,000 hits fewer, 2 source sets more."
    )
    assert age(manifest="c" * 64).endswith(
        "Events have changed since, and their numbers are the same."
    )
    # Counts of nothing are not blessed.
    assert "Since then: 50 sessions more." in age(
        manifest="c" * 64, then={key: n for key, n in TOTALS.items() if key != "sessions"}
    )


def test_what_nobody_noted_and_what_was_edited_is_said():
    assert age(None) == "At which release it was blessed is not noted; blessing again notes it."
    edited = NOTE | {"figures": "d" * 64}
    assert "The blessed figures were changed since, and not by blessing." in age(edited)
    now = TOTALS | {"events": 3510}
    assert age(edited, manifest="c" * 64, now=now).endswith(
        " Against what they say now: 1 event more."
    )


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        json.dumps(NOTE | {"schema": "other"}),
        json.dumps(NOTE | {"release": 3}),
        json.dumps(NOTE | {"figures": "A" * 64}),
        json.dumps({key: value for key, value in NOTE.items() if key != "manifest"}),
    ],
    ids=["no_json", "no_object", "schema", "release", "digest", "lacking"],
)
def test_a_damaged_note_is_refused_by_name(tmp_path, text):
    path = tmp_path / "m.blessing.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"m\.blessing\.json"):
        read_blessing(path)


def test_a_note_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "m.blessing.json"
    path.write_text(json.dumps(NOTE))
    assert read_blessing(path) == NOTE
