"""Count what published drum sets hold otherwise than their readers take it.

    python bench/upstream_facts.py --groove ROOT --slakh SLAKH_ROOT --mdb MDB_ROOT

Each root may be given or left out: ROOT is the folder that holds info.csv, SLAKH_ROOT one of
Slakh2100 or BabySlakh, MDB_ROOT the folder that holds annotations. The files are read as they were
published; of the corpus its reader of MIDI files and its note maps of Slakh's kits take part.
"""

import argparse
import csv
from collections import Counter, defaultdict
from pathlib import Path

CRASH_EDGES, CRASH_BOWS = (55, 52), (49, 57)
SECOND_CRASH = (57, 52)  # the pad's bow, where General MIDI has its second crash, and its edge
CLOSED_HIHAT_EDGE, SNARE_RIM = 22, 40
GENERAL_MIDI = range(35, 82)  # notes that its percussion key map names
DRUM_CHANNEL = 9
NOTE_MAPS = Path(__file__).parent.parent / "resources/taxonomy/note_maps"
DOUBLE_MS, PADDED_S = 10.0, 1.0
KICKS = (35, 36)


def main() -> None:
    """Read the command line, count, print one row a fact."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    counts = {"groove": of_groove, "slakh": of_slakh, "mdb": of_mdb}
    for name in counts:
        parser.add_argument(f"--{name}", type=Path, help=f"root of {name}")
    args = parser.parse_args()
    roots = {name: getattr(args, name) for name in counts if getattr(args, name)}
    if not roots:
        parser.error(f"no root; give one of {', '.join(f'--{name}' for name in counts)}")
    print("| set | fact | count | of |")
    print("| --- | --- | ---: | ---: |")
    for name, root in roots.items():
        facts = counts[name](root)
        if not facts:
            parser.error(f"{root}: no file of {name} in it")
        for fact, count, whole in facts:
            print(f"| {name} | {fact} | {count:,} | {whole:,} |")


def of_groove(root: Path) -> list[tuple[str, int, int]]:
    """Facts of Groove MIDI: its notes, its files, its splits."""
    import numpy as np

    from drumcorpus.ground.midi.midi_file import parse_midi, tick_seconds

    index = root / "info.csv"
    if not index.exists():
        return []
    takes = list(csv.DictReader(index.open(encoding="utf-8")))
    notes, splits, velocities = Counter(), defaultdict(Counter), []
    edges, hands = defaultdict(Counter), Counter()
    doubles = padded = 0
    for take in takes:
        data = (root / take["midi_filename"]).read_bytes()
        midi = parse_midi(data)
        numbers = midi.notes[:, 1]
        notes.update(numbers.tolist())
        splits[take["split"]].update(numbers.tolist())
        velocities.append(midi.notes[numbers == SNARE_RIM, 2])
        for edge, bow in zip(CRASH_EDGES, CRASH_BOWS, strict=True):
            edges[take["drummer"]].update(numbers[np.isin(numbers, (edge, bow))].tolist())
        times = tick_seconds(midi, midi.notes[:, 0])
        for number in np.unique(numbers):
            doubles += int((np.diff(times[numbers == number]) < DOUBLE_MS / 1000).sum())
        padded += end_s(data, midi) - times[-1] > PADDED_S
        hands[data] += 1
    crashes = sum(notes[note] for note in (*CRASH_EDGES, *CRASH_BOWS))
    sessions = {split: {t["session"] for t in takes if t["split"] == split} for split in splits}
    tests = [take for take in takes if take["split"] == "test"]
    grooves = {take["style"] for take in tests if take["session"] not in sessions["train"]}
    shares = [
        sum(by[note] for note in CRASH_EDGES) / by.total() for by in edges.values() if by.total()
    ]
    rims = np.concatenate(velocities)
    return [
        ("notes without a name in General MIDI", outside(notes), notes.total()),
        (
            "of these, on the edge of the closed hi-hat (22)",
            notes[CLOSED_HIHAT_EDGE],
            outside(notes),
        ),
        ("crash strokes on an edge (55, 52)", sum(notes[n] for n in CRASH_EDGES), crashes),
        (
            "drummers with more than 95 % or less than 5 % of them there",
            extreme(shares),
            len(shares),
        ),
        (
            "second crash in the test split, by General MIDI (57)",
            splits["test"][SECOND_CRASH[0]],
            sum(splits["test"][note] for note in SECOND_CRASH),
        ),
        ("strokes on the snare's rim (40) at velocity 127", int((rims == 127).sum()), len(rims)),
        (
            f"strokes less than {DOUBLE_MS:.0f} ms after one of the same note",
            doubles,
            notes.total(),
        ),
        (f"files that end more than {PADDED_S:.0f} s after their last note", padded, len(takes)),
        (
            "files that are equal to another, byte by byte",
            sum(n for n in hands.values() if n > 1),
            len(takes),
        ),
        ("takes without sound", sum(not take["audio_filename"] for take in takes), len(takes)),
        (
            "test takes from a session that has training takes",
            sum(take["session"] in sessions["train"] for take in tests),
            len(tests),
        ),
        (
            "grooves that the other test takes play",
            len(grooves),
            sum(take["session"] not in sessions["train"] for take in tests),
        ),
    ]


def end_s(data: bytes, midi) -> float:
    """Seconds at which a file of one track ends, by its End of Track."""
    import io

    import mido

    return mido.MidiFile(file=io.BytesIO(data)).length


def outside(notes: Counter) -> int:
    """How many strokes have a note that General MIDI's percussion has no name for."""
    return sum(count for note, count in notes.items() if note not in GENERAL_MIDI)


def extreme(shares: list[float]) -> int:
    """How many shares lie within 5 % of nothing or of all."""
    return sum(not 0.05 <= share <= 0.95 for share in shares)


def of_slakh(root: Path) -> list[tuple[str, int, int]]:
    """Facts of Slakh2100 and BabySlakh: what the metadata say, and what is in the files."""
    from drumcorpus.ground.files.yaml_files import read_yaml
    from drumcorpus.ground.midi.midi_file import parse_midi

    tracks = sorted(path.parent for path in root.rglob("metadata.yaml"))
    stems = denied = lower = played = crash_notes = chinas = 0
    for track in tracks:
        for name, stem in read_yaml(track / "metadata.yaml")["stems"].items():
            has_sound = any(track.joinpath("stems").glob(f"{name}.*"))
            stems += has_sound
            denied += has_sound and not stem.get("audio_rendered", False)
            notes = track / "MIDI" / f"{name}.mid"
            if not (stem.get("is_drum") and notes.exists()):
                continue
            sounded = Counter(parse_midi(notes.read_bytes()).notes[:, 1].tolist())
            crash_notes += sounded[SECOND_CRASH[0]]
            kit = Path(stem.get("plugin_name") or "").stem
            label_map = NOTE_MAPS / f"slakh_{kit}.yaml"
            if label_map.exists():
                label = read_yaml(label_map)["notes"].get(SECOND_CRASH[0], {}).get("label")
                chinas += sounded[SECOND_CRASH[0]] * (label == "china")
            whole = track / "all_src.mid"
            if whole.exists():
                sent = parse_midi(whole.read_bytes()).notes
                sent = Counter(sent[sent[:, 3] == DRUM_CHANNEL, 1].tolist())
                lower += max(sent[KICKS[0]] - sounded[KICKS[0]], 0)
                played += sum(sounded[note] for note in KICKS)
    if not tracks:
        return []
    return [
        ("stems with sound that the metadata say was not rendered", denied, stems),
        ("kicks sent as 35 and played as 36", lower, played),
        ("strokes on 57 by kits that have a china there", chinas, crash_notes),
    ]


def of_mdb(root: Path) -> list[tuple[str, int, int]]:
    """Facts of MDB Drums: its two lists of each recording, and its times."""
    lists = sorted((root / "annotations/subclass").glob("*_subclass.txt"))
    strokes = crashes = on_grid = differing = 0
    for path in lists:
        rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
        other = root / "annotations/class" / path.name.replace("_subclass", "_class")
        same = [line.split()[0] for line in other.read_text().splitlines() if line.strip()]
        differing += [time for time, _ in rows] != same
        strokes += len(rows)
        crashes += sum(label == "CRC" for _, label in rows)
        on_grid += sum(abs(float(time) * 100 - round(float(time) * 100)) < 1e-6 for time, _ in rows)
    if not lists:
        return []
    return [
        ("strokes at a whole hundredth of a second", on_grid, strokes),
        ("crash strokes, all of one label", crashes, strokes),
        ("recordings whose two lists differ in a time", differing, len(lists)),
    ]


if __name__ == "__main__":
    main()
