"""Measure what planning costs: a first build, and a built corpus in which there is nothing to do.

    python bench/plan.py OUT [--shards N...] [--sets SET...] [--jobs-per-set N...]

For each number of shards of E-GMD, with the others in the proportion of config/production.yaml, it
plans `all` of the demo's source sets below OUT, once before anything is made and once after stand-
ins of all products were written with their run manifests; each time for every value of
`resources.jobs_per_set`, by turns. Processes are what a run would start. The seconds are those of
whole calls of `snakemake --dry-run` and of `python -m drumcorpus plan`, user and system, and on the
clock, each the least of three that are warm. Beside them stands what `snakemake --dry-run` takes
for a workflow of one rule with as many jobs, of which each has one input and one output, and how
much of the machine was busy with other things meanwhile.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

REPO = Path(__file__).parents[1]
SHARDS = {
    "slakh2100": 64,
    "groove_mididataset": 8,
    "egmd": 128,
    "enst_drums": 8,
    "idmt_smt_drums_v2": 4,
    "mdb_drums": 2,
    "musdb18_hq": 8,
    "cambridge": 32,
    "signaturesounds": 2,
    "telefunken_sessions": 8,
}


def main() -> None:
    """Read the command line, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--shards", type=int, nargs="+", default=[32, 64, 128], metavar="N")
    parser.add_argument("--sets", nargs="+", choices=SHARDS, default=list(SHARDS), metavar="SET")
    parser.add_argument(
        "--jobs-per-set", nargs="+", type=json.loads, default=[16, None], metavar="N"
    )
    args = parser.parse_args()
    out = args.out.absolute()
    for n_shards in args.shards:
        overlays = {}
        for most in args.jobs_per_set:
            folder = out / f"shards_{n_shards}_{most}"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            overlays[folder] = folder / "plan.json"
            overlays[folder].write_text(json.dumps(settings(n_shards, args.sets, most)))
        sizes = {folder: size_of(folder, overlay) for folder, overlay in overlays.items()}
        for folder, overlay in overlays.items():
            show(n_shards, sizes[folder], "first build", folder, overlay)
            show_limit(sizes[folder][1], folder / "limit")
        for folder, overlay in overlays.items():
            write_products(folder, overlay)
        for folder, overlay in overlays.items():
            show(n_shards, sizes[folder], "nothing to do", folder, overlay)


def settings(n_shards: int, names: list[str], most: int | None) -> dict:
    """An overlay of the config: production's exports, and shards in production's proportion."""
    sets = {
        name: {"shards": max(1, round(n * n_shards / SHARDS["egmd"]))} for name, n in SHARDS.items()
    }
    overlay = {"use": names, "source_sets": sets, "exports": {"clips": None}}
    # As of real data.
    return overlay | {"demo": {"together": None}, "resources": {"jobs_per_set": most}}


def asked(folder: Path, overlay: Path) -> dict:
    """The plan as Snakemake has it."""
    from drumcorpus.ground.run.ask_snakemake import plan_jobs

    os.chdir(folder)
    return plan_jobs(REPO, ["--configfile", str(overlay.absolute())], ["all"], forced=False)


def size_of(folder: Path, overlay: Path) -> tuple[int, int]:
    """How many jobs there are on the way to `all`, and in how many processes."""
    n_jobs = len(asked(folder, overlay)["jobs"])
    done = subprocess.run(
        [sys.executable, "-m", *snakemake(overlay, "--dry-run")],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    total = next(line.split()[1] for line in done.stdout.splitlines() if line[:6] == "total ")
    return n_jobs, int(total)


def write_products(folder: Path, overlay: Path) -> None:
    """Write something in the place of each product, with a run manifest, as if it were made."""
    from drumcorpus.ground.files.digests import sha256_bytes
    from drumcorpus.ground.files.json_files import write_json
    from drumcorpus.ground.run.ledger import record_finished
    from drumcorpus.ground.run.run_manifest import SCHEMA, manifest_path, seal_of

    for name in SHARDS:
        (folder / "data/demo" / name).mkdir(parents=True)
    jobs = asked(folder, overlay)["jobs"]
    for job in jobs:
        outputs = []
        for name, path in job["outputs"]:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(path)
            row = {"name": name, "path": path, "sha256": sha256_bytes(path.encode())}
            outputs.append(row | {"bytes": len(path.encode()), "rows": None})
        script = {"path": f"workflow/scripts/{job['rule']}.py", "code": "", "software": {}}
        document = {"schema": SCHEMA, "rule": job["rule"], "wildcards": job["wildcards"]}
        document |= {"script": script, "params": {}, "inputs": [], "counters": {}}
        document["outputs"] = outputs
        for row in outputs:
            write_json(manifest_path(folder / row["path"]), document | {"seal": seal_of(document)})
    record_finished(path for job in jobs for _, path in job["outputs"])
    run(snakemake(overlay, "--touch"), folder)


def show(n_shards: int, size: tuple[int, int], name: str, folder: Path, overlay: Path) -> None:
    """One line: seconds of Snakemake's dry run and of the plan."""
    plan = ["drumcorpus", "plan", "--configfile", str(overlay), "--cores", "16"]
    figures = [in_words(command, folder) for command in (snakemake(overlay, "--dry-run"), plan)]
    jobs = f"{size[0]:>6,} jobs in {size[1]:>5,} processes"
    shown = "   plan".join(figures)
    print(f"{n_shards:>4} shards {jobs}  {name:<14} dry run{shown}", flush=True)


def show_limit(n_jobs: int, folder: Path) -> None:
    """One line: seconds of a dry run of jobs that have no more than an input and an output."""
    folder.mkdir()
    (folder / "source").touch()
    (folder / "Snakefile").write_text(
        f'rule all:\n    input: expand("made/{{n}}", n=range({n_jobs - 1}))\n\n'
        'rule each:\n    input: "source"\n    output: "made/{n}"\n    shell: "touch {output}"\n'
    )
    figures = in_words(["snakemake", "--cores", "16", "--quiet", "all", "--dry-run"], folder)
    print(f"{'':>11} as many jobs of one empty rule {'':<14} dry run{figures}", flush=True)


def in_words(command: list[str], folder: Path) -> str:
    """Seconds of the quickest of three calls, after one that warms, and what else was busy."""
    run(command, folder)
    busy, start = _busy(), time.perf_counter()
    cpu, clock = min(run(command, folder) for _ in range(3))
    own = 3 * cpu
    others = (_busy() - busy - own) / (time.perf_counter() - start)
    return f"{cpu:6.1f} s CPU {clock:6.1f} s, others {max(0, others):.1f} cores"


def snakemake(overlay: Path, option: str) -> list[str]:
    """A call of Snakemake for all."""
    words = ["snakemake", "--snakefile", str(REPO / "Snakefile"), "--configfile", str(overlay)]
    return [*words, "--cores", "16", "--quiet", "all", option, "--", "all"]


def run(words: list[str], folder: Path) -> tuple[float, float]:
    """Run a module of Python; returns seconds of CPU, children included, and on the clock."""
    before, start = _cpu_of_children(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)}: status {done.returncode}\n{done.stderr[-2000:]}")
    return _cpu_of_children() - before, time.perf_counter() - start


def environment() -> dict[str, str]:
    """That of a user: Python keeps what it compiles."""
    others = {name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return others | {"PYTHONPATH": str(REPO / "src")}


def _busy() -> float:
    """Seconds of all cores that were not idle since the machine was started."""
    seconds = [int(n) for n in Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
    return (sum(seconds[:8]) - seconds[3] - seconds[4]) / os.sysconf("SC_CLK_TCK")


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
