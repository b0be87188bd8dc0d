"""Onsets of two lists are matched as mir_eval matches them; figures of nothing are none."""

import numpy as np
import pytest

from drumcorpus.ground.statistics.onset_matches import (
    first_of_groups,
    match_times,
    median_ms,
    share,
)


@pytest.mark.parametrize(
    ("reference", "estimated", "pairs"),
    [
        ([], [1.0], []),
        ([1.0], [], []),
        ([1.0, 2.0], [1.04, 2.06], [(0, 0)]),
        # The nearer one would leave the other alone: as many as can be are matched.
        ([1.0, 1.04], [1.03, 1.08], [(0, 0), (1, 1)]),
        ([1.0], [0.99, 1.01], 1),
    ],
    ids=["no_reference", "nothing_said", "window", "most", "once"],
)
def test_each_is_matched_once_and_as_many_as_can_be(reference, estimated, pairs):
    found = match_times(np.array(reference), np.array(estimated))
    assert found.shape[1] == 2 and found.dtype == int
    if isinstance(pairs, int):
        assert len(found) == pairs
    else:
        assert sorted(map(tuple, found.tolist())) == pairs


def test_a_group_lasts_30_ms_from_its_first():
    times = np.array([1.0, 1.029, 1.031, 1.06, 2.0])
    assert first_of_groups(times).tolist() == [1.0, 1.031, 2.0]
    assert first_of_groups(np.zeros(0)).tolist() == []


def test_figures_as_reports_have_them():
    assert (share(1, 3), share(0, 3), share(0, 0)) == (0.333333, 0.0, None)
    assert median_ms(np.array([0.001, 0.0123456, 0.2])) == 12.346
    assert median_ms(np.zeros(0)) is None
