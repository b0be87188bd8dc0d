"""Measure `python -m drumcorpus verify FOLDER` on many products, beside a stat of as many files.

    python bench/verify_products.py OUT [--products N] [--inputs N] [--levels LEVEL...]

It makes the products below OUT, each with a run manifest that names some inputs, in layers of which
each is made of the one before; what stands there already is used again. Every level runs in a fresh
process, and before it one that asks the size of every file and of every run manifest, which is the
least that any look at them can do.
"""

import argparse
import hashlib
import os
from pathlib import Path

from measured import print_figures, run_fresh

PER_FOLDER = 1000
N_LAYERS = 10
SCRIPT = {
    "path": "workflow/scripts/ingest_sessions.py",
    "code": "0123456789abcdef",
    "software": {"numpy": "2.4.6", "orjson": "3.11.9", "pyarrow": "26.0.1"},
}


def main() -> None:
    """Read the command line, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--products", type=int, default=100_000, metavar="N")
    parser.add_argument("--inputs", type=int, default=7, metavar="N", help="of each product")
    parser.add_argument(
        "--levels", nargs="+", choices=["quick", "full"], default=["quick", "full"], metavar="LEVEL"
    )
    args = parser.parse_args()
    folder = args.out / f"products_{args.products}_{args.inputs}"
    if not (folder / "complete").is_file():
        run_fresh(write_products, folder, args.products, args.inputs)
    for level in args.levels:
        limit = run_fresh(stat_all, folder, args.products)
        print_figures("stat of as many files", limit, f"{limit.result:,} files")
        figures = run_fresh(verify, folder, level)
        note = f"status {figures.result}, {args.products / figures.wall:,.0f} products/s"
        print_figures(f"verify --{level}", figures, note)


def place(number: int) -> str:
    """The path of a product."""
    return f"results/events/{number // PER_FOLDER:04}/{number % PER_FOLDER:03}.bin"


def content(number: int) -> bytes:
    """What stands in a product."""
    return number.to_bytes(8, "little") * 16


def write_products(folder: Path, n_products: int, n_inputs: int) -> None:
    """Write products in layers, with their run manifests."""
    from drumcorpus.ground.files.json_files import canonical_json
    from drumcorpus.ground.run.run_manifest import SCHEMA, seal_of

    digests = [hashlib.sha256(content(number)).hexdigest() for number in range(n_products)]
    per_layer = -(-n_products // N_LAYERS)
    for number in range(n_products):
        path = folder / place(number)
        if not number % PER_FOLDER:
            path.parent.mkdir(parents=True, exist_ok=True)
        earlier = [(number - per_layer + k) % per_layer for k in range(n_inputs)]
        base = number // per_layer * per_layer - per_layer
        sources = [base + k for k in dict.fromkeys(earlier)] if base >= 0 else []
        document = {
            "schema": SCHEMA,
            "rule": "ingest_sessions",
            "wildcards": {"source_set": "egmd", "shard": f"{number:03}"},
            "script": SCRIPT,
            "params": {"simultaneous_ms": 3.0, "settings": {"n": number}},
            "inputs": [
                {
                    "name": "sessions",
                    "path": place(source),
                    "kind": "product",
                    "sha256": digests[source],
                    "rows": None,
                }
                for source in sources
            ],
            "outputs": [
                {
                    "name": "events",
                    "path": place(number),
                    "sha256": digests[number],
                    "bytes": len(content(number)),
                    "rows": None,
                }
            ],
            "counters": {"hits": number},
        }
        path.write_bytes(content(number))
        sealed = canonical_json(document | {"seal": seal_of(document)})
        path.with_name(f"{path.name}.manifest.json").write_bytes(sealed)
    (folder / "complete").write_text(f"{n_products}\n")


def stat_all(folder: Path, n_products: int) -> int:
    """Ask the size of every file and of every run manifest; returns the number of files."""
    for number in range(n_products):
        path = f"{folder}/{place(number)}"
        os.stat(path)  # noqa: PTH116 (the least that it can cost)
        os.stat(f"{path}.manifest.json")  # noqa: PTH116
    return 2 * n_products


def verify(folder: Path, level: str) -> int:
    """Run the command in this process; returns its exit status."""
    from drumcorpus.__main__ import main as command

    return command(["verify", str(folder), f"--{level}"])


if __name__ == "__main__":
    main()
