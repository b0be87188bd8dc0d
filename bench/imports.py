"""Measure how long the library modules of every workflow script take to import.

    python bench/imports.py [--repeats 3] [--scripts NAME...]

Each script's imports run in a fresh interpreter; the least of the repeats is printed, beside that
of an interpreter that imports nothing.
"""

import argparse
import ast
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRIPTS = sorted((ROOT / "workflow/scripts").glob("*.py"))
PEAK = "print(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])"


def main() -> None:
    """Read the command line, print one line per script."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    names = [path.stem for path in SCRIPTS]
    parser.add_argument("--scripts", nargs="+", choices=names, default=names, metavar="NAME")
    args = parser.parse_args()
    scripts = {path.stem: imports_of(path) for path in SCRIPTS if path.stem in args.scripts}
    for name, imports in [("(nothing)", ""), *scripts.items()]:
        seconds, peak_mb = min(start_python(imports) for _ in range(args.repeats))
        print(f"{name:<20} {seconds:5.2f} s  {peak_mb:4.0f} MB", flush=True)


def imports_of(script: Path) -> str:
    """The import statements of a script, and the source sets' modules it loads by name."""
    nodes = [
        n for n in ast.parse(script.read_text()).body if isinstance(n, ast.Import | ast.ImportFrom)
    ]
    lines = [ast.unparse(node) for node in nodes]
    if "drumcorpus.source_sets.{" in script.read_text():
        modules = (ROOT / "src/drumcorpus/source_sets").glob("[!_]*.py")
        lines += [f"import drumcorpus.source_sets.{path.stem}" for path in sorted(modules)]
    return "\n".join(lines)


def start_python(imports: str) -> tuple[float, float]:
    """Seconds and peak memory (MB) of an interpreter that runs `imports`."""
    start = time.perf_counter()
    command = [sys.executable, "-c", f"{imports}\n{PEAK}"]
    peak_kb = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - start, int(peak_kb) * 1024 / 1e6


if __name__ == "__main__":
    main()
