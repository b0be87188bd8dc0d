"""The excerpt is where most of what the session is shown for lies."""

import pytest

from drumcorpus.stages.listening.excerpt import choose_excerpt, lanes, strokes_of


def strokes(*times, label="kick", in_doubt=False):
    return [{"time": t, "label": label, "velocity": 0.5, "in_doubt": in_doubt} for t in times]


SPARSE = [float(t) for t in range(0, 100, 10)]
DENSE = [60.0 + 0.1 * n for n in range(30)]
ALL = sorted([*SPARSE, *DENSE])


def test_it_has_most_strokes_and_begins_before_the_first_of_them():
    assert choose_excerpt(strokes(*ALL), 120.0, 10.0, {}) == (59.5, 10.0)


def test_of_a_label_or_of_doubtful_hits_those_count_first():
    rare = strokes(20.0, 21.0, label="china", in_doubt=True)
    mixed = sorted(strokes(*ALL) + rare, key=lambda stroke: stroke["time"])
    for focus in ({"label": "china"}, {"doubt": True}):
        start, _ = choose_excerpt(mixed, 120.0, 10.0, focus)
        assert start <= 20.0 < 21.0 < start + 10
    assert choose_excerpt(mixed, 120.0, 10.0, {"label": "none of these"})[0] == 59.5


def test_it_stays_within_the_recording_and_reaches_to_labels_past_its_end():
    assert choose_excerpt(strokes(28.0, 29.0), 30.0, 20.0, {}) == (10.0, 20.0)
    assert choose_excerpt(strokes(1.0, 2.0), 3.0, 20.0, {}) == (0.0, 3.0)
    assert choose_excerpt(strokes(1.0, 39.5), 30.0, 20.0, {"end": True}) == (20.0, 20.0)
    assert choose_excerpt(strokes(1.0, 9.5), None, 20.0, {}) == (0.0, 10.0)


@pytest.mark.parametrize(
    ("duration", "wanted"), [(30.0, (0.0, 20.0)), (None, (0.0, 0.0))], ids=["sound", "nothing"]
)
def test_without_labels_it_is_the_beginning(duration, wanted):
    assert choose_excerpt([], duration, 20.0, {}) == wanted


def test_strokes_are_the_components_of_all_events_and_lanes_their_labels():
    def part(label, velocity=None, cymbal=None):
        return {"label": label, "velocity": velocity, "cymbal": cymbal}

    events = [
        {"event_id": "2", "onset_time": 5.0, "components": [part("snare", 0.12345)]},
        {"event_id": "1", "onset_time": 1.5, "components": [part("kick", 1.0), part("crash", 0.7)]},
    ]
    rows = strokes_of(events, frozenset({("1", 1)}))
    assert [(row["time"], row["label"], row["in_doubt"]) for row in rows] == [
        (1.5, "crash", True),
        (1.5, "kick", False),
        (5.0, "snare", False),
    ]
    shown = lanes(rows, 1.0, 4.0, ["kick", "snare", "crash"])
    assert [lane["label"] for lane in shown] == ["kick", "crash"]
    assert shown[1]["hits"] == [{"time": 0.5, "velocity": 0.7, "cymbal": None, "in_doubt": True}]
    later = lanes(rows, 4.0, 4.0, ["kick"])
    assert later == [
        {
            "label": "snare",
            "hits": [{"time": 1.0, "velocity": 0.123, "cymbal": None, "in_doubt": False}],
        }
    ]


def test_it_shows_the_place_of_a_fault_in_its_middle():
    assert choose_excerpt(strokes(*ALL), 120.0, 10.0, {"at": 33.0}) == (28.0, 10.0)
    assert choose_excerpt(strokes(*ALL), 120.0, 10.0, {"at": 1.0}) == (0.0, 10.0)
    assert choose_excerpt([], 30.0, 10.0, {"at": 29.9}) == (20.0, 10.0)


def test_it_shows_the_first_strokes_of_what_is_worst_at_the_start():
    assert choose_excerpt(strokes(5.0, *DENSE), 120.0, 10.0, {"start": True}) == (4.5, 10.0)
