r"""Measure what a map of notes costs a small network that reads frames, on a kit it has not heard.

    python bench/training/networks.py --midi GMD_ROOT --kits KIT_DIR... --renderer FILE --out OUT

The truth against General MIDI, one kit left out, with every seed of --seeds; counts of all seeds
are summed. Material and arms are those of experiments.py, with every stroke of each excerpt;
docs/training_experiments.md says what is expected. What stands below OUT is not made again, and a
training that was stopped goes on.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "crash_truth")]

import numpy as np  # noqa: E402
import soundfile as sf  # noqa: E402
import torch  # noqa: E402
import yaml  # noqa: E402
from excerpts import VOICES, choose_performances, render_all  # noqa: E402
from label_arms import CLASS_OF_LABEL, REPO, corpus_map, general_midi  # noqa: E402
from learned import divide  # noqa: E402
from render import find_material, load_renderer  # noqa: E402
from spent import Spent  # noqa: E402
from verdicts import class_f, class_recall, draw_groups, estimate, judge, micro_f  # noqa: E402

from drumcorpus.ground.files.digests import sha256_file  # noqa: E402
from drumcorpus.ground.files.settings import read_settings  # noqa: E402
from drumcorpus.stages.train_check.frame_counts import (  # noqa: E402
    THRESHOLD,
    counts_over_grid,
    fit_thresholds,
    precision_area,
    strokes_said,
)
from drumcorpus.stages.train_check.frame_samples import (  # noqa: E402
    FrameSample,
    Material,
    taxonomy_digest,
)
from drumcorpus.stages.train_check.learning import (  # noqa: E402
    Machine,
    learn_network,
    predict,
    this_machine,
)
from drumcorpus.stages.train_check.network import n_parameters  # noqa: E402
from drumcorpus.stages.train_check.network_settings import NetworkSettings  # noqa: E402
from drumcorpus.stages.train_check.spectra import FrameCache  # noqa: E402

SCHEMA = "training_networks/2"
TRUTH = "truth"
GENERAL_MIDI = "general_midi"
ARMS = (TRUTH, "corpus_map", GENERAL_MIDI)


def main() -> None:
    """Read the command line, learn from the arms, write and print what they say."""
    args = read_arguments()
    start = time.process_time()
    settings = settings_of(args)
    material = find_material(args.renderer, args.midi, args.kits, None)
    performances = choose_performances(material, args.performances)
    folders = render_all(material, performances, args.out, "first")
    kits = list(folders)
    left_out = args.left_out or kits[-1]
    if left_out not in kits:
        raise SystemExit(f"--left-out: got {left_out}; there are: {', '.join(kits)}")
    cache = FrameCache(args.out / "frames", settings.spectra)
    recordings = list(read_recordings(material, performances, folders, cache))
    say(f"{len(recordings)} recordings described", start)
    machine = replace(this_machine(args.threads), n_threads=args.threads)
    classes = classes_of(material)
    names = [performance.name for performance in performances]
    learned_of = []
    for seed in args.seeds:
        parts = divide(names, np.arange(len(names)), seed)
        kept = args.out / "networks" / f"{left_out}-{seed}"
        tables, arms = {}, {}
        for name in args.arms:
            samples = samples_of(name, recordings, classes, names, parts, left_out)
            taxonomy = taxonomy_digest(classes, [], [])
            of = Material(classes, tuple(samples), settings.spectra, taxonomy)
            checkpoint = kept.with_name(f"{name}-{kept.name}.pt")
            spent = Spent(checkpoint)

            def say_epoch(words: str, arm=name, spent=spent) -> None:
                spent.said(words)
                say(f"{arm}: {words}", start)

            learned = learn_network(
                of,
                settings,
                seed=seed,
                checkpoint=checkpoint,
                machine=machine,
                say=say_epoch,
            )
            taken = spent.of(len(learned.curve), learned.waited)
            limits, cells = score(learned, of, names, recordings, parts, left_out, machine)
            tables[name] = {cell: table for cell, (table, _) in cells.items()}
            arms[name] = {
                "epochs": len(learned.curve),
                "best_epoch": learned.best_epoch,
                "curve": learned.curve,
                **taken,
                "thresholds": dict(zip(classes, limits, strict=True)),
                "ap": {cell: area for cell, (_, area) in cells.items()},
                "parameters": n_parameters(learned.network),
            }
            seconds = "an unknown time" if taken["cpu_s"] is None else f"{taken['cpu_s']} s of CPU"
            say(f"{name}: learned in {seconds}", start)
        sizes = {part: len(getattr(parts, part)) for part in ("train", "validation", "test")}
        row = {"seed": seed, "performances": sizes, "arms": arms}
        learned_of.append((row | {"hypotheses": hypotheses_of(tables, classes)}, tables))
    tables = sum_tables([tables for _, tables in learned_of])
    record = {
        "schema": SCHEMA,
        "torch": torch.__version__,
        "tier": settings.tier,
        "learning": asdict(settings.learning),
        "threads": args.threads,
        "left_out": left_out,
        "kits": kits,
        "classes": list(classes),
        "performances": len(names),
        "sha256": material.digests(),
        "seeds": [row for row, _ in learned_of],
        "figures": figures_of(tables, classes),
        "hypotheses": hypotheses_of(tables, classes),
    }
    path = args.out / f"networks-{left_out}-{'-'.join(map(str, args.seeds))}.json"
    path.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(in_words(record))
    say(f"all of it: {path}", start)


def settings_of(args) -> NetworkSettings:
    """Those of the configuration, of the tier that is asked for."""
    config = yaml.safe_load((REPO / "config/config.yaml").read_text(encoding="utf-8"))
    section = config["train_check"]["networks"]
    kept = {key: value for key, value in section.items() if key not in NetworkSettings.ELSEWHERE}
    settings = read_settings(NetworkSettings, kept | {"tier": args.tier})
    changes = {key: getattr(args, key) for key in ("epochs", "pieces")}
    changes = {key: value for key, value in changes.items() if value is not None}
    return replace(settings, learning=replace(settings.learning, **changes))


def classes_of(material) -> tuple[str, ...]:
    """The voices that all kits have."""
    renderer = load_renderer(material.renderer)
    voices = [renderer.load_kit(path).keys() for path in material.kits.values()]
    return tuple(voice for voice in VOICES if all(voice in of for of in voices))


def read_recordings(material, performances, folders, cache):
    """(kit, performance, sample without strokes, strokes): each (onset, note, voice)."""
    renderer = load_renderer(material.renderer)
    for kit, folder in folders.items():
        voices = renderer.load_kit(material.kits[kit]).keys()
        for performance in performances:
            midi = folder / performance.row["midi_filename"]
            sound = midi.with_suffix(".wav")
            sha256 = sha256_file(sound)
            if not cache.has(sha256):
                cache.add(sha256, *sf.read(sound, dtype="float32"))
            strokes = [
                (time, note, _voice(renderer, note, voices))
                for time, note, _ in sorted(renderer.note_ons(midi))
            ]
            yield kit, performance.name, (cache.path(sha256), sha256), strokes


def _voice(renderer, note, voices):
    return next((voice for voice in renderer.VOICES.get(note, "").split() if voice in voices), None)


def labelled(strokes, arm: str, classes) -> tuple[np.ndarray, np.ndarray]:
    """Onsets and class numbers of the strokes that an arm gives a class."""
    numbers = {name: number for number, name in enumerate(classes)}
    if arm == TRUTH:
        named = [(time, voice) for time, _, voice in strokes]
    else:
        label_of = general_midi() if arm == GENERAL_MIDI else corpus_map()
        labels = [(time, label_of.get(note)) for time, note, _ in strokes]
        named = [(time, CLASS_OF_LABEL.get(label, label)) for time, label in labels]
    kept = [(time, numbers[name]) for time, name in named if name in numbers]
    onsets, of = zip(*kept, strict=True) if kept else ((), ())
    return np.array(onsets, float), np.array(of, np.int64)


def samples_of(arm, recordings, classes, names, parts, left_out):
    """What an arm is trained and stopped by: the kits that are not left out."""
    for split in ("train", "validation"):
        of = {names[number] for number in getattr(parts, split)}
        for kit, name, sound, strokes in recordings:
            if kit != left_out and name in of:
                yield _sample(split, kit, name, sound, labelled(strokes, arm, classes))


def _sample(split, kit, name, sound, strokes):
    path, sha256 = sound
    onsets, classes = strokes
    weight = 1.0 if split == "train" else float("nan")
    words = (f"{kit} {name}", split, kit, name, name)
    return FrameSample(*words, 0.0, weight, onsets, classes, path, sha256)


def score(learned, of: Material, names, recordings, parts, left_out, machine: Machine):
    """Thresholds by the arm's validation; of both cells TP, FP and FN by performance, and AP."""

    def said(samples):
        return strokes_said(
            samples,
            lambda sample: predict(learned.network, sample, machine),
            n_classes=len(of.classes),
            frames_per_s=of.spectra.frames_per_s,
        )

    fitted = fit_thresholds(counts_over_grid(said(of.of("validation"))))
    # A class that the arm never has is never said.
    n_train = of.n_strokes("train")
    limits = [
        2.0 if not n else THRESHOLD if limit is None else limit
        for limit, n in zip(fitted, n_train.tolist(), strict=True)
    ]
    tested = {names[number] for number in parts.test}
    cells = {}
    for cell, is_in in (("unseen", True), ("seen", False)):
        samples = [
            _sample("test", kit, name, sound, labelled(strokes, TRUTH, of.classes))
            for kit, name, sound, strokes in recordings
            if name in tested and (kit == left_out) == is_in
        ]
        strokes = said(samples)
        by_session = strokes.counts(np.array(limits))
        table = np.zeros((len(names), len(of.classes), 3), np.int64)
        for counts, group in zip(by_session, strokes.groups, strict=True):
            table[names.index(group)] += counts
        area = precision_area(counts_over_grid(strokes))
        area = [None if np.isnan(each) else round(float(each), 4) for each in area]
        cells[cell] = table, dict(zip(of.classes, area, strict=True))
    return limits, cells


def sum_tables(of_seeds: list[dict]) -> dict:
    """By arm and cell the counts of all seeds, performance by performance.

    Seeds 0 to 2 test another third each, so that every performance is counted once.
    """
    return {
        arm: {cell: sum(tables[arm][cell] for tables in of_seeds) for cell in of}
        for arm, of in of_seeds[0].items()
    }


def figures_of(tables, classes):
    """F of every arm, and what it loses against the truth, with intervals over performances."""
    rows = []
    for cell in ("unseen", "seen"):
        for arm, of in tables.items():
            table, true = of[cell], tables[TRUTH][cell]
            weights = draw_groups(len(table))
            sizes = true[..., [0, 2]].sum(axis=-1)
            figures = {"micro F": (micro_f, sizes.sum(axis=1), ())}
            for column, name in enumerate(classes):
                figures[f"F of {name}"] = (class_f, sizes[:, column], (column,))
                figures[f"recall of {name}"] = (class_recall, sizes[:, column], (column,))
            for name, (figure, of_groups, more) in figures.items():
                value, true_value = (figure(each, weights, *more) for each in (table, true))
                row = {"kit": cell, "arm": arm, "of": name}
                rows.append(
                    row
                    | {"value": estimate(value, of_groups)}
                    | {"loss": estimate(true_value - value, of_groups)}
                )
    return rows


def hypotheses_of(tables, classes) -> list[dict]:
    """N1 to N3, with what their intervals over performances say."""
    unseen, seen = tables[TRUTH]["unseen"], tables[TRUTH]["seen"]
    weights = draw_groups(len(unseen))
    sizes = unseen[..., [0, 2]].sum(axis=-1)
    true = micro_f(unseen, weights)
    rows = []

    def add(name, text, draws, of_groups, above):
        figure = estimate(draws, of_groups)
        rows.append({"id": name, "of": text, **figure, "verdict": judge(figure, above=above)})

    if GENERAL_MIDI in tables:
        arm = tables[GENERAL_MIDI]["unseen"]
        loss = true - micro_f(arm, weights)
        add("N1", "loss of micro F, General MIDI", loss, sizes.sum(axis=1), 0.03)
        if "hihat_closed" in classes:
            column = classes.index("hihat_closed")
            loss = class_recall(unseen, weights, column) - class_recall(arm, weights, column)
            text = "loss of recall of the closed hi-hat, General MIDI"
            add("N2", text, loss, sizes[:, column], 0.05)
    text = "micro F, kit seen less unseen"
    add("N3", text, micro_f(seen, weights) - true, sizes.sum(axis=1), 0.05)
    return rows


def in_words(record) -> str:
    """The tables of a run."""
    lines = ["| id | figure | value | 95 % | verdict |", "| --- | --- | ---: | --- | --- |"]
    lines += [
        f"| {row['id']} | {row['of']} | {_shown(row['value'])} | {_ends(row)} | {row['verdict']} |"
        for row in record["hypotheses"]
    ]
    lines += ["", "| kit | figure | arm | value | 95 % | loss | 95 % |"]
    lines.append("| --- | --- | --- | ---: | --- | ---: | --- |")
    for row in record["figures"]:
        cells = [f"{_shown(row[key]['value'])} | {_ends(row[key])}" for key in ("value", "loss")]
        lines.append(f"| {row['kit']} | {row['of']} | {row['arm']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _shown(value) -> str:
    return "-" if value is None else f"{value:.3f}"


def _ends(figure) -> str:
    return "-" if figure["low"] is None else f"{figure['low']:.3f} to {figure['high']:.3f}"


def say(text: str, start: float) -> None:
    """A line with the CPU time of this process so far."""
    print(f"{time.process_time() - start:6.0f} s  {text}", flush=True)


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--midi", type=Path, required=True, help="folder that holds info.csv")
    parser.add_argument("--kits", type=Path, nargs="+", required=True, help="folders of kits")
    parser.add_argument("--renderer", type=Path, required=True, help="program that plays a kit")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--left-out", help="kit that is only tested; without it the last")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=[TRUTH, GENERAL_MIDI])
    parser.add_argument("--tier", choices=["S", "R"], default="S")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="0 1 2 test all once")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--performances", type=int, help="at most; without it all 90")
    parser.add_argument("--epochs", type=int, help="at most; without it as configured")
    parser.add_argument("--pieces", type=int, help="of an epoch; without it as there")
    args = parser.parse_args()
    if TRUTH not in args.arms:
        parser.error(f"--arms: {TRUTH} is what the others are held against")
    if len(set(args.seeds)) < len(args.seeds) or min(args.seeds) < 0:
        parser.error(f"--seeds: got {args.seeds}; wanted: numbers from 0 on, each once")
    if args.performances is not None and args.performances < 6:
        parser.error(f"--performances must be at least 6, got {args.performances}")
    return args


if __name__ == "__main__":
    main()
