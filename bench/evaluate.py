"""Measure `python -m drumcorpus evaluate` on a drawn corpus as large as E-GMD.

    python bench/evaluate.py OUT [--sessions 45537] [--hits 280] [--copies 43] [--resamples 4000]
        [--also validation calibration open-set boundary-pack]

draws a corpus whose test split has that many sessions, in groups of `copies` renderings, with about
`hits` hits each, and predictions of it as one Parquet table: nine of ten hits are found, with an
offset of 10 ms standard deviation, and one of twenty is said to be of another class. 45,537
sessions of 35 s are 443 hours. A tenth as many are of validation. Printed are seconds on the clock
and of CPU and peak memory of the command, in a process of its own, and once more with each part of
`--also`.
"""

import argparse
import os
from itertools import chain
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
ALSO = {
    "validation": "--validation validation.parquet",
    "calibration": "--calibration",
    "open-set": "--open-set --class-map adtof5 --vocabulary corpus",
    "boundary-pack": "--boundary-pack boundary_pack.json",
}


def main() -> None:
    """Draw, evaluate, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--sessions", type=int, default=45_537)
    parser.add_argument("--hits", type=int, default=280, help="of a session")
    parser.add_argument("--copies", type=int, default=43, help="sessions of a group")
    parser.add_argument("--resamples", type=int, default=4_000)
    parser.add_argument("--also", choices=list(ALSO), nargs="*", default=[])
    args = parser.parse_args()
    args.out_dir.mkdir(parents=True, exist_ok=True)
    os.chdir(args.out_dir)
    draw(args.sessions, args.hits, args.copies)
    hours = args.sessions * SECONDS / 3_600
    print(f"{args.sessions:,} sessions, {hours:,.0f} h, {args.sessions * args.hits:,} hits")
    print_figures("evaluate", run_fresh(evaluate, args.resamples, ""))
    for name in args.also:
        if name == "boundary-pack":
            print_figures("boundary-pack", run_fresh(write_pack))
        print_figures(f"evaluate --{name}", run_fresh(evaluate, args.resamples, ALSO[name]))


def evaluate(n_resamples: int, more: str) -> int:
    """Run the command in the present folder; returns its exit status."""
    words = f"evaluate --corpus {MANIFEST} --predictions test.parquet {more}"
    return drumcorpus([*words.split(), "--resamples", str(n_resamples)])


def write_pack() -> int:
    """Write the hard places of the test split; returns the exit status of the command."""
    return drumcorpus(["boundary-pack", "--corpus", MANIFEST])


def draw(n_sessions: int, n_hits: int, n_copies: int) -> None:
    """Write corpus and predictions below the present folder."""
    n_more = n_sessions // 10
    names = [f"drawn/{n // n_copies:05d}_{n % n_copies:02d}" for n in range(n_sessions + n_more)]
    splits = ["test"] * n_sessions + ["validation"] * n_more
    rows = {
        "source_set": ["drawn"] * len(names),
        "session_id": names,
        "group_id": [name.rpartition("_")[0] for name in names],
        "family_id": [name.rpartition("_")[0] for name in names],
        "split_before": splits,
        "split": splits,
        "included": [True] * len(names),
        "reason": [None] * len(names),
    }
    write_table(SPLIT_TABLE, pa.table(rows, SPLITS))
    plan = {
        "schema": SCHEMA,
        "wildcards": {},
        "script": {"path": "bench/evaluate.py", "code": "0" * 16, "software": {}},
        "params": {},
    }
    write_manifests(plan | {"rule": "draw", "inputs": []}, [("splits", SPLIT_TABLE)], {})
    parts = {"test": names[:n_sessions], "validation": names[n_sessions:]}
    # Drawn split by split, as the predictions are: what is drawn depends on the length of a block.
    drawn = (events(part, split, n_hits) for split, part in parts.items())
    write_batches(MANIFEST, EVENTS, chain.from_iterable(drawn))
    inputs = [describe_product("splits", SPLIT_TABLE)]
    write_manifests(plan | {"rule": "draw", "inputs": inputs}, [("manifest", MANIFEST)], {})
    for split, part in parts.items():
        batches = predictions(part, n_hits)
        first = next(batches)
        write_batches(f"{split}.parquet", first.schema, chain([first], batches))


def blocks(names: list[str], n_hits: int):
    """Of some sessions at a time: their numbers, and onset, label and velocity of their hits."""
    for first in range(0, len(names), BLOCK):
        random = np.random.default_rng([1, first])
        session = np.repeat(np.arange(first, min(first + BLOCK, len(names))), n_hits)
        onset = np.sort(random.uniform(0, SECONDS, (len(session) // n_hits, n_hits)), axis=1)
        label = random.choice(len(LABELS), len(session), p=SHARES)
        yield random, session, onset.reshape(-1), label, random.uniform(0.1, 1, len(session))


def events(names: list[str], split: str, n_hits: int):
    """Events of one split, of one hit each, of the schema EVENTS."""
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
            "split": pa.array([split] * n),
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
                "score": pa.array(random.beta(np.where(is_wrong[rows], 2, 5), 2)),
            }
        )


if __name__ == "__main__":
    main()
