"""Measure the search for near-duplicates on sessions whose copies are known.

    python bench/near_duplicates.py --midi GMD_ROOT --kits KIT KIT --renderer FILE --out OUT

Real performances, up to 40 s of each, are played by the first sampled kit; then come copies: the
same performance by the other kit, and the sound of the first one quieter, with noise, through MP3,
cut at its start, or all of this, their strokes shifted, a little faster, off by 2 ms and with one
of twenty missing. Every session is a group of its own, so that all has to be found by fingerprints.

Printed are the time and memory of fingerprints and search, in fresh processes, for growing numbers
of sessions; what this makes for 50,000; and what was found of the copies, and what else.
"""

import argparse
import importlib.util
import io
import zlib
from collections import Counter
from pathlib import Path

from measured import print_figures, run_fresh, run_jobs

ROOT = Path(__file__).parent.parent
SECONDS = 40.0  # of each performance; the mean session of E-GMD has 35 s
SHARD_SESSIONS = 250
KINDS = ("other_kit", "gain", "noise", "mp3", "cut", "all")
SPEED = {"cut": 1.0, "all": 1.0}  # sound and strokes of a cut copy keep their tempo
LARGE = 50_000
BATCH = 64


def main() -> None:
    """Read the command line, make the corpus, time the steps."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--midi", type=Path, required=True)
    parser.add_argument("--kits", type=Path, nargs=2, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sessions", type=int, default=2000)
    parser.add_argument(
        "--renderer", type=Path, required=True, help="as of crash_truth; see its README"
    )
    parser.add_argument(
        "--enlarge", type=int, default=1, help="times the sessions, each time with other hashes"
    )
    args = parser.parse_args()
    plan = plan_sessions(args.midi, args.sessions)
    shards = [
        (number, plan[start : start + SHARD_SESSIONS])
        for number, start in enumerate(range(0, len(plan), SHARD_SESSIONS))
    ]
    rest = (args.midi, args.kits, args.renderer, args.out)
    run_jobs(make_shard, [(*shard, *rest) for shard in shards], 2)
    figures = run_jobs(fingerprint_shard, [(number, args.out) for number, _ in shards], 2)
    seconds = sum(figures.result)
    note = f"{len(plan):,} sessions, {seconds / 3600:.1f} h of sound"
    print_figures("fingerprints, 2 at once", figures, note)
    cost = figures.cpu / len(plan)
    print(
        f"  {1000 * cost:.0f} ms of CPU a session; 50,000: {LARGE * cost / 7200:.2f} h on 2 cores"
    )
    times = {}
    for part in (len(shards) // 4, len(shards) // 2, len(shards)):
        if part:
            found = run_fresh(search, args.out, part, 1)
            n_sessions = min(part * SHARD_SESSIONS, len(plan))
            times[n_sessions] = found.wall
            print_figures(f"search, {n_sessions:,} sessions", found, "2 threads")
    extrapolate(times)
    judge(plan, found.result)
    if args.enlarge > 1:
        found = run_fresh(search, args.out, len(shards), args.enlarge)
        print_figures(f"search, {len(plan) * args.enlarge:,} sessions", found, "2 threads")


def plan_sessions(midi: Path, n_sessions: int) -> list[tuple[str, str]]:
    """(file, kind) of each session, copies among originals in every shard."""
    files = sorted(str(path.relative_to(midi)) for path in midi.rglob("*.mid"))
    originals = files[: n_sessions * 4 // 7]
    copied = originals[:: max(1, len(originals) // (n_sessions - len(originals)))]
    copies = [(path, KINDS[number % len(KINDS)]) for number, path in enumerate(copied)]
    copies += [(path, KINDS[(number + 3) % len(KINDS)]) for number, path in enumerate(originals)]
    chosen = dict.fromkeys(copies)
    both = [*((path, "original") for path in originals), *chosen][:n_sessions]
    # In order of the name's reverse, which has nothing to do with drummer and kind.
    return sorted(both, key=lambda pair: (pair[0][::-1], pair[1]))


def make_shard(number, sessions, midi, kits, renderer, out) -> None:
    """Write sound, sessions and events of one shard, if they are not there."""
    import numpy as np
    import pyarrow as pa
    import soundfile

    from drumcorpus.ground.files.digests import sha256_file
    from drumcorpus.ground.files.tables import write_table
    from drumcorpus.ground.files.yaml_files import read_yaml
    from drumcorpus.schemas import COMPONENT, SESSIONS

    folder = out / f"{number:03d}"
    if (folder / "events.parquet").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    spec = importlib.util.spec_from_file_location("renderer", renderer)
    player = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(player)
    voices = [player.load_kit(kit) for kit in kits]
    notes_of_map = read_yaml(ROOT / "resources/taxonomy/note_maps/roland_td11.yaml")["notes"]
    labels = {number: entry["label"] for number, entry in notes_of_map.items()}
    rows, names, onsets, components = [], [], [], []
    for path, kind in sessions:
        turn = KINDS.index(kind) if kind in KINDS else len(KINDS)
        # All copies of one kit are made from one rendering.
        rng = np.random.default_rng([zlib.crc32(path.encode()), kind == "other_kit"])
        notes = [note for note in read_notes(midi / path) if note[0] < SECONDS]
        samples = player.render(notes, voices[kind == "other_kit"], rng).astype("float32")
        samples, notes = changed(
            samples,
            notes,
            kind,
            player.RATE,
            np.random.default_rng([zlib.crc32(path.encode()), turn]),
        )
        name = f"{path.removesuffix('.mid')}#{kind}"
        sound = f"{len(rows):04d}.wav"
        soundfile.write(folder / sound, samples, player.RATE, subtype="PCM_16")
        file = {"path": sound, "role": "audio", "bytes": 1, "sha256": sha256_file(folder / sound)}
        rows.append(
            dict.fromkeys(SESSIONS.names)
            | {"source_set": "bench", "session_id": name, "group_id": name, "split": "train"}
            | {"official_split": False, "audio_path": sound, "files": [file]}
        )
        for onset, note, _ in notes:
            names.append(name)
            onsets.append(onset)
            components.append([{"label": labels[note]}])
    write_table(folder / "sessions.parquet", pa.Table.from_pylist(rows, SESSIONS))
    events = {"session_id": names, "onset_time": onsets, "audio_path": [None] * len(names)}
    arrays = [pa.array(events["session_id"]), pa.array(events["onset_time"])]
    arrays += [
        pa.array(events["audio_path"], pa.string()),
        pa.array(components, pa.list_(COMPONENT)),
    ]
    table = pa.table(arrays, names=["session_id", "onset_time", "audio_path", "components"])
    write_table(folder / "events.parquet", table)


def read_notes(path: Path) -> list[tuple[float, int, int]]:
    """(s, note, velocity) of every stroke of a MIDI file."""
    from drumcorpus.ground.midi.midi_file import parse_midi, tick_seconds

    midi = parse_midi(path.read_bytes())
    seconds = tick_seconds(midi, midi.notes[:, 0])
    return [
        (float(second), int(note), int(velocity))
        for second, (_, note, velocity, _) in zip(seconds, midi.notes, strict=True)
    ]


def changed(samples, notes, kind: str, rate: int, rng):
    """The sound and the strokes of a copy."""
    import numpy as np
    import soundfile

    if kind == "original":
        return samples, notes
    cut = min(3.3137, notes[-1][0] / 3) if kind in ("cut", "all") else 0.0
    samples = samples[int(cut * rate) :]
    if kind in ("noise", "all"):
        level = 0.01 * float(np.sqrt(np.mean(samples**2))) * 3
        samples = samples + rng.normal(0, level, len(samples)).astype("float32")
    if kind in ("mp3", "all"):
        buffer = io.BytesIO()
        soundfile.write(buffer, samples, rate, format="MP3")
        buffer.seek(0)
        samples = soundfile.read(buffer, dtype="float32")[0]
    if kind in ("gain", "all"):
        samples = 0.2 * samples
    speed = SPEED.get(kind, 1.03)
    kept = [note for note in notes if note[0] >= cut and rng.random() >= 0.05]
    moved = [
        (max(0.0, (onset - cut) / speed + float(rng.normal(0, 0.002)) + 0.5), note, velocity)
        for onset, note, velocity in kept
    ]
    return samples, sorted(moved)


def fingerprint_shard(number: int, out: Path) -> float:
    """Do what the job of one shard does; returns the seconds of sound."""
    import soundfile

    from drumcorpus.ground.files.raw_reader import RawReader
    from drumcorpus.ground.files.tables import read_table, write_batches
    from drumcorpus.ground.files.yaml_files import read_yaml
    from drumcorpus.schemas import FINGERPRINTS
    from drumcorpus.sessions import file_digests
    from drumcorpus.stages.splits.fingerprints import fingerprint_sessions, sound_of

    folder = out / f"{number:03d}"
    sessions = read_table(folder / "sessions.parquet")
    reader = RawReader([folder], file_digests(sessions))
    batches = fingerprint_sessions(
        sessions,
        read_table(folder / "events.parquet"),
        read_yaml(ROOT / "resources/taxonomy/class_maps.yaml")["classes_5"],
        sound_of(sessions, reader.read),
        **read_yaml(ROOT / "config/config.yaml")["splits"]["fingerprints"],
    )
    write_batches(folder / "fingerprints.parquet", FINGERPRINTS, batches)
    return sum(soundfile.info(path).duration for path in folder.glob("*.wav"))


def search(out: Path, n_shards: int, times: int) -> list[tuple[str, str, str, dict]]:
    """Search the first shards, as the job of a manifest does; returns what was found.

    Where `times` is more than 1, the sessions are taken so often, each time with other hashes.
    """
    import tempfile

    import pyarrow as pa

    from drumcorpus.ground.files.settings import read_settings
    from drumcorpus.ground.files.tables import write_table
    from drumcorpus.ground.files.yaml_files import read_yaml
    from drumcorpus.schemas import INVENTORY
    from drumcorpus.stages.splits.search import find_edges, read_sessions
    from drumcorpus.stages.splits.settings import SearchSettings

    folders = [out / f"{number:03d}" for number in range(n_shards)]
    settings = read_yaml(ROOT / "config/config.yaml")["splits"]
    with tempfile.TemporaryDirectory(dir=out) as spill:
        sessions = read_sessions([str(folder / "sessions.parquet") for folder in folders])
        paths = [str(folder / "fingerprints.parquet") for folder in folders]
        if times > 1:
            sessions, paths = enlarged(sessions, paths, times, out / "enlarged")
        nothing = Path(spill, "inventory.parquet")
        write_table(nothing, pa.Table.from_pylist([], INVENTORY))
        edges = find_edges(
            sessions,
            [str(nothing)],
            paths,
            read_settings(SearchSettings, settings["search"]),
            isolate=[],
            threads=2,
            memory_limit=settings["memory_limit"],
            spill_dir=spill,
        )
    names = [session["session_id"] for session in sessions]
    return [(edge.kind, names[edge.one], names[edge.other], edge.evidence) for edge in edges]


def enlarged(sessions, paths, times: int, folder: Path):
    """The sessions so many times under other names, their fingerprints with other hashes."""
    import numpy as np
    import pyarrow as pa

    from drumcorpus.ground.files.tables import iter_batches, write_batches
    from drumcorpus.schemas import FINGERPRINTS

    def other(path, turn):
        for batch in iter_batches(path):
            names = [f"{turn}/{name}" for name in batch["session_id"].to_pylist()]
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            columns["session_id"] = pa.array(names)
            for name, kind in (("landmark_hashes", np.uint32), ("pattern_hashes", np.uint64)):
                lists = batch[name]
                turned = lists.values.to_numpy() ^ kind(turn * 0x9E3779B1 % 2**32)
                columns[name] = pa.ListArray.from_arrays(lists.offsets, pa.array(turned))
            for cut in range(0, batch.num_rows, BATCH):
                yield (
                    pa.RecordBatch.from_pydict(columns)
                    .select(FINGERPRINTS.names)
                    .cast(FINGERPRINTS)
                    .slice(cut, BATCH)
                )

    made = []
    for turn in range(times):
        for number, path in enumerate(paths):
            made.append(str(folder / f"{turn}_{number}.parquet"))
            if not Path(made[-1]).is_file():
                folder.mkdir(exist_ok=True)
                write_batches(made[-1], FINGERPRINTS, other(path, turn))
    many = [
        session
        | {
            "session_id": f"{turn}/{session['session_id']}",
            "group_id": f"{turn}/{session['group_id']}",
        }
        for turn in range(times)
        for session in sessions
    ]
    return sorted(many, key=lambda row: row["session_id"]), made


def extrapolate(times: dict[int, float]) -> None:
    """Fit a linear and a quadratic part, none of them negative, and say what 50,000 would take."""
    import numpy as np
    from scipy.optimize import nnls

    sizes = np.array(sorted(times), float)
    parts = np.stack([np.ones_like(sizes), sizes, sizes**2], axis=1)
    (start, linear, pairs), _ = nnls(parts, np.array([times[int(size)] for size in sizes]))
    print(
        f"  search of {LARGE:,}: {linear * LARGE:.0f} s by sessions and {pairs * LARGE**2:.0f} s "
        f"by pairs, after {start:.1f} s of start"
    )


def judge(plan, found) -> None:
    """Say what was found of the copies, by kind, and which pairs are none."""
    joined = {}
    false = []
    for kind, one, other, evidence in found:
        path, other_path = one.partition("#")[0], other.partition("#")[0]
        if path == other_path:
            joined.setdefault(kind, set()).update(((one, other), (other, one)))
        else:
            false.append((kind, one, other, evidence))
    for copy_kind in KINDS:
        for length in ("beat", "fill"):
            names = [
                (f"{path.removesuffix('.mid')}#original", f"{path.removesuffix('.mid')}#{kind}")
                for path, kind in plan
                if kind == copy_kind and f"_{length}_" in path
            ]
            hits = Counter(kind for pair in names for kind in joined if pair in joined[kind])
            either = sum(any(pair in pairs for pairs in joined.values()) for pair in names)
            by_kind = ", ".join(f"{kind} {n}" for kind, n in sorted(hits.items()))
            print(f"  {copy_kind:<10} {length}: {either} of {len(names)} found: {by_kind}")
    print(f"  pairs of two performances: {len(false)}")
    for kind, one, other, evidence in false[:20]:
        print(f"    {kind} {one} {other} {evidence}")


if __name__ == "__main__":
    main()
