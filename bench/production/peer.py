"""Calls of another pipeline's tools on the same input: of BeatSight's `ai-pipeline/training`.

Nothing of it is here but the names of its tools and of their options. Each works on JSON Lines.
"""

import json
import subprocess
import sys
from pathlib import Path

INGESTING = {
    "slakh2100": "ingest_slakh",
    "groove_mididataset": "ingest_groove",
    "enst_drums": "ingest_enst",
    "idmt_smt_drums_v2": "ingest_idmt",
    "egmd": "ingest_egmd",
}


def call(command: list[str]) -> int:
    """Run a tool, whatever it ends with: a gate of its own may say no. Returns its exit status.

    Raises
    ------
    SystemExit
        If it ended by an error that it did not expect; with the last of what it said.
    """
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    if done.returncode and "Traceback" in done.stderr:
        raise SystemExit(f"{command[0]}:\n{done.stderr[-1000:]}")
    return done.returncode


def ingestion(folder: Path, source_set: str, root: Path, out: Path) -> list[str]:
    """Of the tool that reads a source set."""
    tool = folder / f"tools/{INGESTING[source_set]}.py"
    outputs = {"events": out / "events.jsonl", "provenance": out / "provenance.jsonl"}
    options = [word for name, path in outputs.items() for word in (f"--output-{name}", str(path))]
    return [str(tool), "--root", str(root), *options]


def on_tables(folder: Path, step: str, data: Path) -> list[str] | None:
    """Of the tool that does a step on tables, or None where it has none."""
    tools, out = folder / "tools", data / "peer"
    events = str(out / "events.jsonl")
    commands = {
        "alias": [
            *(f"{tools}/alias_events.py", events, f"{out}/aliased.jsonl"),
            *("--crash-mapping", f"{out}/crashes.json"),
        ],
        "merge": [
            f"{tools}/merge_manifests.py",
            *(word for part in sorted(map(str, out.glob("part_*"))) for word in ("--input", part)),
            *("--output", f"{out}/merged.jsonl"),
        ],
        "audit": [
            *(f"{tools}/audit_provenance.py", "--manifest", events),
            *("--provenance-dir", f"{out}/provenance", "--output-json", f"{out}/audit.json"),
            *("--output-md", f"{out}/audit.md"),
        ],
        "health": [
            *(f"{folder}/dataset_health.py", "--events", events),
            *("--output", f"{out}/health.json", "--html-output", f"{out}/health.html"),
        ],
        "weights": [
            *(f"{tools}/derive_sampling_weights.py", events, "--output", f"{out}/weights.json"),
            *("--group-field", "session_id", "--disable-rich"),
        ],
    }
    return commands.get(step)


def prepare(data: Path) -> None:
    """The manifest, the provenance and the crashes as that pipeline writes them."""
    from drumcorpus.ground.files.table_lines import write_table_as_lines
    from drumcorpus.ground.files.tables import read_table

    out = data / "peer"
    (out / "provenance").mkdir(parents=True, exist_ok=True)
    write_table_as_lines(data / "events.parquet", out / "events.jsonl")
    n_parts = 16
    parts = [(out / f"part_{number:02d}.jsonl").open("w") for number in range(n_parts)]
    with (out / "events.jsonl").open() as lines:
        for number, line in enumerate(lines):
            parts[number // SLICE % n_parts].write(line)
    for part in parts:
        part.close()
    for path in (data / "tables/provenance").glob("*.jsonl"):
        with (
            path.open() as rows,
            (out / f"provenance/{path.stem}_provenance.jsonl").open("w") as to,
        ):
            for line in rows:
                row = json.loads(line)
                row["sample_paths"] = [file["path"] for file in row["hashes"]]
                to.write(json.dumps(row) + "\n")
    crashes = {}
    for path in sorted((data / "tables").glob("assignments_*.parquet")):
        table = read_table(path, ["event_id", "session_id", "label", "method", "confidence"])
        for row in table.to_pylist():
            crashes[row.pop("event_id")] = row
    (out / "crashes.json").write_text(json.dumps({"events": crashes}))


SLICE = 1_000  # lines of one part in a row
