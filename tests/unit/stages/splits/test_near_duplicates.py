"""Copies are found by their sound and by their strokes, and what only sounds alike is not."""

import io

import numpy as np
import pyarrow as pa
import pytest
import soundfile
import yaml
from sounds import sound_bytes

from drumcorpus.ground.files.database import open_database, open_tables
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.sound.landmarks import SAMPLE_RATE_HZ, find_landmarks, is_silent
from drumcorpus.schemas import FINGERPRINTS
from drumcorpus.stages.splits.near_audio import near_audio_edges
from drumcorpus.stages.splits.near_strokes import is_copy, near_stroke_edges
from drumcorpus.stages.splits.onset_patterns import align, pattern_hashes
from drumcorpus.stages.splits.pairs import number_sessions
from drumcorpus.stages.splits.settings import SearchSettings


@pytest.fixture(scope="module")
def search(repo):
    config = yaml.safe_load((repo / "config/config.yaml").read_text())
    return read_settings(SearchSettings, config["splits"]["search"])


def kit(seed):
    """Three strokes, each some decaying partials and noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(0.4 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    partials = rng.uniform(80, 3500, (3, 5, 1))
    tones = np.sin(2 * np.pi * partials * time) * np.exp(-time * rng.uniform(8, 30, (3, 5, 1)))
    noise = rng.normal(0, 1, (3, len(time))) * np.exp(-time * 40)
    return tones.sum(axis=1) / 5 + 0.5 * noise


def groove(seed, n_bars=24, ms_per_beat=500.0, loop=0):
    """Onsets in ms and struck classes of somebody who plays eighths, with fills and a human's time.

    With `loop` all bars are alike but for one stroke in every `loop`th, and right on the grid.
    """
    rng = np.random.default_rng(seed)
    times, classes = [], []
    pattern = [1, 4, 2, 4, 1, 5, 2, 4]
    for bar in range(n_bars):
        for eighth in range(8):
            extra = loop and bar % loop == loop - 1 and eighth == 1 + seed % 6
            if extra or (not loop and rng.random() < 0.25):
                times.append((bar * 8 + eighth + 0.5) * ms_per_beat / 2)
                classes.append(2)
            if loop or rng.random() > 0.15:
                times.append((bar * 8 + eighth) * ms_per_beat / 2)
                classes.append(pattern[eighth])
    times = np.array(times) + (0 if loop else rng.normal(0, 9, len(times)))
    order = np.argsort(times, kind="stable")
    return np.round(times[order]).astype(np.int64) + 100, np.array(classes)[order]


def played(times, classes, strokes):
    """The sound of a groove."""
    samples = np.zeros(int((times[-1] / 1000 + 1) * SAMPLE_RATE_HZ))
    for time, struck in zip(times, classes, strict=True):
        start = int(time / 1000 * SAMPLE_RATE_HZ)
        samples[start : start + strokes.shape[1]] += strokes[int(struck) % 3]
    return (samples / np.abs(samples).max() * 0.8).astype(np.float32)


def through_mp3(samples):
    buffer = io.BytesIO(sound_bytes(samples, SAMPLE_RATE_HZ, format="MP3"))
    return soundfile.read(buffer, dtype="float32")[0]


def edges_of(tmp_path, rows, kind, settings):
    rows = [
        {name: [] for name in FINGERPRINTS.names[3:]}
        | {"source_set": "s", "session_id": f"{number}"}
        | row
        for number, row in enumerate(rows)
    ]
    path = tmp_path / "fingerprints.parquet"
    write_table(path, pa.Table.from_pylist(rows, FINGERPRINTS))
    with open_database(2, "500MB", tmp_path) as database:
        keys = [(row["source_set"], row["session_id"]) for row in rows]
        open_tables(database, "fingerprints", [path], FINGERPRINTS)
        number_sessions(database, keys, list(range(len(rows))))
        if kind == "audio":
            return near_audio_edges(database, settings.audio)
        return near_stroke_edges(database, settings.strokes)


def sounding(samples):
    hashes, frames = find_landmarks(samples, max_landmarks=1500)
    return {"landmark_hashes": hashes, "landmark_frames": frames}


def struck(times, classes):
    patterns = pattern_hashes(times, classes, max_patterns=2000)
    return {"stroke_times": times, "stroke_classes": classes, "pattern_hashes": patterns}


@pytest.mark.parametrize(
    ("change", "lag"),
    [
        (lambda samples: 0.1 * samples, 0.0),
        (through_mp3, None),
        (lambda s: s + np.random.default_rng(1).normal(0, 0.003, len(s)).astype(np.float32), 0.0),
        (lambda samples: samples[5 * SAMPLE_RATE_HZ + 321 :], -5.04),
        (lambda samples: np.concatenate([np.zeros(12_000, np.float32), samples]), 1.5),
        (lambda samples: 0.3 * through_mp3(samples[3 * SAMPLE_RATE_HZ : -7000]), None),
    ],
    ids=["quieter", "mp3", "noisy", "cut", "later", "cut, mp3, quieter"],
)
def test_a_copy_is_found_by_its_sound(tmp_path, search, change, lag):
    original = played(*groove(1), kit(1))
    (edge,) = edges_of(tmp_path, [sounding(original), sounding(change(original))], "audio", search)
    assert (edge.one, edge.other) == (0, 1)
    if lag is not None:
        assert edge.evidence["lag_s"] == pytest.approx(lag, abs=0.02)
    assert edge.evidence["landmarks"] > 3 * edge.evidence["at_another_lag"]


def test_other_grooves_on_the_same_kit_and_the_same_groove_on_another_sound_different(
    tmp_path, search
):
    rows = [sounding(played(*groove(seed), kit(1))) for seed in range(6)]
    rows.append(sounding(played(*groove(0), kit(2))))
    assert edges_of(tmp_path, rows, "audio", search) == []


def test_of_many_landmarks_the_same_are_kept_of_a_recording_and_its_part():
    samples = played(*groove(1), kit(1))
    whole, part = (find_landmarks(s, max_landmarks=400)[0] for s in (samples, samples[:60_000]))
    few, many = (find_landmarks(samples, max_landmarks=n)[0] for n in (400, 800))
    assert len(whole) == len(part) == 400
    assert set(few) <= set(many)
    below = min(whole[-1], part[-1])
    assert np.isin(part[part < below], whole).mean() > 0.9


def test_silence_and_a_click_have_no_landmark():
    assert is_silent(np.full(8000, 0.0009, np.float32))
    assert not is_silent(np.array([0.0, 0.0011], np.float32))
    for samples in (np.zeros(0, np.float32), np.ones(100, np.float32)):
        assert len(find_landmarks(samples, max_landmarks=100)[0]) == 0


def changed(times, classes, seed=0, jitter=0.0, drop=0.0, scale=1.0, shift=0):
    rng = np.random.default_rng(seed)
    kept = rng.random(len(times)) >= drop
    times = times[kept] * scale + rng.normal(0, jitter, kept.sum()) + shift
    order = np.argsort(times, kind="stable")
    return np.round(times[order]).astype(np.int64), classes[kept][order]


@pytest.mark.parametrize(
    "change",
    [
        {"shift": 12_345},
        {"jitter": 2.0},
        {"scale": 1.04},
        {"scale": 0.95, "jitter": 1.5, "shift": 900},
        {"drop": 0.05, "jitter": 1.0},
    ],
    ids=str,
)
def test_a_copy_is_found_by_its_strokes(tmp_path, search, change):
    original = groove(3)
    (edge,) = edges_of(
        tmp_path, [struck(*original), struck(*changed(*original, **change))], "strokes", search
    )
    assert edge.evidence["tempo_ratio"] == pytest.approx(change.get("scale", 1.0), abs=0.002)
    assert edge.evidence["chance_log10"] < -20
    assert edge.evidence["share"] > 0.9


def test_another_note_map_and_a_cut_do_not_hide_a_copy(tmp_path, search):
    times, classes = groove(3)
    part = slice(60, 140)
    other_map = np.array([0, 2, 4, 0, 8, 6])[classes]
    rows = [struck(times, classes), struck(times[part] - 700, other_map[part])]
    (edge,) = edges_of(tmp_path, rows, "strokes", search)
    assert edge.evidence["equal_classes"] == 0
    assert edge.evidence["offset_s"] == pytest.approx(-0.7, abs=0.01)


def test_two_beats_of_one_tempo_are_two(tmp_path, search):
    assert (
        edges_of(tmp_path, [struck(*groove(seed)) for seed in range(30)], "strokes", search) == []
    )


def test_two_songs_of_one_loop_are_two_and_its_copy_is_one(search):
    first, second = groove(0, n_bars=64, loop=4), groove(1, n_bars=64, loop=4)
    alignment = align(*first, *second, max_stretch=0.1, min_share=0.6)
    assert alignment.near.share > 0.9
    assert not is_copy(alignment, search.strokes.alignment)
    copy = align(*first, first[0] + 250, first[1], max_stretch=0.1, min_share=0.6)
    assert is_copy(copy, search.strokes.alignment)
    assert copy.near.second > 0.9  # four bars later it coincides nearly as well


def test_performances_without_a_pattern_in_common_are_not_aligned():
    few = np.arange(5) * 100, np.ones(5, np.int64)
    assert align(*few, *groove(1), max_stretch=0.1, min_share=0.6) is None
    nothing = np.zeros(0, np.int64), np.zeros(0, np.int64)
    assert len(pattern_hashes(*nothing, max_patterns=10)) == 0
    assert align(*nothing, *nothing, max_stretch=0.1, min_share=0.6) is None
