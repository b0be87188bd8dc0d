"""All arms of a run: what was learned from each, and the figures and verdicts made of it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile as sf
from excerpts import FEATURES, Events
from label_arms import FIRST, SECOND, Arm, truth
from learned import Said, count, divide, learn
from verdicts import (
    class_ap,
    class_f,
    class_recall,
    crash_areas,
    detection_limit,
    draw_groups,
    estimate,
    judge,
    mean_area,
    micro_f,
)

from drumcorpus.ground.statistics.scores import f_measure
from drumcorpus.stages.train_check.features import describe_onsets

ARMS = ("D", "A", "B", "C", "E")
TRUTH = "truth"
FIVE = ("KD", "SD", "TT", "HH", "CY")
FIVE_OF = {
    **{"kick": "KD", "snare": "SD", "snare_rim": "SD", "tom_high": "TT", "tom_low": "TT"},
    **{"hihat_closed": "HH", "hihat_open": "HH", "crash": "CY", "crash2": "CY", "ride": "CY"},
    "ride_bell": "CY",
}
REAL_TOGETHER = 0.010  # s between annotations of one event


class Trained:
    """What arms have taught; `learn_…` adds to it, `report` says it."""

    def __init__(
        self, events: Events, hear: Callable, seeds: Sequence[int], kept: Path, say: Callable
    ):
        self.events, self.hear, self.seeds, self.kept, self.say = events, hear, seeds, kept, say
        self.true = hear(events.onset)
        self.said: dict[str, list[Said]] = {}
        self.cells: dict[str, list[Said]] = {}
        self.real: dict | None = None
        self.weights = draw_groups(len(events.performances))

    def learn_arms(self, arms: Sequence[Arm]) -> None:
        """Learn from arms, and say what is struck in the test."""
        for arm in arms:
            self.learn_arm(arm)

    def learn_arm(self, arm: Arm) -> None:
        """Learn from one arm with every seed."""
        heard = self.true if arm.onsets is self.events.onset else self.hear(arm.onsets)
        self.said[arm.name] = []
        for seed in self.seeds:
            parts = divide(self.events.performances, self.events.performance, seed)
            asked = [(parts.test, self.true[parts.test])]
            self.said[arm.name] += learn(arm, heard, parts, seed, asked, self.kept)
        self.say(arm.name)

    def learn_cells(self) -> None:
        """C: with one kit left out, with the second rendering, and divided by file."""
        events, arm = self.events, truth(self.events)
        second = self.hear(events.onset, "second")
        cells = {name: [] for name in ("seen", "unseen", "by_file", *events.kits)}
        files = [f"{kit} {name}" for kit in events.kits for name in events.performances]
        for seed in self.seeds:
            parts = divide(events.performances, events.performance, seed)
            asked = [(rows, second[rows]) for rows in (parts.train, parts.test)]
            seen, unseen = learn(arm, self.true, parts, seed, asked, self.kept)
            cells["seen"].append(seen)
            cells["unseen"].append(unseen)
            by_file = divide(files, events.recording, seed)
            asked = [(by_file.test, self.true[by_file.test])]
            cells["by_file"] += learn(arm, self.true, by_file, seed, asked, self.kept)
            for number, kit in enumerate(events.kits):
                others = type(parts)(
                    *(rows[events.kit[rows] != number] for rows in (parts.train, parts.validation)),
                    parts.test[events.kit[parts.test] == number],
                )
                asked = [(others.test, self.true[others.test])]
                cells[kit] += learn(arm, self.true, others, seed, asked, self.kept)
        self.cells = cells
        self.say("cells of performance and kit")

    def learn_real(self, root: Path) -> None:
        """E: the tracks of MDB Drums whose drums are there, by what the truth teaches."""
        events, arm = self.events, truth(self.events)
        tracks = []
        for wav in sorted((root / "audio/drum_only").glob("*_Drum.wav")):
            name = wav.name.removesuffix("_Drum.wav")
            onsets, labels = _read_annotation(root / f"annotations/class/{name}_class.txt")
            sound, rate = sf.read(wav, dtype="float32")
            tracks.append((name, labels, describe_onsets(sound, rate, onsets, FEATURES)))
        if not tracks:
            raise SystemExit(f"{root}: no audio/drum_only/*_Drum.wav; --mdb is that of MDB Drums")
        table = np.zeros((len(tracks), len(FIVE), 3), np.int64)
        five = five_classes(events.classes)
        for seed in self.seeds:
            parts = divide(events.performances, events.performance, seed)
            asked = [(np.arange(len(x)), x) for _, _, x in tracks]
            said = learn(arm, self.true, parts, seed, asked, self.kept)
            for number, (each, (_, labels, _)) in enumerate(zip(said, tracks, strict=True)):
                for column in range(len(FIVE)):
                    is_said = each.predicted[:, five == column].any(axis=1)
                    is_true = labels[:, column]
                    table[number, column] += [
                        (is_true & is_said).sum(),
                        (~is_true & is_said).sum(),
                        (is_true & ~is_said).sum(),
                    ]
        of_tracks = f_measure(table.sum(axis=1))
        self.real = {
            "tracks": {
                name: _rounded(f) for (name, _, _), f in zip(tracks, of_tracks, strict=True)
            },
            "micro": _rounded(f_measure(table.sum(axis=(0, 1)))),
            "classes": {
                name: _rounded(f)
                for name, f in zip(FIVE, f_measure(table.sum(axis=0)), strict=True)
            },
        }
        self.say("real recordings")

    def report(self) -> dict:
        """Figures of every arm, the detection limits, and the verdict on every hypothesis."""
        tables = {name: count(self.events, said) for name, said in self.said.items()}
        rows = {name: self._figures(name, tables) for name in tables}
        report = {"arms_learned": rows, "hypotheses": self._hypotheses(tables)}
        if "null" in rows:
            report["detection_limits"] = {
                name: detection_limit(figure) for name, figure in rows["null"]["loss"].items()
            }
        if self.real:
            report["real"] = self.real | {"rendered_micro": self._five_micro()}
        return report

    def _sizes(self, column=None):
        """What each performance holds of a class, or of all."""
        hits = np.zeros((len(self.events.performances), len(self.events.classes)), int)
        rows = np.concatenate([each.rows for each in self.said[TRUTH]])
        np.add.at(hits, self.events.performance[rows], self.events.truth[rows])
        return hits.sum(axis=1) if column is None else hits[:, column]

    def _areas(self, name):
        areas = crash_areas(self.events, self.said[name], (FIRST, SECOND))
        return mean_area(areas, self.weights), areas[1]

    def _figures(self, name, tables):
        """Values of an arm, and its losses against the truth with paired intervals."""
        values, losses = {}, {}
        of = {"micro": (lambda t: micro_f(t, self.weights), self._sizes())}
        for column, label in enumerate(self.events.classes):
            of[label] = (
                lambda t, column=column: class_f(t, self.weights, column),
                self._sizes(column),
            )
        for key, (figure, sizes) in of.items():
            mine, theirs = figure(tables[name]), figure(tables[TRUTH])
            values[key] = estimate(mine, sizes)
            losses[key] = estimate(theirs - mine, sizes)
        (area, sizes), (true_area, _) = self._areas(name), self._areas(TRUTH)
        values["crash_area"] = estimate(area, sizes)
        losses["crash_area"] = estimate(true_area - area, sizes)
        return {"f": values, "loss": losses}

    def _hypotheses(self, tables):
        rows = []

        def add(name, text, draws, sizes, **expected):
            figure = estimate(draws, sizes)
            rows.append({"id": name, "of": text, **figure, "verdict": judge(figure, **expected)})

        weights, all_sizes = self.weights, self._sizes()

        def loss(name):
            return micro_f(tables[TRUTH], weights) - micro_f(tables[name], weights)

        for key, name, expected in (
            ("D0", "null", {"above": -0.01, "below": 0.01}),
            ("D1", "permuted", {"above": 0.20}),
            ("D2", "shift_60_ms", {"above": 0.03}),
            ("D3, 40 ms", "jitter_40_ms", {"above": 0.01}),
            ("D3, 10 ms", "jitter_10_ms", {"below": 0.02}),
            ("D4, 20 %", "flips_20_percent", {"above": 0.01}),
            ("D4, 5 %", "flips_5_percent", {"below": 0.02}),
            ("A1", "corpus_map", {"below": 0.01}),
            ("A2", "general_midi", {"above": 0.03}),
        ):
            if name in tables:
                add(key, f"loss of micro F, {name}", loss(name), all_sizes, **expected)
        for key, more, less in (
            ("D3, grows", "jitter_40_ms", "jitter_10_ms"),
            ("D4, grows", "flips_20_percent", "flips_5_percent"),
        ):
            if more in tables:
                text = f"loss of micro F, {more} less {less}"
                add(key, text, loss(more) - loss(less), all_sizes, above=0.0)
        for key, name, label, above in (
            ("D5", "swap", "tom_high", 0.05),
            ("D6, crash", "deleted", FIRST, 0.0),
            ("D6, crash 2", "deleted", SECOND, 0.0),
        ):
            if name in tables:
                column = self.events.classes.index(label)
                true, arm = (class_f(tables[of], weights, column) for of in (TRUTH, name))
                text = f"loss of F of {label}, {name}"
                add(key, text, true - arm, self._sizes(column), above=above)
        if "general_midi" in tables:
            self._add_maps(add, tables)
        if "chain" in tables:
            self._add_crashes(add, rows)
        if self.cells:
            self._add_cells(add, tables, rows)
        if self.real:
            rows.append(self._real_row())
        return rows

    def _add_maps(self, add, tables):
        weights, classes = self.weights, self.events.classes
        if "hihat_closed" in classes:
            column = classes.index("hihat_closed")
            true, arm = (
                class_recall(tables[of], weights, column) for of in (TRUTH, "general_midi")
            )
            sizes = self._sizes(column)
            add("A3", "loss of recall of hihat_closed, general_midi", true - arm, sizes, above=0.05)
        column = classes.index(FIRST)
        true, arm = (
            class_ap(self.events, self.said[of], weights, column) for of in (TRUTH, "general_midi")
        )
        sizes = self._sizes(column)
        add("A4", "loss of AP of crash, general_midi", true - arm, sizes, above=0.05)

    def _add_crashes(self, add, rows):
        areas = {name: self._areas(name)[0] for name in (TRUTH, "random", "chain", "centroid")}
        sizes = self._areas(TRUTH)[1]
        true, drawn, chain, centroid = areas.values()
        add("B1", "crash AUROC, truth", true, sizes, above=0.75)
        add("B2", "crash AUROC, random", drawn, sizes, below=0.60)
        text = "crash AUROC, chain less random less .9 of truth less random"
        add("B3", text, chain - drawn - 0.9 * (true - drawn), sizes, above=0.0)
        add("B4", "crash AUROC, chain less centroid", chain - centroid, sizes, above=0.0)
        merged = estimate(self._areas("merged")[0], sizes)
        rows.append({"id": "B5", "of": "crash AUROC, merged", **merged, "verdict": "stated"})

    def _add_cells(self, add, tables, rows):
        events, weights, cells = self.events, self.weights, self.cells
        for number, kit in enumerate(events.kits):
            seen = [
                Said(each.rows[of], each.scores[of], each.thresholds)
                for each in self.said[TRUTH]
                for of in [events.kit[each.rows] == number]
            ]
            gap = micro_f(count(events, seen), weights) - micro_f(
                count(events, cells[kit]), weights
            )
            text = f"micro F, {kit} seen less unseen"
            add(f"C1, {kit}", text, gap, self._sizes(), above=0.05, below=0.30)
        seen, unseen = (count(events, cells[name]) for name in ("seen", "unseen"))
        both = (seen.sum(axis=(1, 2)) > 0) & (unseen.sum(axis=(1, 2)) > 0)
        seen, unseen = seen * both[:, None, None], unseen * both[:, None, None]
        gap = micro_f(seen, weights) - micro_f(unseen, weights)
        text = "micro F, performance seen less unseen"
        add("C2", text, gap, self._sizes() * both, below=0.02)
        by_file = count(events, cells["by_file"])
        gap = micro_f(by_file, weights) - micro_f(tables[TRUTH], weights)
        add("C3", "micro F, by file less by performance", gap, self._sizes(), below=0.02)
        files = self._file_table(cells["by_file"])
        over_files = estimate(micro_f(files, draw_groups(len(files))), files[..., 0].sum(axis=1))
        over_groups = estimate(micro_f(by_file, weights), self._sizes())
        for name, figure in (("files", over_files), ("performances", over_groups)):
            rows.append(
                {"id": "C3", "of": f"micro F by file, over {name}", **figure, "verdict": "stated"}
            )

    def _file_table(self, said):
        """TP, FP and FN by recording and class."""
        events = self.events
        files = Events(
            events.kits,
            [f"{kit} {name}" for kit in events.kits for name in events.performances],
            events.classes,
            events.kit,
            events.recording,
            events.onset,
            events.truth,
            events.notes,
        )
        return count(files, said)

    def _five_micro(self):
        five = five_classes(self.events.classes)
        table = count(self.events, self.said[TRUTH], five)
        return _rounded(f_measure(table.sum(axis=(0, 1))))

    def _real_row(self):
        f = self.real["micro"]
        text = f"micro F of five classes, {len(self.real['tracks'])} tracks; rendered "
        of = {"value": f, "low": None, "high": None, "groups": len(self.real["tracks"])}
        text += f"{self._five_micro()}"
        return {"id": "E", "of": text, **of, "verdict": "not resolvable"}


def five_classes(classes: Sequence[str]) -> np.ndarray:
    """Of each class, the number of its class of five; -1 for none."""
    return np.array([FIVE.index(FIVE_OF[name]) if name in FIVE_OF else -1 for name in classes])


def _read_annotation(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Onsets in seconds, and which of the five classes are struck at each."""
    onsets, labels = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        time, name = line.split()
        if name not in FIVE:
            continue
        if not onsets or float(time) - onsets[-1] > REAL_TOGETHER:
            onsets.append(float(time))
            labels.append(np.zeros(len(FIVE), bool))
        labels[-1][FIVE.index(name)] = True
    return np.array(onsets), np.array(labels)


def _rounded(value) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
