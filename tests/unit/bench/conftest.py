"""Small material for the benchmarks: sampled kits, performances, and what they make of them."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest
from checkout import REPO
from sounds import write_sound

HERE = Path(__file__).parent
RATE_HZ = 44_100
# Names that constants.yaml knows.
KITS = {"muldjord": 1, "bja_pacific": 2, "blonde_bop": 3}
TICKS = 480  # of a quarter, at 120 a minute


@pytest.fixture(scope="session")
def renderer():
    """A program that plays a kit."""
    return HERE / "sampler.py"


@pytest.fixture(scope="session")
def kits(tmp_path_factory):
    """A folder of kits whose crashes are plates of their own."""
    root = tmp_path_factory.mktemp("kits")
    for name, seed in KITS.items():
        write_kit(root / name, seed)
    return root


def write_kit(folder, seed):
    """Two layers a voice."""
    folder.mkdir()
    time = np.arange(RATE_HZ) / RATE_HZ
    voices = {}
    for number, voice in enumerate(["kick", "snare", "crash", "crash2", "crash3"]):
        voices[voice] = [f"{voice}_{layer}.flac" for layer in range(2)]
        for layer, name in enumerate(voices[voice]):
            rng = np.random.default_rng([seed, number])
            partials = rng.uniform(800, 9_000, 40) if "crash" in voice else [60 + 140 * number]
            waves = np.sin(
                2 * np.pi * np.outer(partials, time) + rng.uniform(0, 6, (len(partials), 1))
            )
            decay = 0.6 if "crash" in voice else 0.1
            stroke = waves.mean(axis=0) * np.exp(-time / decay) * (0.4 + 0.4 * layer)
            write_sound(folder / name, stroke, RATE_HZ, subtype="PCM_16")
    (folder / "kit.json").write_text(json.dumps({"name": folder.name, "voices": voices}))


@pytest.fixture(scope="session")
def performances(tmp_path_factory):
    """Four performances as Groove MIDI lays them out, without audio.

    Two strike one crash, two strike both, and one of these has three of each pad's notes.
    """
    root = tmp_path_factory.mktemp("midi")
    return write_performances(root, [[49, 57], [49], [49, 55, 57], [57]])


@pytest.fixture(scope="session")
def nine_performances(tmp_path_factory):
    """Nine of them, which strike both crashes."""
    return write_performances(tmp_path_factory.mktemp("nine"), [[49, 57]] * 9)


def write_performances(root, crashes):
    rows = [write_performance(root, number, notes) for number, notes in enumerate(crashes, 1)]
    with (root / "info.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return root


def write_performance(root, number, crashes):
    name = f"drummer1/session1/{number}_rock_120_beat_4-4.mid"
    beats = [(TICKS * beat, 36, 90) for beat in range(24)]
    beats += [(TICKS * beat + TICKS // 2, 38, 80) for beat in range(24)]
    beats += [(2 * TICKS * n, crashes[n % len(crashes)], 120 - 7 * n) for n in range(12)]
    track, now = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)]), 0
    for tick, note, velocity in sorted(beats):
        message = mido.Message("note_on", channel=9, note=note, velocity=velocity, time=tick - now)
        track.append(message)
        now = tick
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    mido.MidiFile(ticks_per_beat=TICKS, tracks=[track]).save(root / name)
    return {
        "drummer": "drummer1",
        "session": "drummer1/session1",
        "id": f"drummer1/session1/{number}",
        "style": "rock",
        "bpm": 120,
        "beat_type": "beat",
        "time_signature": "4-4",
        "midi_filename": name,
        "audio_filename": "",
        "duration": 12,
        "split": "train",
    }


@pytest.fixture(scope="session")
def judged(renderer, kits, performances, tmp_path_factory):
    """What `crash_truth/run.py` left of two kits, and what it said; no Snakemake ran."""
    out = tmp_path_factory.mktemp("judged")
    folders = ["--kits", kits / "muldjord", kits / "bja_pacific"]
    said = judge(renderer, performances, "--out", out, "--limit", "1", *folders)
    return out, said


@pytest.fixture(scope="session")
def judged_by_both(renderer, kits, performances, tmp_path_factory):
    """The same of one kit under more conditions, with two methods, and its page."""
    out = tmp_path_factory.mktemp("judged_by_both")
    options = ["--limit", "1", "--kits", kits / "blonde_bop", "--method", "mixture", "linkage"]
    options += ["--conditions", "onset_error_5ms", "soft_playing", "--more-cymbals", "--keep-audio"]
    said = judge(renderer, performances, "--out", out, "--page", out / "page.html", *options)
    return out, said


def judge(renderer, performances, *options):
    command = [sys.executable, HERE / "library_chain.py", "--midi", performances, *options]
    places = os.pathsep.join([str(REPO / "tests"), str(REPO / "src")])
    done = subprocess.run(
        [*command, "--renderer", renderer],
        env=os.environ | {"PYTHONPATH": places},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
