"""Merging shards of JSON Lines: what is kept, in which order, and what is recorded of it."""

import pytest

from drumcorpus.stages.corpora.merging import MergeSettings, merge_settings


def test_what_is_not_given_is_the_key_of_an_encode_grid_and_first():
    assert merge_settings() == MergeSettings(
        ("src_sha256", "encoder", "preset", "crf"),
        ("src_sha256", "encoder", "preset", "crf"),
        "first",
    )
    assert merge_settings(["mos:number", "event_id:text"], "events", "error") == MergeSettings(
        ("mos:number", "event_id:text"), ("event_id",), "error"
    )
    assert merge_settings(["mos"], ["b", "a"]) == MergeSettings(
        ("mos", "b", "a"), ("b", "a"), "first"
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"duplicates": "last"}, r"duplicates: got 'last'; allowed: first, error"),
        ({"natural_key": []}, r"natural_key: got none; wanted: one field or more, each but once"),
        ({"natural_key": ["a", "a"]}, r"natural_key: got a, a; wanted: one field or more"),
        ({"natural_key": "event"}, r"natural_key: got 'event'; wanted: a list .* encode_grid, ev"),
        ({"required_keys": ["a", "a:text"]}, r"the required key 'a:text' stands twice"),
    ],
    ids=["policy", "no key", "key twice", "no such key", "required twice"],
)
def test_settings_that_mean_nothing_are_refused(asked, words):
    with pytest.raises(ValueError, match=words):
        merge_settings(**asked)
