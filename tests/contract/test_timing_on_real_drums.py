"""Label timing where truth is known: recorded takes that people annotated, and rendered MIDI."""

import importlib.util
from types import SimpleNamespace

import numpy as np
import pytest
from sounds import write_sound

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.sound.check_settings import MeasureSettings
from drumcorpus.hits import group_onsets
from drumcorpus.stages.checks.decoding import decode
from drumcorpus.stages.checks.mix_lag import find_lag
from drumcorpus.stages.checks.timing import measure_timing

SIMULTANEOUS = 0.005
TAKES = ("MusicDelta_Beatles", "MusicDelta_Rockabilly", "MusicDelta_Shadows", "MusicDelta_Zeppelin")
SHIFTS_MS = (-200, -30, 30, 200)


@pytest.fixture(scope="module")
def settings(repo):
    config = read_yaml(repo / "config/config.yaml")
    return read_settings(MeasureSettings, config["checks"]["measure"])


def events_of(onsets):
    onsets = np.sort(np.array(onsets))
    return onsets[group_onsets(np.zeros(len(onsets), dtype=int), onsets, SIMULTANEOUS)]


@pytest.fixture(scope="module", params=TAKES)
def take(request, shared):
    """The trace and the annotated onsets of one recorded take."""
    folder = shared / "mdb_drums"
    path = folder / f"audio/drum_only/{request.param}_Drum.wav"
    lines = (folder / f"annotations/class/{request.param}_class.txt").read_text().splitlines()
    onsets = events_of([float(line.split()[0]) for line in lines if line.strip()])
    return SimpleNamespace(trace=decode([path.name], [path], -60.0).trace, onsets=onsets)


@pytest.fixture(scope="module", params=["muldjord", "bja_pacific"])
def rendered(request, shared, tmp_path_factory):
    """The same of a real performance that a sampled kit plays: its onsets are exact."""
    tool = shared.parent / "tools/render_groove.py"
    specification = importlib.util.spec_from_file_location("render_groove", tool)
    renderer = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(renderer)
    midi = min((shared / "groove_midi/groove/drummer1/session1").glob("*_beat_*.mid"))
    notes = [note for note in renderer.note_ons(midi) if note[0] < 60]
    kit = renderer.load_kit(shared / "kits" / request.param)
    path = tmp_path_factory.mktemp("rendered") / "a.wav"
    samples = renderer.render(notes, kit, np.random.default_rng(7))
    write_sound(path, samples, renderer.RATE)
    onsets = events_of([onset for onset, _, _ in notes])
    return SimpleNamespace(trace=decode(["a.wav"], [path], -60.0).trace, onsets=onsets)


def shifted_ms(recording, settings, shift_ms):
    onsets = recording.onsets + shift_ms / 1000
    timing = measure_timing(recording.trace, onsets[onsets > 0], settings)
    return timing.offset_ms


def test_exact_onsets_are_found_where_they_are(rendered, settings):
    timing = measure_timing(rendered.trace, rendered.onsets, settings)
    assert abs(timing.offset_ms) < 1
    assert timing.mad_ms < 1
    assert abs(timing.drift_ms_per_min) < 1
    assert timing.n_measured > 40


def test_people_annotate_some_milliseconds_late(take, settings):
    timing = measure_timing(take.trace, take.onsets, settings)
    assert 1 < timing.offset_ms < 10
    assert timing.mad_ms < 5


@pytest.mark.parametrize("shift_ms", SHIFTS_MS)
def test_a_shift_of_exact_onsets_comes_out(rendered, settings, shift_ms):
    assert shifted_ms(rendered, settings, shift_ms) == pytest.approx(shift_ms, abs=2)


@pytest.mark.parametrize("shift_ms", SHIFTS_MS)
def test_a_shift_of_annotated_onsets_comes_out(take, settings, shift_ms):
    found = shifted_ms(take, settings, shift_ms) - shifted_ms(take, settings, 0)
    assert found == pytest.approx(shift_ms, abs=2)


def test_a_drift_of_exact_onsets_comes_out(rendered, settings):
    timing = measure_timing(rendered.trace, rendered.onsets * (1 + 50 / 60_000), settings)
    assert timing.drift_ms_per_min == pytest.approx(50, abs=2)


@pytest.mark.parametrize("name", [*TAKES, "MusicDelta_Rock"])
def test_drums_are_found_in_their_own_full_mix_at_lag_0_and_in_no_other(name, shared):
    folder = shared / "mdb_drums/audio"
    paths = [
        folder / f"drum_only/{name}_Drum.wav",
        folder / "full_mix/MusicDelta_Zeppelin_MIX.wav",
    ]
    drums, mix = (decode([path.name], [path], -60.0).trace for path in paths)
    assert find_lag(drums, mix, reach=1.0) == (0.0 if name == "MusicDelta_Zeppelin" else None)
