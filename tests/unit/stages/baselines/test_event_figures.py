"""Figures of the events: sums of whole numbers, however large the numbers."""

import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import EVENTS, SESSIONS
from drumcorpus.stages.baselines.event_figures import measure_events

DATABASE = {"threads": 2, "memory_limit": "1GB"}
LABEL = "kick"
VELOCITIES = {"a": [0.25, 0.75], "b": [0.5, 1.0], "c": [0.125]}


def velocity_of(folder, scale, order=sorted):
    rows, sessions = [], []
    for name in order(VELOCITIES):
        sessions.append(dict.fromkeys(SESSIONS.names) | {"session_id": name})
        for velocity in order(VELOCITIES[name]):
            hits = [{"label": LABEL, "velocity": velocity * scale}] * 3
            rows.append(dict.fromkeys(EVENTS.names) | {"session_id": name, "components": hits})
    write_table(folder / "events", pa.Table.from_pylist(rows, EVENTS))
    write_table(folder / "sessions", pa.Table.from_pylist(sessions, SESSIONS))
    return measure_events([folder / "events"], folder / "sessions", **DATABASE)["velocity"]


def test_the_mean_velocity_has_the_error_of_a_ratio_over_sessions(tmp_path):
    found = velocity_of(tmp_path, 1)
    assert (found["hits"], found["mean"]) == (15, 0.525)
    # Sums less 0.525 for each hit: -0.15, 1.35 and -1.2 of 6, 6 and 3 hits.
    assert found["mean_error"] == pytest.approx(((0.0225 + 1.8225 + 1.44) * 3 / 2) ** 0.5 / 15)


@pytest.mark.parametrize("scale", [2.0**20, 2.0**40, 2.0**48])
def test_velocities_of_a_wrong_scale_are_measured_in_that_scale(tmp_path, scale):
    right, wrong = velocity_of(tmp_path, 1), velocity_of(tmp_path, scale)
    assert wrong["hits"] == right["hits"]
    for name in ("mean", "mean_error", "q05", "q50", "q95"):
        assert wrong[name] == pytest.approx(right[name] * scale, rel=1e-6)


def test_the_order_of_the_events_changes_nothing(tmp_path):
    backwards = velocity_of(tmp_path, 2.0**40, lambda found: sorted(found, reverse=True))
    assert backwards == velocity_of(tmp_path, 2.0**40)
