r"""Write the baselines of the benchmark as submissions: what little it takes to get how far.

    python bench/benchmark/baselines.py --material OUT --mdb MDB_ROOT --out SUBMISSIONS

OUT is that of material.py. All hear the onsets of the project's own detector (the section `onsets`
of config/config.yaml) and differ in what they call them:

    all_kick        every onset a kick
    loudest_band    by the band of the spectrum that rises most: low, middle or high
    nearest_class   the class of five whose mean spectrum is nearest, learned from the training part
    boosted_trees   trees for each of five classes, as of the training check, learned from the same

The last two have heard other performances on the same three kits, and no real recording. A
submission is written for each system and each split that there is material of.
"""

import argparse
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
import yaml

from drumcorpus.ground.files.project_files import project_folder
from drumcorpus.ground.files.taxonomy_files import load_label_map, load_taxonomy
from drumcorpus.ground.midi.midi_hits import read_midi_hits
from drumcorpus.ground.predictions.class_maps import NO_CLASS, load_class_map
from drumcorpus.ground.sound.onset_settings import OnsetSettings
from drumcorpus.ground.sound.onsets import analyse_stem, onset_confidence
from drumcorpus.ground.statistics.ranking import best_threshold
from drumcorpus.stages.evaluation.named_splits import read_named_split
from drumcorpus.stages.evaluation.submissions import DESCRIPTION
from drumcorpus.stages.train_check.features import FeatureSettings, band_edges, describe_onsets
from drumcorpus.stages.train_check.probe import TreeSettings, fit_probe, score_events

NEAR = 0.030  # s from a detected onset within which what is struck belongs to it
FEATURES = FeatureSettings(46.4, (-48.0, -2.0, 20.0, 80.0, 150.0), 2.67, 40.0, 20_000.0)
TREES = TreeSettings(60, 15, 0.15, 0.3)
SEED = 0
VALIDATION = 4  # of the performances that are learned from, every fourth
CLASS_MAP = "adtof5"
LOW, MIDDLE, HIGH = "BD", "SD", "HH"
LOW_HZ, HIGH_HZ = 150.0, 5_000.0  # below the first, and above the second
SPLITS = {"groove_kits": "*/*/*.wav", "mdb_drums_8": "audio/drum_only/*_Drum.wav"}
NO_TRAINING = "nothing"
TRAINED = "groove_kits: {n} other performances of Groove MIDI's training split on the same kits"
COMMAND = "python bench/benchmark/baselines.py --material OUT --mdb MDB_ROOT --out SUBMISSIONS"


@dataclass(frozen=True)
class Heard:
    """Onsets that were detected in one recording: s, confidence, and features of each."""

    onset: np.ndarray
    confidence: np.ndarray
    features: np.ndarray


def main() -> None:
    """Hear everything, learn, and write the submissions."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--material", type=Path, required=True, help="OUT of material.py")
    parser.add_argument("--mdb", type=Path, help="folder of MDB Drums")
    parser.add_argument("--out", type=Path, required=True)
    project = project_folder()
    splits = project / "resources/evaluation/splits"
    parser.add_argument("--splits", type=Path, default=splits, help="folder of the named splits")
    args = parser.parse_args()
    config = yaml.safe_load((project / "config/config.yaml").read_text(encoding="utf-8"))
    settings = OnsetSettings(**config["onsets"])
    training = sorted((args.material / "training").rglob("*.wav"))
    heard = {path: hear(path, settings) for path in training}
    classes, truth = struck(project, heard)
    n_performances = len({performance_of(path) for path in training})
    print(f"{len(training)} recordings to learn from", flush=True)
    systems = learned(heard, truth, classes)
    roots = {"groove_kits": args.material / "groove_kits", "mdb_drums_8": args.mdb}
    for split, root in roots.items():
        if root is None:
            continue
        paths = sorted(root.glob(SPLITS[split]))
        if not paths:
            raise SystemExit(f"{root}: no {SPLITS[split]}")
        asked = read_named_split(split, args.splits).sessions
        sessions = {session_of(path, root, split): path for path in paths}
        if lacking := sorted(set(asked) - set(sessions)):
            raise SystemExit(f"{root}: no recording of {lacking[0]}, and {len(lacking)} in all")
        recordings = {name: hear(sessions[name], settings) for name in sorted(asked)}
        for name, (call, trained_on) in systems.items():
            folder = args.out / split / name
            description = {
                "system": name,
                "version": "1",
                "license": "MIT",
                "command": COMMAND,
                "trained_on": trained_on.format(n=n_performances),
                "split": split,
            }
            write_submission(folder, description, recordings, call)
        print(f"{split}: {len(recordings)} recordings, {len(systems)} systems", flush=True)


def hear(path: Path, settings: OnsetSettings) -> Heard:
    """Detect the onsets of a recording, and describe them."""
    sound, rate = sf.read(path, dtype="float32")
    sound = sound if sound.ndim == 1 else sound.mean(axis=1)
    stem = analyse_stem(sound, rate, settings)
    features = describe_onsets(sound, rate, stem.onset, FEATURES)
    return Heard(stem.onset, onset_confidence(stem.salience), features)


def session_of(path: Path, root: Path, split: str) -> str:
    """The id of the session of a recording, as the corpus has it."""
    if split == "mdb_drums_8":
        return path.name.removesuffix("_Drum.wav")
    return path.relative_to(root).with_suffix("").as_posix()


def performance_of(path: Path) -> str:
    """The performance of a rendered recording: its name without the kit."""
    return f"{path.parent.parent.name}/{path.parent.name}/{path.name.split('_beat_')[0]}"


def struck(project: Path, heard: Mapping[Path, Heard]) -> tuple[list[str], dict[Path, np.ndarray]]:
    """The classes, and which of them are struck near each detected onset of each recording."""
    folder = project / "resources/taxonomy"
    names = ("components", "techniques", "dynamics")
    taxonomy = load_taxonomy(*(folder / f"{name}.yaml" for name in names))
    notes = load_label_map(folder / "note_maps/roland_td17.yaml", taxonomy)
    maps = project / "resources/evaluation/class_maps"
    scored = load_class_map(CLASS_MAP, maps, taxonomy.labels)
    truth = {}
    for path, of in heard.items():
        midi = path.with_suffix(".midi")
        hits = read_midi_hits(midi.name, midi.read_bytes(), notes)
        truth[path] = np.zeros((len(of.onset), len(scored.classes)), bool)
        for onset, note in zip(hits["onset"], hits["source_label"], strict=True):
            number = scored.of[notes.strokes[note].label]
            near = int(np.argmin(np.abs(of.onset - onset))) if len(of.onset) else -1
            if number != NO_CLASS and near >= 0 and abs(of.onset[near] - onset) <= NEAR:
                truth[path][near, number] = True
    return list(scored.classes), truth


def mean_of(features: np.ndarray) -> np.ndarray:
    """The mean of each column, as far as it was measured; infinity of no rows: none is near it."""
    if not len(features):
        return np.full(features.shape[1], np.inf)
    return np.nanmean(features, axis=0, dtype=float)


def learned(
    heard: Mapping[Path, Heard], truth: Mapping[Path, np.ndarray], classes: list[str]
) -> dict[str, tuple[Callable, str]]:
    """The systems: what each calls the onsets of a recording, and what it was trained on.

    A system takes what was heard and gives rows, classes and scores.
    """
    names = sorted({performance_of(path) for path in heard})
    validated = set(names[::VALIDATION])
    parts = [
        [path for path in heard if (performance_of(path) in validated) is is_validation]
        for is_validation in (False, True)
    ]
    (x, y), (x_validation, y_validation) = (
        (
            np.concatenate([heard[path].features for path in part]),
            np.concatenate([truth[path] for path in part]),
        )
        for part in parts
    )
    alone = y.sum(axis=1) == 1
    means = np.stack([mean_of(x[alone & column]) for column in y.T])
    models = fit_probe(x, y, None, seed=SEED, settings=TREES)
    said = score_events(models, x_validation)
    best = (best_threshold(s, t) for s, t in zip(said.T, y_validation.T, strict=True))
    # What validation does not have is never called.
    limits = np.array([np.inf if limit is None else limit for limit in best])

    def all_kick(of: Heard):
        return np.arange(len(of.onset)), np.full(len(of.onset), LOW), of.confidence

    def loudest_band(of: Heard):
        edges = band_edges(FEATURES)
        n_bands = len(edges) - 1
        rise = of.features[:, -1 - n_bands : -1]
        parts_of_spectrum = {
            LOW: edges[:-1] < LOW_HZ,
            MIDDLE: (edges[:-1] >= LOW_HZ) & (edges[:-1] < HIGH_HZ),
            HIGH: edges[:-1] >= HIGH_HZ,
        }
        means_of = np.stack(
            [np.nan_to_num(rise[:, rows]).mean(axis=1) for rows in parts_of_spectrum.values()]
        )
        called = np.array(list(parts_of_spectrum))[means_of.argmax(axis=0)]
        return np.arange(len(of.onset)), called, of.confidence

    def nearest_class(of: Heard):
        apart = np.stack([np.nansum((of.features - mean) ** 2, axis=1) for mean in means])
        called = np.array(classes)[apart.argmin(axis=0)]
        return np.arange(len(of.onset)), called, of.confidence

    def boosted_trees(of: Heard):
        scores = score_events(models, of.features)
        rows, columns = np.nonzero(scores >= limits)
        return rows, np.array(classes)[columns], scores[rows, columns]

    return {
        "all_kick": (all_kick, NO_TRAINING),
        "loudest_band": (loudest_band, NO_TRAINING),
        "nearest_class": (nearest_class, TRAINED),
        "boosted_trees": (boosted_trees, TRAINED),
    }


def write_submission(
    folder: Path, description: dict, recordings: Mapping[str, Heard], call: Callable
) -> None:
    """Write what a system calls the onsets of every recording."""
    shutil.rmtree(folder, ignore_errors=True)
    for session, of in recordings.items():
        rows, called, scores = call(of)
        path = folder / "predictions" / f"{session}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = sorted(
            (round(float(of.onset[row]), 6), str(name), round(float(score), 6))
            for row, name, score in zip(rows, called, scores, strict=True)
        )
        text = "".join(f"{onset:.6f}\t{name}\t{score:.6f}\n" for onset, name, score in lines)
        path.write_text(f"onset_time\tlabel\tscore\n{text}", encoding="utf-8")
    text = yaml.safe_dump(description, sort_keys=False, allow_unicode=True, width=1000)
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
