"""The arms: what a corpus says of the events, each with one thing wrong or one thing better.

An arm is the labels of training and validation, the onsets at which these are heard, and which
events have any say; the test is never an arm's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile as sf
import soxr
import yaml
from centroid_gap import RATE_HZ, cut_at_gap, mean_centroids
from chain import CRASH_OF_NOTE, read_hits, run_chain
from excerpts import TOGETHER, Events, Performance

REPO = Path(__file__).resolve().parents[2]
TAXONOMY = REPO / "resources/taxonomy"
FIRST, SECOND = "crash", "crash2"
# The class of a label where it is called otherwise than the voice.
CLASS_OF_LABEL = {"rimshot": "snare_rim", "ride_bow": "ride"}
SWAPPED = ("snare", "tom_high")
SHIFT_S = 0.060
JITTER_S = (0.010, 0.020, 0.040)
FLIPPED = (0.05, 0.10, 0.20)
DELETED = 0.3


@dataclass(frozen=True)
class Arm:
    """Labels (n_events, n_classes) and onsets (n_events,) of one arm; `more_seed` of its trees."""

    name: str
    labels: np.ndarray
    onsets: np.ndarray
    more_seed: int = 0


def truth(events: Events) -> Arm:
    """The voice that sounded."""
    return Arm("truth", events.truth, events.onset)


def controls(events: Events) -> list[Arm]:
    """D: corpora that are broken in a known way."""
    onset = events.onset
    arms = [
        Arm("null", events.truth, onset, more_seed=1000),
        Arm("permuted", _permuted(events), onset),
        Arm("shift_60_ms", events.truth, onset + SHIFT_S),
    ]
    for spread in JITTER_S:
        errors = np.random.default_rng([1, round(1000 * spread)]).normal(0, spread, len(onset))
        arms.append(Arm(f"jitter_{round(1000 * spread)}_ms", events.truth, onset + errors))
    for share in FLIPPED:
        name = f"flips_{round(100 * share)}_percent"
        arms.append(Arm(name, _flipped(events, share), onset))
    if set(SWAPPED) <= set(events.classes):
        arms.append(Arm("swap", _swapped(events), onset))
    return [*arms, Arm("deleted", _deleted(events), onset)]


def _permuted(events):
    labels, rng = events.truth.copy(), np.random.default_rng(2)
    for number in np.unique(events.recording):
        rows = np.flatnonzero(events.recording == number)
        labels[rows] = labels[rng.permutation(rows)]
    return labels


def _flipped(events, share):
    """Each stroke's class drawn anew among the others, with that chance."""
    rng = np.random.default_rng([3, round(100 * share)])
    labels, n_classes = events.truth.copy(), len(events.classes)
    for row, column in zip(*np.nonzero(events.truth), strict=True):
        if rng.random() < share:
            labels[row, column] = False
            labels[row, (column + rng.integers(1, n_classes)) % n_classes] = True
    return labels


def _swapped(events):
    labels = events.truth.copy()
    first, second = (events.classes.index(name) for name in SWAPPED)
    rows = np.flatnonzero(events.kit == 0)
    labels[rows[:, None], [first, second]] = events.truth[rows[:, None], [second, first]]
    return labels


def _deleted(events):
    labels, rng = events.truth.copy(), np.random.default_rng(4)
    for name in (FIRST, SECOND):
        column = events.classes.index(name)
        rows = np.flatnonzero(labels[:, column])
        labels[rows[rng.random(len(rows)) < DELETED], column] = False
    return labels


def maps(events: Events) -> list[Arm]:
    """A: what two maps make of the notes."""
    return [
        Arm(name, _mapped(events, of), events.onset)
        for name, of in (("corpus_map", corpus_map()), ("general_midi", general_midi()))
    ]


def corpus_map():
    notes = yaml.safe_load((TAXONOMY / "note_maps/roland_td11.yaml").read_text())["notes"]
    named = {note: entry["label"] for note, entry in notes.items()}
    second = {note: SECOND for note, entry in notes.items() if entry.get("cymbal") == 2}
    return named | second


def general_midi():
    document = yaml.safe_load((TAXONOMY / "general_midi.yaml").read_text())
    return {note: entry["label"] for note, entry in document["instruments"].items()}


def _mapped(events, label_of: Mapping[int, str]):
    columns = {name: number for number, name in enumerate(events.classes)}
    labels = np.zeros_like(events.truth)
    for row, struck in enumerate(events.notes):
        for note, _ in struck:
            label = label_of.get(note)
            column = columns.get(CLASS_OF_LABEL.get(label, label))
            if column is not None:
                labels[row, column] = True
    return labels


def crashes(
    events: Events, folders: Mapping[str, Path], performances: Sequence[Performance], n_cores: int
) -> list[Arm]:
    """B: who says which crash it is."""
    named = {
        "random": _random_cut(events),
        "chain": _named(events, _chain_says(events, folders, n_cores)),
        "centroid": _named(events, _centroid_says(events, folders, performances)),
        "merged": _merged(events),
    }
    return [Arm(name, labels, events.onset) for name, labels in named.items()]


def _merged(events):
    labels = events.truth.copy()
    first, second = (events.classes.index(name) for name in (FIRST, SECOND))
    labels[:, first] |= labels[:, second]
    labels[:, second] = False
    return labels


def _random_cut(events):
    """In each recording as many events of each kind of crash as there are, drawn among them."""
    labels, rng = events.truth.copy(), np.random.default_rng(5)
    columns = [events.classes.index(name) for name in (FIRST, SECOND)]
    for number in np.unique(events.recording):
        rows = np.flatnonzero((events.recording == number) & events.truth[:, columns].any(axis=1))
        labels[rows[:, None], columns] = events.truth[rng.permutation(rows)[:, None], columns]
    return labels


def _named(events: Events, says: Callable[[int, int], str | None]):
    """Labels in which `says` names each crash of an event, by row and pad; None: neither."""
    labels = events.truth.copy()
    columns = {name: events.classes.index(name) for name in (FIRST, SECOND)}
    labels[:, list(columns.values())] = False
    for row, struck in enumerate(events.notes):
        for note, _ in struck:
            if note in CRASH_OF_NOTE:
                label = says(row, CRASH_OF_NOTE[note])
                if label in columns:
                    labels[row, columns[label]] = True
    return labels


def _chain_says(events, folders, n_cores):
    """By row and pad, the label that the chain gives, which does not see the notes."""
    hits = []
    for number, audio in enumerate(folders.values()):
        run = audio.parent / "run"
        if not (run / "done").is_file():
            run_chain(audio, run, n_cores)
            (run / "done").write_text("whole\n", encoding="utf-8")
        hits.append(read_hits(run).assign(kit=number))
    hits = pd.concat(hits)
    by_place = {
        key: (of["onset_time"].to_numpy(), of["label"].to_list())
        for key, of in hits.groupby(["kit", "session_id", "truth"])
    }

    def says(row, pad):
        key = (events.kit[row], events.performances[events.performance[row]], pad)
        if key not in by_place:
            return None
        times, labels = by_place[key]
        nearest = int(np.abs(times - events.onset[row]).argmin())
        return labels[nearest] if abs(times[nearest] - events.onset[row]) <= TOGETHER else None

    return says


def _centroid_says(events, folders, performances):
    """By row and pad; the dull side of the cut is the first crash. Both at once are one stroke."""
    side = np.zeros(len(events.onset), int)
    columns = [events.classes.index(name) for name in (FIRST, SECOND)]
    is_crash = events.truth[:, columns].any(axis=1)
    for number in np.unique(events.recording):
        rows = np.flatnonzero((events.recording == number) & is_crash)
        if not len(rows):
            continue
        row = performances[events.performance[rows[0]]].row
        audio = folders[events.kits[events.kit[rows[0]]]]
        wav = (audio / row["midi_filename"]).with_suffix(".wav")
        sound, rate = sf.read(wav, dtype="float32")
        sound = soxr.resample(sound, rate, RATE_HZ)
        side[rows] = cut_at_gap(mean_centroids(sound, events.onset[rows]))
    return lambda row, _: (FIRST, SECOND)[side[row]]
