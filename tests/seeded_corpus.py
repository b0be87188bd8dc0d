"""Writes the small corpus of recordings that the tests of seeded defects start from.

Nothing is wrong with it, yet it holds copies in every way that two sessions can be copies of each
other; each stands in the split of its original.
"""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import yaml
from sounds import write_sound

from drumcorpus.demo import egmd, groove_mididataset, mdb_drums
from drumcorpus.demo.grooves import read_bars
from drumcorpus.demo.kits import read_kits
from drumcorpus.demo.midi_files import write_midi
from drumcorpus.demo.performances import perform, read_performances, render_score

GROOVE, EGMD, STAGED = "groove_mididataset", "egmd", "mdb_drums"
SEED = 7
# The sessions, as info.csv names them.
LONG, SHORT = "drummer1/session1/1", "drummer1/session1/2"
IN_VALIDATION, IN_TEST = "drummer2/session1/1", "drummer3/session1/1"
SOUND_COPY = "drummer2/session1/2"  # of IN_VALIDATION: its recording, softer and with noise
STROKES_COPY = "drummer3/session1/2"  # of IN_TEST: its strokes to 2 ms, on another kit
MIDI_COPY = "drummer1/session1/3"  # of SHORT: its MIDI file, on another kit
# Split, kit, tempo and bars of each that is no copy. A drift takes 30 s to be told.
PLAYED = {
    LONG: ("train", "birch", 118, "rock_crash funk wash side ride stabs ride_crash open_hats " * 2),
    SHORT: ("train", "birch", 138, "stabs fill_toms wash_soft"),
    IN_VALIDATION: ("validation", "maple", 104, "wash funk open_hats fill_rims stabs"),
    IN_TEST: ("test", "birch", 126, "ride_crash side fill_flams ride stabs both"),
}


def write_corpus(root: Path, demo_kits: Path) -> None:
    """Write Groove MIDI with its copies, SHORT as E-GMD on three kits, one track of MDB Drums.

    Parameters
    ----------
    root : Path
        Gets one folder for each source set.
    demo_kits : Path
        Kits and bars of the demo.
    """
    root.mkdir()
    described = yaml.safe_load(demo_kits.read_text())
    described["performances"] = [_performance(name, *played) for name, played in PLAYED.items()]
    kits_file = root / "kits.yaml"
    kits_file.write_text(yaml.safe_dump(described))
    groove_mididataset.write_corpus(root / GROOVE, kits_file, seed=SEED, n_performances=len(PLAYED))
    _write_copies(root / GROOVE, kits_file)
    egmd.write_corpus(root / EGMD, kits_file, seed=SEED, n_performances=3)
    mdb_drums.write_corpus(root / STAGED, demo_kits, seed=SEED, n_performances=1)


def _performance(name: str, split: str, kit: str, tempo_bpm: int, bars: str) -> dict:
    drummer, session, _ = name.split("/")
    turns = {"hat": ["hat_closed_edge"], "ride": ["ride_bow", "ride_edge"]}
    turns["crash"] = ["crash_1_edge", "crash_2_bow", "crash_2_bow", "crash_1_edge"]
    return {
        **{"split": split, "drummer": drummer, "session": session, "style": "rock"},
        **{"beat_type": "beat", "kit": kit, "tempos": {0: tempo_bpm}, "turns": turns, "bars": bars},
    }


def _write_copies(root: Path, kits_file: Path) -> None:
    """Add the copies to the files of Groove MIDI and to its index."""
    with (root / "info.csv").open(newline="") as index:
        rows = {row["id"]: row for row in csv.DictReader(index)}
    kits, bars = read_kits(kits_file), read_bars(kits_file)
    rng = np.random.default_rng(SEED)

    def played(name):
        number = list(PLAYED).index(name)
        performance = read_performances(kits_file)[number]
        return perform(performance, bars, kits, seed=[SEED, number, groove_mididataset.PLAYING])

    def add(name, original, score, samples=None):
        rows[name] = _renamed(rows[original], name)
        write_midi(root / rows[name]["midi_filename"], score, instrument=name)
        rate = 44100
        if samples is None:
            samples = render_score(score, kits["maple"], sample_rate_hz=rate, seed=[SEED])
        write_sound(root / rows[name]["audio_filename"], samples, rate, subtype="PCM_16")

    sound, _ = soundfile.read(root / rows[IN_VALIDATION]["audio_filename"])
    noise = rng.normal(scale=1e-3, size=len(sound))
    add(SOUND_COPY, IN_VALIDATION, played(IN_VALIDATION), 0.7 * sound + noise)
    score = played(IN_TEST)
    add(STROKES_COPY, IN_TEST, replace(score, notes=_nudged(score.notes, rng)))
    add(MIDI_COPY, SHORT, played(SHORT))
    midi = (root / rows[SHORT]["midi_filename"]).read_bytes()
    (root / rows[MIDI_COPY]["midi_filename"]).write_bytes(midi)

    with (root / "info.csv").open("w", newline="") as index:
        writer = csv.DictWriter(index, groove_mididataset.INDEX_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows.values())


def _renamed(row: dict, name: str) -> dict:
    """The row of the index for a copy under another number."""
    copy = row | {"id": name}
    for key in ("midi_filename", "audio_filename"):
        folder, _, file = row[key].rpartition("/")
        copy[key] = f"{folder}/{name.rpartition('/')[2]}_{file.partition('_')[2]}"
    return copy


def _nudged(notes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The notes up to two ticks later, which is 2 ms, in order."""
    later = notes + [[1, 0, 0]] * rng.integers(0, 3, (len(notes), 1))
    return later[np.lexsort((later[:, 1], later[:, 0]))]
