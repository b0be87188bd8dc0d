"""Excerpts of real performances, each played by every kit, and what sounded in them.

Audio stands below OUT/KIT in the layout of Groove MIDI, so that the chain runs on it. What stands
as it would be made is not made again.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import mido
import numpy as np
import soundfile as sf
from chain import CRASH_OF_NOTE
from render import (
    Material,
    digest_files,
    finish_audio,
    has_audio,
    load_renderer,
    read_index,
    start_audio,
    write_index,
)

from drumcorpus.stages.train_check.features import FEATURE_SET, FeatureSettings, describe_onsets

SECONDS = 60.0
TOGETHER = 0.005  # s after the first stroke of an event that belong to it
TWO_CRASHES, ONE_CRASH = 59, 31  # performances of each kind, at most
LEAST_EACH, LEAST_IN_ALL = 3, 8  # crash hits, as of crash_truth
MOST_OF_A_CRASH, MOST_EVENTS = 20, 120  # of one recording
SEEDS = {"first": 7, "second": 8}  # of the two renderings
TICKS = 9_600  # of a quarter at 120 a minute: 0.05 ms
# Voices in the order of the tables; those that all kits have are classes.
VOICES = (
    *("kick", "snare", "snare_rim", "hihat_closed", "hihat_open", "tom_high", "tom_low"),
    *("crash", "crash2", "ride", "ride_bell"),
)
FEATURES = FeatureSettings(46.4, (-48.0, -2.0, 20.0, 80.0, 150.0), 2.67, 40.0, 20_000.0)


@dataclass(frozen=True)
class Performance:
    """An excerpt: the row of info.csv, and strokes as (s, note, velocity)."""

    row: dict
    notes: list

    @property
    def name(self) -> str:
        """As the chain calls its session."""
        return self.row["id"]


@dataclass(frozen=True)
class Events:
    """Events of all recordings, in order of kit, performance and onset; arrays by event.

    `truth` has the classes that sounded, `notes` the notes that were struck, (note, voice) each.
    """

    kits: list[str]
    performances: list[str]
    classes: list[str]
    kit: np.ndarray
    performance: np.ndarray
    onset: np.ndarray
    truth: np.ndarray
    notes: list

    @property
    def recording(self) -> np.ndarray:
        """Number of kit and performance together."""
        return self.kit * len(self.performances) + self.performance


def choose_performances(material: Material, limit: int | None) -> list[Performance]:
    """Excerpts with crashes: those with both pads, then those with one; fewer with `limit`."""
    renderer = load_renderer(material.renderer)
    both, one = [], []
    for row in read_index(material.midi):
        notes = renderer.note_ons(material.midi / row["midi_filename"])
        first, second = (_on_pad(notes, pad) for pad in (1, 2))
        least = min(len(first), len(second))
        if len(first) + len(second) < LEAST_IN_ALL:
            continue
        if least >= LEAST_EACH:
            both.append(Performance(row, _excerpt(notes, min(first, second, key=len))))
        elif least == 0:
            one.append(Performance(row, _excerpt(notes, first or second)))
    n_both, n_one = TWO_CRASHES, ONE_CRASH
    if limit is not None:
        n_one = limit * ONE_CRASH // (TWO_CRASHES + ONE_CRASH)
        n_both = limit - n_one
    chosen = [*_by_hash(both)[:n_both], *_by_hash(one)[:n_one]]
    if len(chosen) < 6:
        raise SystemExit(f"{len(chosen)} performances have the crash hits that are asked for; 6 do")
    return sorted(chosen, key=lambda performance: performance.name)


def _on_pad(notes, pad):
    return [time for time, note, _ in notes if CRASH_OF_NOTE.get(note) == pad]


def _by_hash(performances):
    return sorted(performances, key=lambda each: hash_of(each.name))


def hash_of(*words) -> str:
    """A number of names that nobody has chosen."""
    return hashlib.sha256("\0".join(map(str, words)).encode()).hexdigest()


def _excerpt(notes, times):
    """The `SECONDS` that have most of `times`, from 0 on."""
    counts = [sum(start <= time < start + SECONDS for time in times) for start in times]
    start = max(0.0, times[int(np.argmax(counts))] - 1.0)
    return [(t - start, note, v) for t, note, v in notes if start <= t < start + SECONDS]


def render_all(
    material: Material, performances: Sequence[Performance], out: Path, rendering: str
) -> dict[str, Path]:
    """Let every kit play all excerpts; returns the folder of each kit's audio."""
    renderer = load_renderer(material.renderer)
    folders, digests = {}, material.digests()
    for kit, source in material.kits.items():
        folder = out / kit / rendering
        made_of = {
            **{name: digests[name] for name in ("renderer", "midi")},
            "kit": digests["kits"][kit],
            "performances": [performance.name for performance in performances],
            "seed": SEEDS[rendering],
            "code": digest_files([Path(__file__)]),
        }
        folders[kit] = folder / "audio"
        if has_audio(folder, made_of):
            continue
        _render(renderer, source, performances, start_audio(folder), SEEDS[rendering])
        finish_audio(folder, made_of, {performance.name: 0 for performance in performances})
    return folders


def _render(renderer: ModuleType, kit: Path, performances, audio: Path, seed: int) -> None:
    voices, rows = renderer.load_kit(kit), []
    for number, performance in enumerate(performances):
        path = audio / performance.row["midi_filename"]
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_midi(path, performance.notes)
        notes = renderer.note_ons(path)
        sound = renderer.render(notes, voices, np.random.default_rng([seed, number]))
        wav = path.with_suffix(".wav")
        sf.write(wav, sound, renderer.RATE, subtype="PCM_16")
        name = wav.relative_to(audio).as_posix()
        length = f"{len(sound) / renderer.RATE:.6f}"
        rows.append(performance.row | {"audio_filename": name, "duration": length})
    write_index(audio, rows)


def _write_midi(path: Path, notes) -> None:
    track, now = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)]), 0
    messages = []
    for time, note, velocity in notes:
        tick = round(time * 2 * TICKS)
        messages.append((tick, 1, note, velocity))
        messages.append((tick + TICKS // 20, 0, note, 0))
    for tick, is_on, note, velocity in sorted(messages):
        kind = "note_on" if is_on else "note_off"
        step = tick - now
        track.append(mido.Message(kind, channel=9, note=note, velocity=velocity, time=step))
        now = tick
    mido.MidiFile(type=0, ticks_per_beat=TICKS, tracks=[track]).save(path)


def choose_events(
    material: Material, performances: Sequence[Performance], folders: Mapping[str, Path]
) -> Events:
    """The events that are learned from and scored, and what sounded at each."""
    renderer = load_renderer(material.renderer)
    voices = {kit: renderer.load_kit(path).keys() for kit, path in material.kits.items()}
    classes = [voice for voice in VOICES if all(voice in of for of in voices.values())]
    columns = {name: number for number, name in enumerate(classes)}
    kit_of, performance_of, onsets, truths, notes_of = [], [], [], [], []
    for kit_number, (kit, folder) in enumerate(folders.items()):
        for number, performance in enumerate(performances):
            notes = renderer.note_ons(folder / performance.row["midi_filename"])
            for onset, struck in _chosen(_together(notes), performance.name):
                sounding = [(note, _voice(renderer, note, voices[kit])) for note in struck]
                truth = np.zeros(len(classes), bool)
                truth[[columns[voice] for _, voice in sounding if voice in columns]] = True
                kit_of.append(kit_number)
                performance_of.append(number)
                onsets.append(onset)
                truths.append(truth)
                notes_of.append(sounding)
    return Events(
        list(folders),
        [performance.name for performance in performances],
        classes,
        np.array(kit_of),
        np.array(performance_of),
        np.array(onsets),
        np.array(truths),
        notes_of,
    )


def _voice(renderer, note, voices):
    return next((voice for voice in renderer.VOICES.get(note, "").split() if voice in voices), None)


def _together(notes):
    """Events as (onset, notes): strokes shortly after the first belong to it."""
    events = []
    for time, note, _ in sorted(notes):
        if events and time - events[-1][0] < TOGETHER:
            events[-1][1].append(note)
        else:
            events.append((time, [note]))
    return events


def _chosen(events, name):
    """The first events of each crash, then others by hash, in order of onset."""
    chosen = set()
    for pad in (1, 2):
        of = [n for n, (_, notes) in enumerate(events) if pad in map(CRASH_OF_NOTE.get, notes)]
        chosen.update(of[:MOST_OF_A_CRASH])
    for number in sorted(range(len(events)), key=lambda n: hash_of(name, n)):
        if len(chosen) >= MOST_EVENTS:
            break
        chosen.add(number)
    return [events[number] for number in sorted(chosen)]


def describe_events(
    events: Events,
    folders: Mapping[str, Path],
    performances: Sequence[Performance],
    onsets: np.ndarray,
    cache: Path,
) -> np.ndarray:
    """Features at `onsets`, one for each event; kept below `cache` by what they are made of."""
    key = hash_of(
        FEATURE_SET,
        FEATURES,
        digest_files([folders[kit] / ".." / "audio.json" for kit in events.kits]),
        hashlib.sha256(np.ascontiguousarray(onsets).tobytes()).hexdigest(),
        hashlib.sha256(events.recording.tobytes()).hexdigest(),
    )
    path = cache / f"{key[:20]}.npy"
    if path.is_file():
        return np.load(path)
    parts = []
    for number in np.unique(events.recording):
        rows = np.flatnonzero(events.recording == number)
        kit = events.kits[events.kit[rows[0]]]
        row = performances[events.performance[rows[0]]].row
        wav = (folders[kit] / row["midi_filename"]).with_suffix(".wav")
        sound, rate = sf.read(wav, dtype="float32")
        parts.append((rows, describe_onsets(sound, rate, onsets[rows], FEATURES)))
    features = np.zeros((len(onsets), parts[0][1].shape[1]), np.float32)
    for rows, described in parts:
        features[rows] = described
    save_array(path, features)
    return features


def save_array(path: Path, array: np.ndarray) -> None:
    """Write an array whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npy")
    np.save(part, array)
    part.replace(path)
