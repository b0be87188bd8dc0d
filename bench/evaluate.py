"""Measure `python -m drumcorpus evaluate` on a drawn corpus as large as E-GMD.

    python bench/evaluate.py OUT [--sessions 45537] [--hits 280] [--copies 43] [--resamples 4000]

draws a corpus whose one split has that many sessions, in groups of `copies` renderings, with about
`hits` hits each, and predictions of it as one Parquet table: nine of ten hits are found, with an
offset of 10 ms standard deviation, and one of twenty is said to be of another class. 45,537
sessions of 35 s are 443 hours. Printed are seconds on the clock and of CPU and peak memory of the
command, in a process of its own.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
from measured import print_figures, run_fresh

from drumcorpus.__main__ import main as drumcorpus
from drumcorpus.ground.files.tables import write_batches, write_table
from drumcorpus.ground.run.run_manifest import SCHEMA, describe_product, write_manifests
from drumcorpus.schemas import EVENTS, SPLITS

MANIFEST, SPLIT_TABLE = "results/manifests/drawn.parquet", "results/splits/drawn.parquet"
LABELS = ("kick", "snare", "hihat_closed", "hihat_open", "ride_bow", "crash", "crash2", "tom_low")
SHARES = (0.25, 0.3, 0.2, 0.05, 0.12, 0.02, 0.01, 0.05)
SECONDS = 35
BLOCK = 500  # sessions drawn at a time


def main() -> None:
    """Draw, evaluate, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--sessions", type=int, default=45_537)
    parser.add_argument("--hits", type=int, default=280, help="of a session")
    parser.add_argument("--copies", type=int, default=43, help="sessions of a group")
    parser.add_argument("--resamples", type=int, default=4_000)
    args = parser.parse_args()
    args.out_dir.mkdir(parents=True, exist_ok=True)
    os.chdir(args.out_dir)
    draw(args.sessions, args.hits, args.copies)
    hours = args.sessions * SECONDS / 3_600
    print(f"{args.sessions:,} sessions, {hours:,.0f} h, {args.sessions * args.hits:,} hits")
    print_figures("evaluate", run_fresh(evaluate, args.resamples))


def evaluate(n_resamples: int) -> int:
    """Run the command in the present folder; returns its exit status."""
    words = f"evaluate --corpus {MANIFEST} --predictions predictions.parquet"
    return drumcorpus([*words.split(), "--resamples", str(n_resamples)])


def draw(n_sessions: int, n_hits: int, n_copies: int) -> None:
    """Write corpus and predictions below the present folder."""
    names = [f"drawn/{n // n_copies:05d}_{n % n_copies:02d}" for n in range(n_sessions)]
    rows = {
        "source_set": ["drawn"] * n_sessions,
        "session_id": names,
        "group_id": [name.rpartition("_")[0] for name in names],
        "family_id": [name.rpartition("_")[0] for name in names],
        "split_before": ["test"] * n_sessions,
        "split": ["test"] * n_sessions,
        "included": [True] * n_sessions,
        "reason": [None] * n_sessions,
    }
    write_table(SPLIT_TABLE, pa.table(rows, SPLITS))
    plan = {
        "schema": SCHEMA,
        "wildcards": {},
        "script": {"path": "bench/evaluate.py", "code": "0" * 16, "software": {}},
        "params": {},
    }
    write_manifests(plan | {"rule": "draw", "inputs": []}, [("splits", SPLIT_TABLE)], {})
    write_batches(MANIFEST, EVENTS, events(names, n_hits))
    inputs = [describe_product("splits", SPLIT_TABLE)]
    write_manifests(plan | {"rule": "draw", "inputs": inputs}, [("manifest", MANIFEST)], {})
    batches = predictions(names, n_hits)
    first = next(batches)
    write_batches("predictions.parquet", first.schema, [first, *batches])


def blocks(names: list[str], n_hits: int):
    """Of some sessions at a time: their numbers, and onset, label and velocity of their hits."""
    for first in range(0, len(names), BLOCK):
        random = np.random.default_rng([1, first])
        session = np.repeat(np.arange(first, min(first + BLOCK, len(names))), n_hits)
        onset = np.sort(random.uniform(0, SECONDS, (len(session) // n_hits, n_hits)), axis=1)
        label = random.choice(len(LABELS), len(session), p=SHARES)
        yield random, session, onset.reshape(-1), label, random.uniform(0.1, 1, len(session))


def events(names: list[str], n_hits: int):
    """Events of one hit each, of the schema EVENTS."""
    for _, session, onset, label, velocity in blocks(names, n_hits):
        n = len(session)
        struck = pa.StructArray.from_arrays(
            [
                pa.array(np.array(LABELS)[label])
                if field.name == "label"
                else pa.array(velocity)
                if field.name == "velocity"
                else pa.nulls(n, field.type)
                for field in EVENTS.field("components").type.value_type
            ],
            fields=list(EVENTS.field("components").type.value_type),
        )
        values = {
            "source_set": pa.array(["drawn"] * n),
            "session_id": pa.array(np.array(names)[session]),
            "split": pa.array(["test"] * n),
            "onset_time": pa.array(onset),
            "is_synthetic": pa.array([True] * n),
            "kit_id": pa.array([names[each][-2:] for each in session.tolist()]),
            "components": pa.ListArray.from_arrays(np.arange(n + 1, dtype=np.int32), struck),
        }
        columns = [values.get(field.name, pa.nulls(n, field.type)) for field in EVENTS]
        yield pa.RecordBatch.from_arrays(columns, schema=EVENTS)


def predictions(names: list[str], n_hits: int):
    """Predictions of the same hits."""
    for random, session, onset, label, velocity in blocks(names, n_hits):
        is_found = random.random(len(session)) < 0.9
        is_wrong = random.random(len(session)) < 0.05
        other = np.where(is_wrong, (label + 1) % len(LABELS), label)
        moved = np.clip(onset + random.normal(0, 0.01, len(onset)), 0, None)
        order = np.lexsort((moved, session))
        rows = order[is_found[order]]
        yield pa.RecordBatch.from_pydict(
            {
                "session_id": pa.array(np.array(names)[session[rows]]),
                "onset_time": pa.array(moved[rows]),
                "label": pa.array(np.array(LABELS)[other[rows]]),
                "velocity": pa.array(velocity[rows]),
            }
        )


if __name__ == "__main__":
    main()
