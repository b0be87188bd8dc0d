"""Write a synthetic manifest of the size of a production corpus, and the tables around it.

    python bench/make_manifest.py OUT_DIR [--events 3007914] [--sessions 3460] [--seed 1]
                                  [--production]

writes ``events.parquet``, ``sessions.parquet``, ``tallies.parquet``, ``quarantine.parquet``. The
values are drawn, not musical; what is true to life is what costs time: the number of sessions,
labels and components, the length of the strings, and their order. Memory is bounded by one batch.
With --production the sets, their sessions and their events are those of a manifest of 3,007,914
events, or of a multiple of it, and --sessions does not count.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.merging import MERGED_GROUP_ROWS
from drumcorpus.ground.files.tables import write_batches, write_table
from drumcorpus.schemas import ANNOTATION, COMPONENT, EVENTS, QUARANTINE, SESSIONS, TALLIES

SETS = [("egmd", 0.45, False), ("slakh2100", 0.35, True), ("groove_mididataset", 0.15, False)]
SETS += [("enst_drums", 0.05, False)]
# Sessions and events of the sets of a manifest of 3,007,914 events.
PRODUCTION = [("enst_drums", 318, 45_704, False), ("groove_mididataset", 1_150, 411_455, False)]
PRODUCTION += [("idmt_smt_drums_v2", 284, 7_891, False), ("slakh2100", 1_708, 2_542_864, True)]
SPLITS = ["train", "validation", "test"]
# fmt: off
LABELS = ["kick", "snare", "hihat_closed", "hihat_open", "hihat_pedal", "ride_bow", "ride_bell",
          "ride_edge", "crash", "crash2", "splash", "china", "tom_high", "tom_mid", "tom_low",
          "rimshot", "cross_stick", "aux_percussion"]
WEIGHTS = [24, 22, 20, 5, 4, 8, 1, 1, 2, 0.7, 0.3, 0.3, 2.5, 2.5, 3, 1.5, 1.5, 0.7]
# fmt: on
BUCKETS = ["ghost", "light", "medium", "accent"]
TECHNIQUES = ["flam", "ghost_note", "rimshot", "choke"]
METERS, METER_SHARES = ["4/4", "3/4", "6/8", "5/4"], [0.9, 0.04, 0.05, 0.01]
SESSIONS_PER_BATCH = 50


def main() -> None:
    """Read the command line and write the four tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--events", type=int, default=3_007_914)
    parser.add_argument("--sessions", type=int, default=3_460)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--production", action="store_true", help="the sets of a production corpus")
    args = parser.parse_args()

    rng = np.random.default_rng(args.seed)
    if args.production:
        sessions = production_sessions(rng, args.events)
    else:
        sessions = draw_sessions(rng, args.sessions, args.events)
    n_rows, n_components = write_tables(args.out_dir, rng, sessions)
    print(f"{n_rows:,} events, {n_components:,} components, {len(sessions):,} sessions")


def write_tables(out_dir: Path, rng: np.random.Generator, sessions: list[dict]) -> tuple[int, int]:
    """Write the four tables of the sessions; returns the events and their components."""
    hits: Counter = Counter()
    batches = event_batches(rng, sessions, hits)
    n_rows = write_batches(out_dir / "events.parquet", EVENTS, batches, MERGED_GROUP_ROWS)
    write_table(out_dir / "sessions.parquet", pa.Table.from_pylist(sessions, SESSIONS))
    write_table(out_dir / "tallies.parquet", tally_table(hits))
    write_table(out_dir / "quarantine.parquet", quarantine_table(sessions))
    return n_rows, sum(hits.values())


def production_sessions(rng: np.random.Generator, n_events: int) -> list[dict]:
    """Session rows of the sets in `PRODUCTION`, each as often as `n_events` are of its events."""
    times = n_events / sum(events for _, _, events, _ in PRODUCTION)
    wanted = np.array([events * times for _, _, events, _ in PRODUCTION])
    of_set = np.diff(np.rint(np.cumsum([0, *wanted])).astype(int)).tolist()
    rows = []
    for (name, n_sessions, _, is_synthetic), count in zip(PRODUCTION, of_set, strict=True):
        n_sessions = max(1, round(n_sessions * times))
        # Lengths differ by half, as those of takes do.
        lengths = rng.uniform(0.5, 1.5, n_sessions)
        ends = np.rint(np.cumsum(lengths) / lengths.sum() * count).astype(int)
        for size in np.diff(ends, prepend=0).tolist():
            rows.append(draw_session(rng, len(rows), name, 0.0, is_synthetic, size))
    return sorted(rows, key=lambda row: (row["source_set"], row["session_id"]))


def draw_sessions(rng: np.random.Generator, n_sessions: int, n_events: int) -> list[dict]:
    """Session rows in order of source set and session; `n_events` rides along in each."""
    cuts = np.sort(rng.integers(0, n_events + 1, n_sessions - 1))
    counts = np.diff(np.concatenate([[0], cuts, [n_events]]))
    owners = np.sort(rng.choice(len(SETS), n_sessions, p=[share for _, share, _ in SETS]))
    return [
        draw_session(rng, number, *SETS[owner], count)
        for number, (owner, count) in enumerate(zip(owners, counts.tolist(), strict=True))
    ]


def draw_session(
    rng: np.random.Generator,
    number: int,
    source_set: str,
    _share: float,
    is_synthetic: bool,
    count: int,
) -> dict:
    """One session row; three neighbours form a group, and every fiftieth has no audio."""
    session_id = f"drummer{number % 9 + 1}/session{number // 100}/{number:05d}_rock_beat"
    has_audio = number % 50 != 0
    return {
        "source_set": source_set,
        "session_id": session_id,
        "group_id": f"{source_set}:{number // 3:05d}",
        "split": SPLITS[max(number // 3 % 10 - 7, 0)],
        "drummer_id": f"drummer{number % 9 + 1}",
        "kit_id": f"kit{number % 43:02d}",
        "style": "rock",
        "tempo_bpm": float(rng.integers(60, 200)),
        "meter": METERS[int(rng.choice(4, p=METER_SHARES))],
        "is_synthetic": is_synthetic,
        "annotation_path": f"{session_id}.mid",
        "audio_path": f"{session_id}.wav" if has_audio else None,
        "audio_duration": round(count * 0.18 + 2.0, 3) if has_audio else None,
        "n_events": count,
    }


def event_batches(rng, sessions: list[dict], hits: Counter) -> Iterator[pa.RecordBatch]:
    """Event batches of some sessions each; the hits of every session and label go to `hits`."""
    for start in range(0, len(sessions), SESSIONS_PER_BATCH):
        chunk = sessions[start : start + SESSIONS_PER_BATCH]
        counts = np.array([session["n_events"] for session in chunk])
        if counts.sum() == 0:
            continue
        owner = np.repeat(np.arange(len(chunk)), counts)
        columns = {**session_columns(chunk, owner), **event_columns(rng, counts, chunk)}
        columns["components"], labels, n_components = draw_components(rng, len(owner))
        pairs = np.repeat(owner, n_components) * len(LABELS) + labels
        for pair, count in zip(*np.unique(pairs, return_counts=True), strict=True):
            session = chunk[pair // len(LABELS)]
            key = (session["source_set"], session["session_id"], LABELS[pair % len(LABELS)])
            hits[key] += int(count)
        yield pa.RecordBatch.from_arrays([columns[name] for name in EVENTS.names], schema=EVENTS)


def session_columns(chunk: list[dict], owner: np.ndarray) -> dict[str, pa.Array]:
    """Columns that are equal for all events of a session, shape (n_events,) each."""
    names = "source_set session_id group_id split tempo_bpm meter style audio_path"
    names += " annotation_path is_synthetic drummer_id kit_id"
    table = pa.Table.from_pylist(chunk, pa.schema([EVENTS.field(n) for n in names.split()]))
    columns = {name: table[name].combine_chunks().take(owner) for name in table.column_names}
    refs = [f"provenance:{row['source_set']}/{row['session_id']}" for row in chunk]
    columns["metadata_ref"] = pa.array(refs).take(owner)
    return columns


def event_columns(rng, counts: np.ndarray, chunk: list[dict]) -> dict[str, pa.Array]:
    """Columns of the event itself, shape (counts.sum(),) each; onsets rise within a session."""
    n = int(counts.sum())
    gaps = 0.03 + rng.exponential(0.15, n)  # closer hits would have been merged
    gaps[np.cumsum(counts)[:-1] % n] = 0.0
    ends = np.cumsum(gaps)
    starts = np.concatenate([[0.0], ends[np.cumsum(counts)[:-1] - 1]])
    index = np.arange(n) - np.repeat(np.cumsum(counts) - counts, counts)
    ids = [f"{number:016x}" for number in rng.integers(0, 2**63, n).tolist()]
    techniques = pa.array(TECHNIQUES).take(rng.integers(0, len(TECHNIQUES), n))
    return {
        "event_id": pa.array(ids),
        "onset_time": pa.array(np.round(ends - np.repeat(starts, counts), 6)),
        "offset_time": pa.nulls(n, pa.float64()),
        "bar": pa.array((index // 8).astype(np.int32)),
        "beat": pa.array(index % 8 * 0.5 + 1.0),
        "label_method": constant("midi", n),
        "license": constant("CC-BY-4.0", n),
        "redistributable": constant(True, n),
        "context_ms": constant({"pre": 80.0, "post": 200.0}, n, EVENTS.field("context_ms").type),
        "negative_example": constant(False, n),
        "techniques": some_of(rng.random(n) < 0.05, techniques),
        "annotation_history": some_of(rng.random(n) < 0.03, annotations(rng, n)),
    }


def draw_components(rng, n: int) -> tuple[pa.Array, np.ndarray, np.ndarray]:
    """`n` lists of 1 to 3 components; their labels as numbers, and the length of each list."""
    n_components = rng.choice([1, 2, 3], n, p=[0.6, 0.3, 0.1])
    total = int(n_components.sum())
    labels = rng.choice(len(LABELS), total, p=np.array(WEIGHTS) / sum(WEIGHTS))
    velocity = rng.integers(1, 128, total) / 127
    hat = np.isin(labels, [2, 3, 4])
    fields = {
        "label": pa.array(LABELS).take(labels),
        "velocity": pa.array(np.round(velocity, 6)),
        "dynamic_bucket": pa.array(BUCKETS).take(np.searchsorted([0.25, 0.5, 0.8], velocity)),
        "openness": pa.array(np.round(rng.random(total), 3), mask=~hat),
        "strike_position": pa.nulls(total, pa.string()),
        "cymbal": pa.nulls(total, pa.int32()),
        "instance": pa.nulls(total, pa.int32()),
        "confidence": pa.nulls(total, pa.float64()),
        "source_label": pa.array([str(35 + number) for number in range(18)]).take(labels),
    }
    values = pa.StructArray.from_arrays([fields[f.name] for f in COMPONENT], fields=list(COMPONENT))
    offsets = pa.array(np.concatenate([[0], np.cumsum(n_components)]).astype(np.int32))
    lists = pa.ListArray.from_arrays(offsets, values, type=EVENTS.field("components").type)
    return lists, labels, n_components


def annotations(rng, n: int) -> pa.Array:
    """`n` annotations of the stage that tells crashes apart."""
    methods = pa.array(["source_label", "gmm", "cymbal_map"]).take(rng.integers(0, 3, n))
    columns = [constant("crash_dual_label", n), methods]
    columns += [pa.array(np.round(rng.random(n), 3)), pa.nulls(n, pa.string())]
    return pa.StructArray.from_arrays(columns, fields=list(ANNOTATION))


def some_of(chosen: np.ndarray, values: pa.Array) -> pa.Array:
    """Lists of one value where `chosen`, shape (n,), is true, and empty ones elsewhere."""
    offsets = pa.array(np.concatenate([[0], np.cumsum(chosen)]).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, values.filter(pa.array(chosen)))


def constant(value, n: int, kind: pa.DataType | None = None) -> pa.Array:
    """`n` times the same value."""
    return pa.array([value], kind).take(np.zeros(n, dtype=np.int64))


def tally_table(hits: Counter) -> pa.Table:
    """What became of every hit: all that are in events, and some that were dropped."""
    rows = []
    for (source_set, session_id, label), count in sorted(hits.items()):
        names = {"source_set": source_set, "session_id": session_id}
        source_label = str(35 + LABELS.index(label))
        row = {**names, "source_label": source_label, "label": label}
        rows.append({**row, "outcome": "in_event", "n_hits": count})
        if label == LABELS[0]:
            drop = {**names, "source_label": "58", "outcome": "unmapped_note"}
            rows.append({**drop, "n_hits": count % 7 + 1})
    return pa.Table.from_pylist(rows, TALLIES)


def quarantine_table(sessions: list[dict]) -> pa.Table:
    """A raw file in every hundredth session that could not be read."""
    rows = [
        {
            "source_set": session["source_set"],
            "session_id": session["session_id"],
            "path": f"{session['session_id']}.take2.wav",
            "stage": "inventory",
            "reason": "truncated_audio" if number % 200 else "empty_midi",
            "detail": "the header promises more samples than the file holds",
        }
        for number, session in enumerate(sessions)
        if number % 100 == 0
    ]
    return pa.Table.from_pylist(rows, QUARANTINE)


if __name__ == "__main__":
    main()
