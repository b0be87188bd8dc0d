"""What each tag of a boundary pack finds in a session, and what it passes over."""

import numpy as np
import pytest
import yaml
from checkout import REPO

from drumcorpus.ground.predictions.hit_columns import make_hits
from drumcorpus.stages.evaluation.boundary_pack import draw_cases
from drumcorpus.stages.evaluation.boundary_tags import (
    KINDS,
    Case,
    SessionHits,
    Windows,
    chosen_labels,
    label_numbers,
    tagged_cases,
)

RULES = yaml.safe_load((REPO / "resources/evaluation/boundary_tags.yaml").read_text())["tags"]
COMPONENTS = yaml.safe_load((REPO / "resources/taxonomy/components.yaml").read_text())
FAMILIES = {label: entry["family"] for label, entry in COMPONENTS.items()}
LABELS = list(FAMILIES)


def session(*hits, duration=None, techniques=(), negatives=()):
    """Hits of (seconds, label) or (seconds, label, MIDI velocity)."""
    velocity = [hit[2] / 127 if len(hit) > 2 else np.nan for hit in hits]
    columns = make_hits(
        [0] * len(hits), [LABELS.index(hit[1]) for hit in hits], [hit[0] for hit in hits], velocity
    )
    played = {name: np.isin(np.arange(len(hits)), rows) for name, rows in dict(techniques).items()}
    length = None if duration is None else round(duration * 1e6)
    return SessionHits(
        columns.onset, columns.label, columns.velocity, played, tuple(negatives), length
    )


def cases(tag, *hits, windows=None, **more):
    chosen = chosen_labels(RULES[tag], FAMILIES)
    return tagged_cases(session(*hits, **more), RULES[tag], chosen, windows)


def rows(tag, *hits, **more):
    return [case.rows for case in cases(tag, *hits, **more)]


def test_a_case_is_50_ms_around_its_hits():
    assert cases("first_50_ms", (0.02, "kick"), (0.05, "snare")) == [Case(0, 70_000, (0,))]
    assert cases("last_50_ms", (8.94, "kick"), (8.96, "snare"), duration=9.0) == [
        Case(8_910_000, 9_010_000, (1,))
    ]
    assert cases("last_50_ms", (8.96, "snare")) == []  # of unknown length


def test_a_window_begins_every_hop_and_ends_after_its_length():
    windows = Windows(3_000_000, 2_000_000)  # 0 to 3 s, 2 to 5 s, 4 to 7 s
    times = [0.0, 1.989, 1.99, 2.01, 2.011, 3.01, 3.5, 4.0, 5.0, 7.005]
    near = rows("window_edge", *((time, "kick") for time in times), windows=windows)
    assert [times[row] for (row,) in near] == [1.99, 2.01, 3.01, 4.0, 5.0, 7.005]
    assert rows("window_edge", (2.0, "kick")) == []


@pytest.mark.parametrize(
    ("gap_ms", "tag"),
    [(9.999, "double_trigger"), (10, "flam"), (29.999, "flam"), (30, None), (0, None)],
)
def test_strokes_of_one_label_are_a_double_trigger_a_flam_or_two(gap_ms, tag):
    hits = [(1.0, "snare"), (1.001, "kick"), (1.0 + gap_ms / 1_000, "snare")]
    assert [name for name in ("double_trigger", "flam") if rows(name, *hits)] == [tag] * bool(tag)


def test_a_flam_is_of_both_strokes():
    hits = [(1.0, "snare"), (1.01, "kick"), (1.02, "snare"), (1.04, "snare")]
    assert rows("flam", *hits) == [(0, 2), (2, 3)]


def test_a_crash_with_the_kick_takes_both_and_no_snare():
    hits = [(1.0, "kick"), (1.0, "snare"), (1.03, "crash2"), (2.0, "crash"), (2.031, "kick")]
    assert rows("crash_with_kick", *hits) == [(0, 2)]


def test_a_ride_rings_for_a_second():
    hits = [(1.0, "ride_bell"), (1.029, "crash"), (2.0, "crash"), (2.001, "crash3")]
    assert rows("crash_on_ringing_ride", *hits) == [(2,)]


def test_an_open_hat_is_closed_by_the_pedal_before_any_other_hat():
    hits = [
        *[(1.0, "hihat_open"), (1.2, "kick"), (1.5, "hihat_pedal")],
        *[(2.0, "hihat_open"), (2.2, "hihat_closed"), (2.4, "hihat_pedal")],
        *[(5.0, "hihat_open"), (6.1, "hihat_pedal")],
    ]
    assert rows("open_hat_then_pedal", *hits) == [(0, 2)]


def test_a_choke_is_of_a_cymbal_and_a_ghost_note_soft_or_called_so():
    hits = [(1.0, "crash"), (1.0, "kick"), (2.0, "china")]
    assert rows("choke", *hits, techniques={"choke": [0, 1]}) == [(0,)]
    soft = [
        (1.0, "snare", 39),
        (2.0, "snare", 40),
        (3.0, "kick", 10),
        (4.0, "snare"),
        (5.0, "snare"),
    ]
    assert rows("ghost", *soft, techniques={"ghost_note": [4]}) == [(0,), (4,)]


def test_silence_is_further_than_a_match_from_every_hit():
    hits = [(2.2, "kick"), (3.0, "kick")]
    assert cases("silence", *hits) == [Case(0, 2_149_999)]
    assert cases("silence", *hits, duration=5.5) == [
        Case(0, 2_149_999),
        Case(3_050_001, 5_500_000),
    ]
    assert cases("silence") == []  # of a length that nobody knows


def test_a_negative_example_is_a_case_without_hits():
    assert cases("negative_clip", (1.0, "kick"), negatives=[(3, 9)]) == [Case(3, 9)]


def test_every_tag_of_the_file_is_of_a_kind_and_finds_nothing_in_nothing():
    assert {rule["kind"] for rule in RULES.values()} == KINDS.keys()
    for tag in RULES:
        assert cases(tag, windows=Windows(1_000_000, 500_000)) == []
    with pytest.raises(ValueError, match=r"no family or label 'gong' in components.yaml"):
        label_numbers({"labels": ["gong"]}, FAMILIES)


def test_every_family_gives_a_case_before_any_gives_a_second():
    counts = np.array([100, 100, 3, 0, 1])
    families = ["a", "a", "b", "c", "d"]
    drawn = draw_cases(counts, families, 5, [1, 0])
    by_family = {}
    for number, places in drawn.items():
        assert places == sorted(set(places))
        assert max(places) < counts[number]
        by_family[families[number]] = by_family.get(families[number], 0) + len(places)
    assert by_family.pop("d") == 1
    assert sorted(by_family.values()) == [2, 2]
    assert draw_cases(counts, families, 5, [1, 0]) == drawn
    assert draw_cases(counts, families, 5, [2, 0]) != drawn
    assert draw_cases(counts, families, 999, [1, 0])[2] == [0, 1, 2]
    assert draw_cases(np.zeros(2, int), ["a", "b"], 5, [1]) == {}
