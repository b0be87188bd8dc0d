"""Measure a merge of shards of JSON Lines, beside the same in plain Python.

    python bench/corpora_merge.py OUT [--shards 10] [--rows 1000000] [--turns 1] [--peer SCRIPT]

writes shards of an encode grid, 200 bytes a row, in the order in which encodes happen to end: a row
in twenty stands in the shard before as well, and of these one in 10,000 says otherwise. They are
merged by `merge_corpora` and, by turns, by what scripts of this kind do: `json.loads` of each line,
a look at its keys, a set of the natural keys seen, `json.dumps` with sorted keys. With --peer
another script merges them too, called as ``python SCRIPT --inputs SHARD... --output FILE``; with
--alone none does. Printed are, of each in a process of its own, seconds on the clock and of CPU,
peak memory of all its processes together, and how many times as long as the merge it takes in the
same turn: medians of the turns.
"""

import argparse
import contextlib
import json
import resource
import statistics
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from drumcorpus.stages.corpora.merge import merge_corpora

KEY = ("src_sha256", "encoder", "preset", "crf")
ROW_KEYS = ["src", *KEY, "bitrate_kbps", "vmaf_score"]
ENCODERS, PRESETS, CRFS = ("libx264", "libx265", "libsvtav1"), 9, 41
CELLS = len(ENCODERS) * PRESETS * CRFS  # rows of one source
NAMES = (
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "slow2",
)


def main() -> None:
    """Write the shards, merge them, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--shards", type=int, default=10)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of each shard")
    parser.add_argument("--processes", type=int, default=2, help="of the merge")
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--peer", type=Path, help="another script that merges")
    parser.add_argument("--alone", action="store_true", help="nothing beside the merge")
    args = parser.parse_args()
    shards = [
        write_shard(args.out_dir / f"shard_{number:02d}.jsonl", number, args.rows)
        for number in range(args.shards)
    ]
    n_bytes = sum(path.stat().st_size for path in shards)
    print(f"{args.shards} shards, {args.shards * args.rows:,} rows, {n_bytes / 1e6:,.0f} MB")
    works = {"merge_corpora": (merge, shards, args.out_dir / "merged.jsonl", args.processes)}
    if not args.alone:
        works["plain Python"] = (merge_plainly, shards, args.out_dir / "plain.jsonl")
    if args.peer:
        works["peer"] = (call, args.peer, shards, args.out_dir / "peer.jsonl")
    taken = {name: [] for name in works}
    for _ in range(args.turns):
        for name, work in works.items():
            taken[name].append(measured(*work))
    for name, turns in taken.items():
        seconds, cpu, peak_mb = (statistics.median(turn[n] for turn in turns) for n in range(3))
        pairs = zip(turns, taken["merge_corpora"], strict=True)
        ratio = statistics.median(other[0] / own[0] for other, own in pairs)
        print(
            f"{name:<14} {seconds:8.2f} s {cpu:8.2f} s CPU {peak_mb:6.0f} MB {ratio:5.1f}  "
            f"{turns[0][3]}"
        )


def measured(work, *arguments) -> tuple[float, float, float, object]:
    """Seconds on the clock and of CPU, MB, and result, of work in a process of its own."""
    receiver, sender = get_context("spawn").Pipe(duplex=False)
    process = get_context("spawn").Process(target=report, args=(sender, work, arguments))
    process.start()
    sender.close()
    answer = receiver.recv()
    process.join()
    return answer


def report(sender, work, arguments) -> None:
    """Do the work, and send what it took, without the start of Python."""
    start = time.perf_counter()
    n_children, result = work(*arguments)
    seconds = time.perf_counter() - start
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(each.ru_utime + each.ru_stime for each in used)
    # The system tells the largest child alone; workers are alike.
    status = Path("/proc/self/status").read_text()
    peak_kb = int(status.partition("VmHWM:")[2].split()[0]) + n_children * used[1].ru_maxrss
    sender.send((seconds, cpu, peak_kb * 1024 / 1e6, result))


def merge(shards: list[Path], output: Path, processes: int) -> tuple[int, dict]:
    """As a user merges; the number of further processes, and the counters."""
    shards = [path.resolve() for path in shards]
    with contextlib.chdir(output.parent):  # a corpus is written below the present folder
        counters = merge_corpora(shards, output.name, required_keys=ROW_KEYS, processes=processes)
    return (processes if processes > 1 else 0), counters


def merge_plainly(shards: list[Path], output: Path) -> tuple[int, dict]:
    """What a script does that holds the keys in memory, streams the rows and sorts nothing."""
    seen, n_in, n_out, sources = set(), 0, 0, set()
    with output.open("w", encoding="utf-8") as target:
        for path in shards:
            with path.open(encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    row = json.loads(line)
                    missing = [name for name in ROW_KEYS if name not in row]
                    if missing:
                        raise SystemExit(f"{path}:{number}: missing {missing}")
                    n_in += 1
                    key = tuple(row[name] for name in KEY)
                    if key in seen:
                        continue
                    seen.add(key)
                    sources.add(row["src_sha256"])
                    target.write(json.dumps(row, sort_keys=True) + "\n")
                    n_out += 1
    return 0, {"rows_in": n_in, "rows_out": n_out, "unique_sources": len(sources)}


def call(script: Path, shards: list[Path], output: Path) -> tuple[int, str]:
    """Another script."""
    command = [sys.executable, script, "--inputs", *shards, "--output", output]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return 1, str(script)


def write_shard(path: Path, number: int, n_rows: int) -> Path:
    """Some rows of the grid, of which the first stand in the shard before as well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(number)
    n_again = n_rows // 20
    first = number * (n_rows - n_again)
    with path.open("w") as file:
        for cell in (first + rng.permutation(n_rows)).tolist():
            is_other = cell % 10_000 == 7 and number > 0 and cell < first + n_again
            file.write(row_of(cell, is_other=is_other))
    return path


def row_of(cell: int, *, is_other: bool) -> str:
    """One row of the grid, by the number of its cell."""
    source, place = divmod(cell, CELLS)
    encoder, place = divmod(place, PRESETS * CRFS)
    preset, crf = divmod(place, CRFS)
    sha256 = f"{(source + 1) * 0x9E3779B97F4A7C15_9E3779B97F4A7C15_9E3779B97F4A7C15 % 2**256:064x}"
    score = 99 - crf * 0.7 - (source % 97) / 10 + (1.0 if is_other else 0.0)
    return (
        f'{{"src": "clip_{source:06d}.yuv", "src_sha256": "{sha256}", '
        f'"encoder": "{ENCODERS[encoder]}", "preset": "{NAMES[preset]}", "crf": {crf + 10}, '
        f'"bitrate_kbps": {9000 / (crf + 1):.2f}, "vmaf_score": {score:.4f}}}\n'
    )


if __name__ == "__main__":
    main()
