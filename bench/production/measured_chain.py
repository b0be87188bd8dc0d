"""The chain itself, on trees of production shape: the workflow runs, and its jobs are measured.

Snakemake runs the rules with their own scripts; `hook/sitecustomize.py` lets every job say what it
took. What it is measured by is written in the folder of the run, so that a run that was stopped is
carried on, as any run of the workflow.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import yaml

REPO = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent

# What each stage is made of, in the order of the chain: rules, some of one set or export alone.
STAGES = {
    "inventory": ["take_inventory", "shard_sessions", "summarise_inventory"],
    "integrity": ["check_integrity"],
    "ingestion, Groove MIDI": ["ingest_sessions groove_mididataset"],
    "ingestion, Slakh": ["ingest_sessions slakh2100"],
    "ingestion, ENST": ["ingest_sessions enst_drums"],
    "ingestion, IDMT": ["ingest_sessions idmt_smt_drums_v2"],
    "ingestion, E-GMD": ["ingest_sessions egmd"],
    "gathering": ["gather_events", "summarise_ingest"],
    "checks": ["check_audio"],
    "crash candidates": ["find_crash_candidates"],
    "crash embeddings": ["embed_crashes"],
    "crash clustering": ["cluster_crashes", "pool_kits", "train_cymbal_model", "gather_crashes"],
    "aliasing, shards": ["alias_events"],
    "fingerprints": ["fingerprint_sessions"],
    "splits": ["decide_splits", "shard_splits"],
    "provenance": ["write_provenance", "annotate_provenance"],
    "clips, loose": ["write_samples clips"],
    "clips, shards": ["write_samples shards"],
    "export tables": ["limit_export", "shard_limit", "measure_export", "assemble_export"],
    "verify": ["verify"],
}
INGESTED = {
    "ingestion, Groove MIDI": "groove_mididataset",
    "ingestion, Slakh": "slakh2100",
    "ingestion, ENST": "enst_drums",
    "ingestion, IDMT": "idmt_smt_drums_v2",
    "ingestion, E-GMD": "egmd",
}
# What a tool of another pipeline does at once: it hashes, ingests and writes provenance.
BESIDE_INGESTION = ("take_inventory", "shard_sessions", "ingest_sessions", "write_provenance")
MERGED = ["slakh2100", "groove_mididataset", "enst_drums", "idmt_smt_drums_v2"]
STAGED = ["egmd"]
EXPORT = ["export"]
TARGETS = ["integrity", *EXPORT, "verify"]
CLIPS = 200_000  # of each form, at full size
SUMS = ("cpu", "wall", "read_bytes", "written_bytes")


def configure(run: Path, trees: Path, share: float) -> Path:
    """Write the overlay of a run on some trees; returns its path."""
    production = yaml.safe_load((REPO / "config/production.yaml").read_text())["source_sets"]
    sets = {
        name: {
            "roots": [str((trees / name).resolve())],
            "shards": max(1, round(production[name]["shards"] * share)),
            "tier": "staged" if name in STAGED else "production",
        }
        for name in [*MERGED, *STAGED]
    }
    overlay = {
        "use": [*MERGED, *STAGED],
        "source_sets": sets,
        "manifests": {"prod_combined": {"source_sets": MERGED}},
        "yardsticks": [],
        "gates": "report",  # the strokes are drawn, and whole classes are rare
        "inventory": {"integrity": {"folder": str((run / "checksums").resolve())}},
        "export": {"limit": max(100, round(CLIPS * share))},
        "exports": {"segments": None, "sessions": None},
        "releases": {"copy_below_mb": 1.0},
    }
    run.mkdir(parents=True, exist_ok=True)
    path = run / "overlay.yaml"
    path.write_text(yaml.safe_dump(overlay), encoding="utf-8")
    return path.resolve()


def snakemake(
    run: Path, *options: str, targets: list[str], measured: bool = False
) -> tuple[float, str]:
    """Run snakemake in a folder; returns the seconds and what it said.

    Raises
    ------
    SystemExit
        If it fails, with the last of what it said.
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPO / "Snakefile")]
    command += ["--configfile", str((run / "overlay.yaml").resolve())]
    command += ["--directory", str(run.resolve()), *options, "--", *targets]
    places = [str(REPO / "src"), *([str(HERE / "hook")] if measured else [])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(places)}
    environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    if measured:
        environment["MEASURED_JOBS"] = str((run / "jobs.jsonl").resolve())
        environment["MEASURED_WITH"] = str(REPO / "bench")
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=REPO, env=environment, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    if done.returncode:
        raise SystemExit(f"{shlex.join(command)}\n{said[-3000:]}")
    return time.perf_counter() - start, said


def plan(run: Path) -> dict:
    """Plan all up to the exports: the jobs, and the seconds it takes."""
    seconds, said = snakemake(run, "--dry-run", "--quiet", "rules", targets=EXPORT)
    totals = re.findall(r"^total +([0-9]+)$", said, flags=re.MULTILINE)
    return {"jobs": int(totals[-1]) if totals else 0, "seconds": seconds}


def work(run: Path, cores: int) -> None:
    """Do all of it, or what is left to do."""
    quiet = ("--cores", str(cores), "--quiet", "rules", "progress")
    snakemake(run, *quiet, targets=TARGETS, measured=True)


def nothing_to_do(run: Path, cores: int) -> float:
    """Seconds to find that nothing is to be done up to the exports."""
    seconds, _ = snakemake(run, "--cores", str(cores), "--quiet", "rules", targets=EXPORT)
    return seconds


def read_jobs(run: Path) -> list[dict]:
    """What the jobs have said; of one that ran twice, the last."""
    rows = {}
    for line in (run / "jobs.jsonl").read_text().splitlines():
        row = json.loads(line)
        rows[row["rule"], *row["wildcards"].values()] = row
    return list(rows.values())


def sum_by_stage(jobs: Iterable[dict]) -> dict[str, dict]:
    """Of every stage the sums of its jobs, their number, and the memory of the largest.

    Jobs that belong to no stage are together one more, ``pages and the rest``.
    """
    stage_of = {rule: stage for stage, rules in STAGES.items() for rule in rules}
    sums: dict[str, dict] = {}
    for job in jobs:
        words = {job["rule"], *(f"{job['rule']} {value}" for value in job["wildcards"].values())}
        stage = next((stage_of[word] for word in sorted(words) if word in stage_of), REST)
        row = sums.setdefault(stage, {"jobs": 0, "peak_mb": 0.0} | dict.fromkeys(SUMS, 0))
        row["jobs"] += 1
        row["peak_mb"] = max(row["peak_mb"], job["peak_mb"])
        for name in SUMS:
            row[name] += job[name]
    return {stage: sums[stage] for stage in [*STAGES, REST] if stage in sums}


def beside_ingestion(jobs: Iterable[dict], name: str) -> dict:
    """Wall and CPU seconds of all jobs of a set that do what ingestion is elsewhere."""
    chosen = [
        job
        for job in jobs
        if job["rule"] in BESIDE_INGESTION and job["wildcards"]["source_set"] == name
    ]
    return {f"own_{figure}": sum(job[figure] for job in chosen) for figure in ("wall", "cpu")}


REST = "pages and the rest"


def amounts(run: Path) -> dict[str, tuple[float, str]]:
    """How much each stage has worked on, and what that is."""
    import pyarrow.parquet as pq

    results = run / "results"

    def rows(pattern: str) -> int:
        return sum(pq.read_metadata(path).num_rows for path in results.glob(pattern))

    events = rows("manifests/prod_combined.parquet")
    sessions = rows("sessions/*.parquet")
    ingested = {stage: rows(f"events/{name}.parquet") for stage, name in INGESTED.items()}
    found = {stage: (n, "events") for stage, n in ingested.items()}
    everything = sum(ingested.values())
    for stage in ("gathering", "aliasing, shards", "crash candidates"):
        found[stage] = (everything, "events")
    found["inventory"] = (bytes_of_inventory(run) / 1e9, "GB")
    found["integrity"] = (rows("inventory/*.parquet"), "files")
    found["provenance"] = (sessions, "sessions")
    found["splits"] = (rows("splits/prod_combined.parquet"), "sessions")
    found["checks"] = (seconds_of(sessions_checked(run)) / 3600, "hours")
    found["fingerprints"] = (seconds_of(sessions_merged(run), 240.0) / 3600, "hours")
    hits = rows("crash/embeddings/*/*.parquet")
    found |= dict.fromkeys(("crash embeddings", "crash clustering"), (hits, "hits"))
    clips = 0
    for stage, export in (("clips, loose", "clips"), ("clips, shards", "shards")):
        report = json.loads((run / f"reports/export/prod_combined/{export}.json").read_text())
        found[stage] = (report["samples"], "clips")
        clips += report["samples"]
    found["export tables"] = (clips, "clips")
    found["verify"] = (len(products(run)), "products")
    found[REST] = (events, "events")
    return found


def bytes_of_inventory(run: Path) -> int:
    """Bytes of the raw files that are listed."""
    import pyarrow.parquet as pq

    tables = (run / "results/inventory").glob("*.parquet")
    return sum(sum(pq.read_table(path, columns=["bytes"])[0].to_pylist()) for path in tables)


def read_sessions(run: Path, names: Iterable[str]) -> list[dict]:
    """Source set, session, recording and its seconds, of those that have one."""
    import pyarrow.parquet as pq

    columns = ["source_set", "session_id", "audio_path", "audio_duration", "annotation_path"]
    rows = []
    for name in names:
        for path in sorted((run / "results/sessions" / name).glob("*.parquet")):
            rows += pq.read_table(path, columns=columns, partitioning=None).to_pylist()
    return [row for row in rows if row["audio_path"]]


def sessions_merged(run: Path) -> list[dict]:
    """Sessions of the sets that are merged."""
    return read_sessions(run, MERGED)


def sessions_in(run: Path, pattern: str, wanted: Callable[[dict], bool]) -> list[dict]:
    """Sessions that a table of some shards has, in a row that is wanted."""
    import pyarrow.parquet as pq

    chosen = set()
    for path in (run / "results").glob(pattern):
        for row in pq.read_table(path, partitioning=None).to_pylist():
            if wanted(row):
                chosen.add((path.parent.name, row["session_id"]))
    sessions = read_sessions(run, [*MERGED, *STAGED])
    return [row for row in sessions if (row["source_set"], row["session_id"]) in chosen]


def sessions_checked(run: Path) -> list[dict]:
    """Sessions whose sound was decoded by the checks."""
    return sessions_in(run, "audio_checks/*/*.parquet", lambda row: row["duration"] is not None)


def sessions_with_crashes(run: Path) -> list[dict]:
    """Sessions with a hit that was described."""
    return sessions_in(run, "crash/embeddings/*/*.parquet", lambda row: True)


def seconds_of(sessions: list[dict], most: float = float("inf")) -> float:
    """Seconds of their recordings, of each at most so many."""
    return sum(min(row["audio_duration"] or 0.0, most) for row in sessions)


def recordings(trees: Path, sessions: list[dict]) -> list[str]:
    """Paths of their recordings."""
    return sorted({str(trees / row["source_set"] / row["audio_path"]) for row in sessions})


def products(run: Path) -> list[str]:
    """Every product with a run manifest."""
    end = ".manifest.json"
    return sorted(
        str(path).removesuffix(end)
        for folder in ("results", "reports")
        for path in (run / folder).rglob(f"*{end}")
    )


def limits(run: Path, trees: Path) -> dict[str, tuple]:
    """By stage the bare work on the same files: a function of `limits` and its arguments."""
    import limits as bare
    import pyarrow.parquet as pq

    raw = [str(path) for path in sorted(trees.rglob("*")) if path.is_file()]
    found = {"inventory": (bare.hash_all, raw), "verify": (bare.hash_all, products(run))}
    for stage, name in INGESTED.items():
        sessions = read_sessions(run, [name])
        paths = {str(trees / name / row["annotation_path"]) for row in sessions}
        found[stage] = (bare.read, sorted(paths))
    for stage, chosen in (
        ("checks", sessions_checked),
        ("crash embeddings", sessions_with_crashes),
        ("fingerprints", sessions_merged),
    ):
        found[stage] = (bare.decode, recordings(trees, chosen(run)))
    for stage, export in (("clips, loose", "clips"), ("clips, shards", "shards")):
        sizes = []
        folder = run / f"results/samples/prod_combined/{export}"
        for path in sorted(folder.glob("*/*.files.parquet")):
            sizes += pq.read_table(path, columns=["bytes"], partitioning=None)[0].to_pylist()
        found[stage] = (bare.write, sizes, str(run / "plain"))
    return found
