"""Files of tracks: one of a kind is taken, and what cannot be read is refused by its reason."""

import pytest

from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.sessions import Survey
from drumcorpus.source_sets.shared.track_files import (
    fewest_folders_first,
    read_strokes,
    take_file,
    tempo_and_meter,
)


def refused(survey):
    return [(each.path, each.reason, each.detail) for each in survey.refusals]


def test_the_copy_in_fewer_folders_comes_first_whatever_the_order():
    paths = ["b/x.txt", "old/a/x.txt", "a/x.txt"]
    assert fewest_folders_first(paths) == fewest_folders_first(reversed(paths))
    assert fewest_folders_first(paths) == ["a/x.txt", "b/x.txt", "old/a/x.txt"]


def test_of_a_kind_one_file_is_taken_and_the_others_are_refused():
    survey, taken = Survey(roles={}), {}
    take_file(survey, taken, "drums", "a.txt", is_sound=False)
    take_file(survey, taken, "audio", "a.wav", is_sound=True)
    take_file(survey, taken, "drums", "old/a.txt", is_sound=False)
    take_file(survey, taken, "audio", "old/a.wav", is_sound=True, of="name")
    assert taken == {"drums": "a.txt", "audio": "a.wav"}
    assert survey.roles == {"a.txt": "annotation"}
    assert refused(survey) == [
        ("old/a.txt", "duplicate_file", "a second file of this track; a.txt is taken"),
        ("old/a.wav", "duplicate_file", "a second file of this name; a.wav is taken"),
    ]


def test_strokes_have_their_lines():
    assert read_strokes("a.txt", b"\n0.5\tKD\n1 SD \n", "wanted") == [
        (2, 0.5, "KD"),
        (3, 1.0, "SD"),
    ]


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (b"0.5 KD\nsoon SD\n", "unreadable_annotation", "a.txt:2: got 'soon SD'; wanted: a stroke"),
        (b"\n \n", "no_onsets", "the annotation holds no onset"),
    ],
    ids=["no_time", "empty"],
)
def test_a_text_without_strokes_is_refused_by_its_reason(data, reason, detail):
    with pytest.raises(UnusableFile) as refusal:
        read_strokes("a.txt", data, "a stroke")
    assert (refusal.value.path, refusal.value.reason) == ("a.txt", reason)
    assert refusal.value.detail == detail


def test_tempo_and_meter_are_those_of_the_beats():
    survey = Survey(roles={})
    beats = "".join(f"{n / 2:.2f}\t{n % 3 + 1}\n" for n in range(13)).encode()
    assert tempo_and_meter(survey, "a", "a.beats", {"a.beats": beats}.__getitem__) == (120.0, "3/4")
    assert refused(survey) == []
    assert tempo_and_meter(survey, "a", "a.beats", {"a.beats": b"x"}.__getitem__) is None
    ((path, reason, detail),) = refused(survey)
    assert (path, reason) == ("a.beats", "unreadable_beats") and "a.beats:1: got 'x'" in detail
