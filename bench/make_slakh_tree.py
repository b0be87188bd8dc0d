"""Write a tree of the shape and size of Slakh2100-redux.

    python bench/make_slakh_tree.py OUT_DIR [--sessions 1708] [--notes 1480] [--seed 1]

The strokes are drawn, not musical, and the sound is silence; what is true to life is what costs
time: the number of files, the metadata of eleven stems, some 1,480 drum notes a track on a grid
that several drums share, tempo maps of one to some hundred changes, and recordings as long as
their labels.
"""

import argparse
import hashlib
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import soundfile
import yaml

RESOURCES = Path(__file__).parent.parent / "resources"
TICKS_PER_QUARTER = 96
STEP_TICKS = 24  # a sixteenth
N_STEMS = 11
DRUM_STEM = "S01"
TAIL_S = 2.0
RATE_HZ = 44_100
# Notes of a drum stem and how often they occur, as in Track00001, with some of the rarer ones.
NOTES = {36: 182, 37: 57, 38: 60, 40: 73, 41: 4, 42: 300, 43: 8, 44: 114, 45: 14, 46: 49, 47: 4}
NOTES |= {48: 6, 49: 21, 50: 3, 51: 412, 52: 5, 53: 9, 54: 136, 55: 8, 56: 4, 57: 9, 59: 4, 62: 2}
STEMS = [
    ("Guitar", "Distortion Guitar", 30, "elektrik_guitar.nkm"),
    ("Drums", "Drums", 128, None),
    ("Piano", "Bright Acoustic Piano", 1, "the_giant_modern_studio.nkm"),
    ("Bass", "Electric Bass (finger)", 33, "scarbee_rickenbacker_bass_palm_muted.nkm"),
    ("Strings (continued)", "Choir Aahs", 52, "choir_o.nkm"),
    ("Organ", "Percussive Organ", 17, "fever.nkm"),
    ("Sound Effects", "FX 8 (sci-fi)", 103, "None"),
    ("Guitar", "Electric Guitar (jazz)", 26, "jazz_guitar2.nkm"),
    ("Guitar", "Distortion Guitar", 30, "elektrik_guitar.nkm"),
    ("Organ", "Harmonica", 22, "transistor_compact.nkm"),
    ("Organ", "Harmonica", 22, "transistor_compact.nkm"),
]


def main() -> None:
    """Read the command line, write the tree."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--sessions", type=int, default=1708)
    parser.add_argument("--notes", type=int, default=1480)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    n_notes = write_tree(args.out_dir, args.sessions, args.notes, args.seed)
    print(f"{args.sessions} tracks, {n_notes:,} drum notes in {args.out_dir}")


def write_tree(
    root: Path,
    n_sessions: int,
    n_notes: int = 1480,
    seed: int = 1,
    sound: Callable[[float], bytes] | None = None,
) -> int:
    """Write `n_sessions` tracks of about `n_notes` drum notes each; returns the notes written.

    The drum stem is what `sound` gives for a duration in seconds, as FLAC; without it silence.
    """
    tables = yaml.safe_load((RESOURCES / "source_sets/slakh2100_splits.yaml").read_text())
    kits = list(yaml.safe_load((RESOURCES / "source_sets/slakh2100_kits.yaml").read_text()))
    numbers = [n for n in range(1, 2101) if n not in set(tables["omitted"])]
    rows = np.linspace(0, len(numbers) - 1, n_sessions).astype(int)  # of all splits
    melodies = [melody(np.random.default_rng([seed, 0, row])) for row in range(32)]
    short, sounds, total = silence(2.0), {}, 0
    for index, number in enumerate(numbers[row] for row in rows):
        rng = np.random.default_rng([seed, 1, number])
        split = next(
            s for s, (first, last) in tables["original"].items() if first <= number <= last
        )
        folder = root / split / f"Track{number:05d}"
        for name in ("MIDI", "stems"):
            (folder / name).mkdir(parents=True)
        tempos, notes = drawn_tempos(rng), drawn_notes(rng, n_notes)
        drums, conductor = track_chunk(note_events(notes, 9)), track_chunk(tempo_events(tempos))
        others = [melodies[row] for row in rng.integers(0, len(melodies), N_STEMS)]
        (folder / f"MIDI/{DRUM_STEM}.mid").write_bytes(midi_file([conductor, drums]))
        song = midi_file([conductor, drums, *others])
        (folder / "all_src.mid").write_bytes(song)
        # Whole tens of seconds, so that few recordings are encoded and the rest are copies.
        duration = 10 * int(np.ceil((seconds_at(tempos, notes[-1][0]) + TAIL_S) / 10))
        if duration not in sounds:
            sounds[duration] = (sound or silence)(duration)
        for row, (_, _, _, plugin) in enumerate(STEMS):
            if plugin == "None":
                continue
            stem = f"S{row:02d}"
            if stem != DRUM_STEM:
                (folder / f"MIDI/{stem}.mid").write_bytes(midi_file([conductor, others[row]]))
            content = sounds[duration] if stem == DRUM_STEM else short
            (folder / f"stems/{stem}.flac").write_bytes(marked(content, f"{number:05d}{stem}"))
        (folder / "mix.flac").write_bytes(marked(short, f"{number:05d}mix"))
        text = metadata_text(folder.name, kits[index % len(kits)], song, rng)
        (folder / "metadata.yaml").write_text(text)
        total += len(notes)
    return total


def drawn_tempos(rng: np.random.Generator) -> list[tuple[int, int]]:
    """(tick, microseconds per quarter): mostly one, sometimes a few, now and then hundreds."""
    n_changes = int(rng.choice([1, rng.integers(2, 9), rng.integers(100, 400)], p=[0.6, 0.3, 0.1]))
    ticks = np.unique(rng.integers(1, 40_000, n_changes - 1)).tolist()
    base = rng.uniform(80, 170)
    return [
        (tick, round(60e6 / (base * (1 + 0.05 * rng.standard_normal())))) for tick in [0, *ticks]
    ]


def drawn_notes(rng: np.random.Generator, n_notes: int) -> list[tuple[int, int, int]]:
    """(tick, note, velocity) in order, on sixteenths that a player meets to a tick or two."""
    n_notes = int(n_notes * rng.uniform(0.7, 1.3))
    weights = np.array(list(NOTES.values())) / sum(NOTES.values())
    steps = np.sort(rng.integers(16, 16 + n_notes * 5 // 4, n_notes))
    ticks = steps * STEP_TICKS + rng.integers(0, 3, n_notes)
    notes = rng.choice(list(NOTES), n_notes, p=weights)
    velocities = rng.integers(30, 128, n_notes)
    strokes = np.column_stack([ticks, notes, velocities]).tolist()
    struck = {(tick, note): velocity for tick, note, velocity in strokes}
    return [(tick, note, velocity) for (tick, note), velocity in sorted(struck.items())]


def melody(rng: np.random.Generator) -> bytes:
    """The track chunk of some 250 notes on channel 0."""
    ticks = np.sort(rng.integers(0, 45_000, 250)).tolist()
    notes = [(tick, int(rng.integers(40, 80)), 90) for tick in ticks]
    return track_chunk(note_events(notes, 0))


def note_events(notes: list[tuple[int, int, int]], channel: int) -> list[tuple[int, bytes]]:
    """Note-ons, and their note-offs twelve ticks later, in order."""
    on = 0x90 | channel
    events = []
    for tick, note, velocity in notes:
        events.append((tick, bytes((on, note, velocity))))
        events.append((tick + 12, bytes((on, note, 0))))
    return sorted(events, key=lambda event: event[0])


def tempo_events(tempos: list[tuple[int, int]]) -> list[tuple[int, bytes]]:
    """A meter and the tempo changes."""
    events = [(tick, b"\xff\x51\x03" + tempo.to_bytes(3)) for tick, tempo in tempos]
    return [(0, b"\xff\x58\x04\x04\x02\x18\x08"), *events]


def track_chunk(events: Iterable[tuple[int, bytes]]) -> bytes:
    """One track of a MIDI file, from (tick, message) in order."""
    data, now = bytearray(), 0
    for tick, message in events:
        delta, now = tick - now, tick
        if delta >> 14:
            data += bytes((0x80 | delta >> 14, 0x80 | delta >> 7 & 0x7F, delta & 0x7F))
        elif delta >> 7:
            data += bytes((0x80 | delta >> 7, delta & 0x7F))
        else:
            data.append(delta)
        data += message
    data += b"\x01\xff\x2f\x00"
    return b"MTrk" + len(data).to_bytes(4) + data


def midi_file(chunks: list[bytes], ticks_per_quarter: int = TICKS_PER_QUARTER) -> bytes:
    """A type 1 file of track chunks."""
    header = b"MThd\x00\x00\x00\x06\x00\x01"
    header += len(chunks).to_bytes(2) + ticks_per_quarter.to_bytes(2)
    return header + b"".join(chunks)


def seconds_at(tempos: list[tuple[int, int]], tick: int) -> float:
    """Seconds of a tick, change by change."""
    seconds = 0.0
    for (start, tempo), (stop, _) in zip(tempos, [*tempos[1:], (tick, 0)], strict=True):
        seconds += max(0, min(stop, tick) - start) * tempo / 1e6 / TICKS_PER_QUARTER
    return seconds


def silence(duration: float) -> bytes:
    """FLAC of nothing, mono, 44.1 kHz, 16 bit."""
    return encoded(np.zeros(round(duration * RATE_HZ), dtype=np.int16))


def encoded(samples: np.ndarray) -> bytes:
    """FLAC of samples, shape (n_samples,), int16."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE_HZ, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def marked(flac: bytes, mark: str) -> bytes:
    """The same sound with a mark in a block of metadata, so that no two files are equal.

    The block is of type APPLICATION, after STREAMINFO: "fLaC", four bytes and 34 stand before it.
    """
    content = b"drum" + mark.encode()
    return flac[:42] + b"\x02" + len(content).to_bytes(3) + content + flac[42:]


def metadata_text(track: str, kit: str, song: bytes, rng: np.random.Generator) -> str:
    """metadata.yaml as it is published, keys in order."""
    uuid = hashlib.md5(song).hexdigest()
    lines = [f"UUID: {uuid}", f"audio_dir: {track}/stems"]
    lines += [f"lmd_midi_dir: lmd_matched/B/E/N/TRBENCH{track[5:]}/{uuid}.mid"]
    lines += [f"midi_dir: {track}/MIDI", "normalization_factor: -13.0", "normalized: true"]
    lines += [f"overall_gain: {rng.uniform(0.1, 0.4)!r}", "stems:"]
    for row, (family, program, number, plugin) in enumerate(STEMS):
        there = str(plugin != "None").lower()
        lines += [f"  S{row:02d}:", f"    audio_rendered: {there}", f"    inst_class: {family}"]
        if plugin != "None":
            lines.append(f"    integrated_loudness: {rng.uniform(-30, -12)!r}")
        lines += [f"    is_drum: {str(number == 128).lower()}"]
        lines += [f"    midi_program_name: {program}", f"    midi_saved: {there}"]
        lines += [f"    plugin_name: {plugin or f'{kit}.nkm'}", f"    program_num: {number}"]
    return "\n".join([*lines, "target_peak: -1.0", ""])


if __name__ == "__main__":
    main()
