"""Targets of training: against a slow recomputation, and at their edges."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_export import CLASS_MAPS, LABELS, STROKE

from drumcorpus.load.class_maps import read_class_maps
from drumcorpus.load.errors import NotAnExport
from drumcorpus.load.targets import (
    Strokes,
    frame_targets,
    frames_per_second,
    multi_hot,
    stroke_lists,
    velocity_frames,
)

MAPS = read_class_maps(
    {"classes": {label: n for n, label in enumerate(LABELS)}, "class_maps": CLASS_MAPS}
)
STROKES = st.lists(
    st.tuples(
        st.floats(0, 0.999),
        st.integers(0, len(LABELS) - 1),
        st.one_of(st.just(np.nan), st.floats(0, 1, width=32)),
    ),
    max_size=30,
)


def strokes_of(rows):
    onsets, ids, velocities = (list(part) for part in zip(*rows, strict=True)) if rows else [[]] * 3
    return Strokes(np.array(onsets, float), np.array(ids, np.int16), np.array(velocities, "f4"))


def cells(rows, class_map, fps, n_frames):
    """(frame, class, velocity) one by one."""
    for onset, label_id, velocity in rows:
        class_id = int(class_map.ids[label_id])
        if class_id >= 0:
            yield min(round(onset * fps), n_frames - 1), class_id, velocity


@settings(deadline=None)
@given(
    STROKES,
    st.sampled_from(["components", "classes_3"]),
    st.sampled_from([100.0, 86.1328125, 7.0]),
    st.sampled_from([(1.0,), (0.5, 1.0, 0.5), (0.25, 0.5, 1.0, 0.75, 0.1), (0.3, 0.2, 0.9)]),
)
def test_frames_are_those_of_a_slow_recomputation(rows, name, fps, spread):
    class_map = MAPS[name]
    targets = frame_targets(strokes_of(rows), class_map, 1.0, fps=fps, spread=spread)
    expected = np.zeros((int(np.ceil(fps)), len(class_map)), np.float32)
    for frame, class_id, _ in cells(rows, class_map, fps, len(expected)):
        for offset, value in enumerate(spread, -(len(spread) // 2)):
            if 0 <= frame + offset < len(expected):
                here = expected[frame + offset, class_id]
                expected[frame + offset, class_id] = max(here, np.float32(value))
    np.testing.assert_array_equal(targets, expected)
    assert targets.dtype == np.float32


@settings(deadline=None)
@given(STROKES, st.sampled_from([100.0, 11.0]))
def test_velocities_are_those_of_a_slow_recomputation(rows, fps):
    class_map = MAPS["classes_3"]
    velocities = velocity_frames(strokes_of(rows), class_map, 1.0, fps=fps)
    expected = np.zeros_like(velocities)
    struck = {}
    for frame, class_id, velocity in cells(rows, class_map, fps, len(expected)):
        struck.setdefault((frame, class_id), []).append(velocity)
    for cell, values in struck.items():
        known = [value for value in values if value == value]
        expected[cell] = max(known) if known else np.nan
    np.testing.assert_array_equal(velocities, expected)


def test_an_onset_lies_in_the_nearest_frame_and_the_last_one_takes_what_is_past_it():
    rows = [(0.014, 0, 1.0), (0.016, 1, 1.0), (0.999, 2, 1.0)]
    targets = frame_targets(strokes_of(rows), MAPS["classes_3"], 1.0, fps=100)
    assert targets.shape == (100, 3)
    assert np.argwhere(targets).tolist() == [[1, 0], [2, 1], [99, 2]]


def test_a_spread_is_cut_at_both_ends_and_the_larger_value_stays():
    rows = [(0.0, 0, 1.0), (0.01, 0, 1.0), (0.09, 1, 1.0)]
    targets = frame_targets(strokes_of(rows), MAPS["classes_3"], 0.1, fps=100, spread=[0.5, 1, 0.5])
    assert targets[:, 0].tolist() == [1, 1, 0.5, 0, 0, 0, 0, 0, 0, 0]
    assert targets[:, 1].tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 0.5, 1]


def test_ten_seconds_at_100_frames_are_1000_frames_and_a_begun_one_counts():
    none = strokes_of([])
    assert frame_targets(none, MAPS["components"], 10.0, fps=100).shape == (1000, 5)
    assert frame_targets(none, MAPS["components"], 441_001 / 44_100, fps=100).shape == (1001, 5)
    assert frame_targets(none, MAPS["components"], 10.0, fps=44_100 / 512).shape == (862, 5)


def test_a_label_without_a_class_is_in_no_column():
    rows = [(0.1, LABELS.index("crash"), 0.5), (0.1, LABELS.index("snare"), 0.5)]
    assert multi_hot(strokes_of(rows), MAPS["classes_3"]).tolist() == [0, 1, 0]
    assert multi_hot(strokes_of(rows), MAPS["components"]).tolist() == [0, 1, 0, 1, 0]


@pytest.mark.parametrize("spread", [[], [0.5, 1], [1, -1, 1], [[1]]])
def test_a_spread_without_a_middle_or_below_0_is_refused(spread):
    with pytest.raises(ValueError, match=r"spread: got .*wanted: an odd number of values"):
        frame_targets(strokes_of([]), MAPS["components"], 1.0, fps=100, spread=spread)


def test_frames_are_asked_for_by_rate_or_by_hop():
    assert frames_per_second(100, None) == 100
    assert frames_per_second(None, 0.01) == 100
    for fps, hop_s in ((None, None), (100, 0.01)):
        with pytest.raises(ValueError, match="give either fps or hop_s"):
            frames_per_second(fps, hop_s)
    with pytest.raises(ValueError, match="got -1 frames per second; wanted: a number above 0"):
        frames_per_second(-1, None)


# --- columns out of lists


def lists_of(*samples):
    rows = [
        None
        if strokes is None
        else [{"onset": o, "label": n, "velocity": v} for o, n, v in strokes]
        for strokes in samples
    ]
    return pa.array(rows, pa.list_(STROKE))


def test_lists_become_columns_with_the_strokes_of_each_sample():
    lists = stroke_lists(lists_of([(0.1, "snare", 0.5), (0.2, "kick", None)], [], None), LABELS)
    assert lists.offsets.tolist() == [0, 2, 2, 2]
    assert lists[0].onsets.tolist() == [0.1, 0.2]
    assert lists[0].label_ids.tolist() == [1, 0]
    np.testing.assert_array_equal(lists[0].velocities, np.float32([0.5, np.nan]))
    assert [len(lists[number]) for number in range(len(lists))] == [2, 0, 0]


def test_lists_in_several_chunks_and_slices_are_read_as_one():
    first = lists_of([(0.9, "crash", 1.0)], [(0.1, "snare", 0.5)])[1:]
    second = lists_of([(0.3, "shaker", 0.25)])
    lists = stroke_lists(pa.chunked_array([first, second]), LABELS)
    assert [lists[number].onsets.tolist() for number in (0, 1)] == [[0.1], [0.3]]
    assert stroke_lists(pa.chunked_array([], pa.list_(STROKE)), LABELS).offsets.tolist() == [0]


def test_a_label_that_is_not_declared_and_an_onset_that_is_no_number_are_refused():
    with pytest.raises(NotAnExport, match=r"the label 'gong', which components.json does not have"):
        stroke_lists(lists_of([(0.1, "gong", 0.5)]), LABELS)
    with pytest.raises(NotAnExport, match="an onset that is no number"):
        stroke_lists(lists_of([(None, "kick", 0.5)]), LABELS)
