"""Performances rendered on a sampled kit, into a root that the source set `rendered_kits` reads.

What stands as it would be written is not written again: the record of a performance says what it
was made of. Equal kit, map, performance and seed give equal bytes.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

import numpy as np
import yaml

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.digests import sha256_bytes, sha256_file
from drumcorpus.ground.files.documents import parse_yaml
from drumcorpus.ground.kits.bank import Bank, name_in_kit
from drumcorpus.ground.kits.kit_map import KitMap
from drumcorpus.ground.kits.performances import Performance
from drumcorpus.ground.kits.play import Played, Voice, mix, play, sounding
from drumcorpus.ground.kits.shots import SampledKit
from drumcorpus.ground.kits.written import (
    COLUMNS,
    KIT,
    RATE_HZ,
    RECORD,
    SOUND,
    STROKES,
    UNANSWERED,
)
from drumcorpus.ground.midi.midi_file import (
    MidiFile,
    bars_and_beats,
    parse_midi,
    tempos_at,
    tick_seconds,
)
from drumcorpus.ground.sound.writing import write_sound

VERSION = 3  # of what the renderer makes of equal input
LONGEST = 3_600.0  # s of a performance
SUBTYPE = "PCM_16"
PERCUSSION = 9  # the channel of General MIDI, counted from 0, whose notes are drums


@dataclass(frozen=True)
class Renderer:
    """A kit that is ready to play, and the folder that it plays into."""

    kit: SampledKit
    kit_map: KitMap
    bank: Bank
    silences: Mapping[str, Sequence[str]]
    seed: int
    folder: Path
    bodies: Mapping[str, str] = field(default_factory=dict)  # what a hand can grab, by label

    @cached_property
    def description(self) -> str:
        """The text of kit.yaml."""
        answers = [
            {"name": each.name, "label": each.label, "notes": list(each.notes)}
            for each in self.kit_map.answers
        ]
        own = {each.name: each.own_note for each in self.kit.instruments}
        for answer in answers:
            answer["own_note"] = own[answer["name"]]
            answer["n_shots"] = len(self.bank.sounds.get(answer["name"], ()))
        text, file = self.kit.licence or (None, None)
        document = {
            "name": self.kit.name,
            "form": self.kit.form,
            "file": name_in_kit(self.kit, self.kit.file),
            "licence": text,
            "licence_file": file,
            "renderer": VERSION,
            "seed": self.seed,
            "sample_rate_hz": RATE_HZ,
            "gain": round(self.bank.gain, 6),
            "notes_of": self.kit_map.notes_of,
            "instruments": answers,
            "plays": self._plays(),
            "not_played": dict(sorted(self.kit.unplayed.items())),
            "lead_in_cut": self._cuts(),
            "samples": self.bank.files,
        }
        return yaml.safe_dump(
            document, sort_keys=False, allow_unicode=True, default_flow_style=None, width=1000
        )

    def _plays(self) -> str:
        """SHA-256 of what decides beside the samples how strokes sound, and until when."""
        names: dict[Path, str] = {}
        instruments = []
        for each in self.kit.instruments:
            if each.name in self.bank.sounds:
                row = asdict(each)
                for part in (part for shot in row["shots"] for part in shot["parts"]):
                    del part["place"]  # as messages have it, below a folder of this machine
                    path = part["sample"]
                    if path not in names:
                        names[path] = name_in_kit(self.kit, path)
                    part["sample"] = names[path]
                instruments.append(row)
        rules = {"silences": self.silences, "bodies": self.bodies}
        text = json.dumps({"instruments": instruments} | rules, sort_keys=True, default=dict)
        return sha256_bytes(text.encode())

    def _cuts(self) -> dict[str, int]:
        """Samples before the stroke that were left out, by the first file of each shot."""
        cuts = {
            name_in_kit(self.kit, sound.shot.parts[0].sample): sound.cut
            for sounds in self.bank.sounds.values()
            for sound in sounds
        }
        return {name: cut for name, cut in sorted(cuts.items()) if cut}

    def begin(self) -> None:
        """Write kit.yaml, where it is not what stands there."""
        path = self.folder / KIT
        if not path.is_file() or path.read_bytes() != self.description.encode():
            write_text(path, self.description)

    def render(self, performance: Performance) -> bool:
        """Play one performance; False if it stands already as it would be written.

        Raises
        ------
        ValueError
            If its MIDI cannot be read, is too long, or the kit answers to none of its notes.
        """
        made_of = self._made_of(performance)
        base = self.folder / performance.name
        if stands(base, made_of):
            return False
        midi, n_melodic = _drums(_parse(performance))
        onsets = _samples(midi, midi.notes[:, 0])
        pressed = midi.pressures[midi.pressures[:, 2] > 0]
        grabs = zip(_samples(midi, pressed[:, 0]).tolist(), pressed[:, 1].tolist(), strict=True)
        played = play(
            onsets,
            midi.notes[:, 1],
            midi.notes[:, 2],
            kit=self.kit,
            bank=self.bank,
            kit_map=self.kit_map,
            silences=self.silences,
            rng=np.random.default_rng(int(made_of[:16], 16)),
            grabs=list(grabs),
            bodies=self.bodies,
        )
        if not played.onsets:
            raise ValueError(f"{performance.name}: the kit answers to none of its notes")
        samples, gain = mix(played, self.bank.gain)
        _with_suffix(base, RECORD).unlink(missing_ok=True)
        write_sound(_with_suffix(base, SOUND), samples, RATE_HZ, subtype=SUBTYPE)
        strokes = self._strokes(midi, onsets, played)
        write_text(_with_suffix(base, STROKES), strokes)
        unanswered = Counter(str(midi.notes[row, 1]) for row in played.unanswered)
        record = _described(performance) | {
            "kit": sha256_bytes(self.description.encode()),
            "made_of": made_of,
            "gain": round(gain, 6),
            "n_samples": len(samples),
            "n_strokes": len(midi.notes),
            "n_of_other_channels": n_melodic,
            "n_choked": len(played.choked),
            "unanswered": dict(sorted(unanswered.items())),
            "files": {
                suffix: sha256_file(_with_suffix(base, suffix)) for suffix in (SOUND, STROKES)
            },
        }
        write_text(_with_suffix(base, RECORD), yaml.safe_dump(record, sort_keys=False))
        return True

    def _made_of(self, performance: Performance) -> str:
        made_of = {
            "kit": self.description,
            "midi": sha256_bytes(performance.data),
            "performance": _described(performance),
        }
        return sha256_bytes(json.dumps(made_of, sort_keys=True).encode())

    def _strokes(self, midi: MidiFile, onsets: np.ndarray, played: Played) -> str:
        """The table of strokes, those that did not sound among them, in order."""
        music = _music(midi)
        answered = {row: voices for row, _, voices in sounding(played)}
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row, onset in enumerate(onsets.tolist()):
            voices = answered.get(row)
            what = self._what_sounded(voices) if voices else (UNANSWERED, "", "")
            _, note, velocity, _ = midi.notes[row].tolist()
            stroke = (onset, f"{onset / RATE_HZ:.6f}", note, velocity, *what)
            grabbed = played.choked.get(row, "")
            writer.writerow([*stroke, *(column[row] for column in music), grabbed])
        return out.getvalue()

    def _what_sounded(self, voices: list[Voice]) -> tuple[str, str, str]:
        files = dict.fromkeys(
            name_in_kit(self.kit, part.sample)
            for voice in voices
            for part in voice.sound.shot.parts
        )
        return voices[0].label, voices[0].instrument, "|".join(files)


def stands(base: Path, made_of: str) -> bool:
    """Whether a performance stands whole below `base`, made of just this."""
    try:
        record = parse_yaml(_with_suffix(base, RECORD).read_bytes(), base.name)
        return record["made_of"] == made_of and all(
            sha256_file(_with_suffix(base, suffix)) == digest
            for suffix, digest in record["files"].items()
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return False  # whatever is there is written anew


def others_in(folder: Path, performances: Sequence[Performance]) -> Iterator[str]:
    """Performances of the kit that were rendered before and are not among these."""
    names = {performance.name for performance in performances}
    for path in sorted(folder.rglob(f"*{SOUND}")):
        name = PurePosixPath(path.relative_to(folder).as_posix()).with_suffix("").as_posix()
        if name not in names:
            yield name


def _parse(performance: Performance) -> MidiFile:
    try:
        midi = parse_midi(performance.data)
    except ValueError as error:
        raise ValueError(f"{performance.name}: {error}") from error
    if len(midi.notes) == 0:
        raise ValueError(f"{performance.name}: the MIDI file holds no note-on")
    last = float(tick_seconds(midi, midi.notes[-1:, 0])[0])
    if last > LONGEST:
        raise ValueError(f"{performance.name}: a note at {last:,.0f} s; allowed: {LONGEST:,.0f}")
    return midi


def _drums(midi: MidiFile) -> tuple[MidiFile, int]:
    """The notes of the channel of percussion, if there are any, and how many others there are.

    A file without that channel is taken for one of drums alone, of whatever channel.
    """
    is_drum = midi.notes[:, 3] == PERCUSSION
    if not is_drum.any():
        return midi, 0
    of_drums = midi.pressures[midi.pressures[:, 3] == PERCUSSION]
    return replace(midi, notes=midi.notes[is_drum], pressures=of_drums), int((~is_drum).sum())


def _samples(midi: MidiFile, ticks: np.ndarray) -> np.ndarray:
    return np.rint(tick_seconds(midi, ticks) * RATE_HZ).astype(np.int64)


def _music(midi: MidiFile) -> list[list[str]]:
    """Tempo, bar, beat and meter of every note, as text; empty where a clock has none."""
    ticks = midi.notes[:, 0]
    try:
        if midi.ticks_per_second is not None:
            raise ValueError("a clock without beats")
        bars, beats, meters = bars_and_beats(midi, ticks)
    except ValueError:
        return [[""] * len(ticks)] * 4
    tempos = tempos_at(midi, ticks)
    return [
        [f"{tempo:.6g}" for tempo in tempos.tolist()],
        [str(bar) for bar in bars.tolist()],
        [f"{beat:.6g}" for beat in beats.tolist()],
        [str(each) for each in meters.tolist()],
    ]


def _described(performance: Performance) -> dict:
    keys = ("group", "split", "drummer", "style", "tempo_bpm", "meter")
    return {"performance": performance.name} | {key: getattr(performance, key) for key in keys}


def _with_suffix(base: Path, suffix: str) -> Path:
    return base.with_name(base.name + suffix)
