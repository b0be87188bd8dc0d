"""Calls of another pipeline's tools on the same input: of BeatSight's `ai-pipeline/training`.

Nothing of it is here but the names of its tools, of their options and of the fields that they read
and write. Each works on JSON Lines, an event a line, in the form that its own ingestion gives them.
A tool that made nothing is an error, and what it left out is counted.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
INGESTING = {
    "slakh2100": "ingest_slakh",
    "groove_mididataset": "ingest_groove",
    "enst_drums": "ingest_enst",
    "idmt_smt_drums_v2": "ingest_idmt",
    "egmd": "ingest_egmd",
}
N_PARTS = 16
SLICE = 1_000  # lines of one part in a row
# Fields that have the same name and sense there; of a component those that it has.
SAME = ("event_id", "session_id", "source_set", "is_synthetic", "audio_path", "onset_time")
SAME += ("offset_time", "tempo_bpm", "meter", "techniques", "negative_example")
OF_COMPONENT = ("label", "velocity", "dynamic_bucket", "strike_position", "openness")


@dataclass(frozen=True)
class Call:
    """A call of a tool.

    Attributes
    ----------
    command
        The tool and its arguments.
    out
        The folder that it writes into, and nothing else does.
    product
        The file below it that tells how many events were worked on.
    count
        Of that file the number.
    """

    command: list[str]
    out: Path
    product: str
    count: Callable[[Path], int]


def measure(call: Call, given: int) -> dict:
    """Run a tool on so many events; what it wrote is taken away.

    Returns
    -------
    figures : dict
        ``peer``: CPU seconds; ``peer_wall``; ``peer_mb``: of the largest process; ``peer_share``:
        of the given events, those that are in what it made.

    Raises
    ------
    SystemExit
        If it ended by an error that it did not expect, or worked on nothing.
    """
    shutil.rmtree(call.out, ignore_errors=True)
    call.out.mkdir(parents=True)
    launcher = f"import sys; sys.path.insert(0, {str(BENCH)!r}); from taken import launch; "
    launcher += "launch(sys.argv[1], sys.argv[2:])"
    with tempfile.TemporaryDirectory() as folder:
        said, used = Path(folder, "said"), Path(folder, "used")
        command = [sys.executable, "-c", launcher, str(used), sys.executable, *call.command]
        with said.open("w") as file:
            subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, check=True)
        figures, last_words = json.loads(used.read_text()), said.read_text()[-1000:]
    # A gate of its own may say no, with a status of its own.
    if figures.pop("status") and "Traceback" in last_words:
        raise SystemExit(f"{call.command[0]}:\n{last_words}")
    product = call.out / call.product
    handled = call.count(product) if product.is_file() else 0
    if not handled:
        raise SystemExit(
            f"{call.command[0]}: no event of {given:,} is in {product}; it said:\n{last_words}"
        )
    shutil.rmtree(call.out)
    return {f"peer{name}": value for name, value in figures.items()} | {
        "peer_share": handled / given
    }


def in_lines(path: Path) -> int:
    """The lines of a file."""
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def in_audit(path: Path) -> int:
    """The events that an audit has seen, of all source sets that it knows."""
    return sum(each["event_count"] for each in json.loads(path.read_text())["datasets"].values())


def in_health(path: Path) -> int:
    """The events that a health report has seen."""
    return json.loads(path.read_text())["summary"]["events_total"]


def in_weights(path: Path) -> int:
    """The events that have a weight, by that of their session."""
    return sum(each["count"] for each in json.loads(path.read_text())["weights"].values())


def ingestion(folder: Path, source_set: str, root: Path, out: Path) -> Call | None:
    """Of the tool that reads a source set, or None where there is none."""
    tool = folder / f"tools/{INGESTING[source_set]}.py"
    outputs = {"events": out / "events.jsonl", "provenance": out / "provenance.jsonl"}
    options = [word for name, path in outputs.items() for word in (f"--output-{name}", str(path))]
    command = [str(tool), "--root", str(root.resolve()), *options]
    return Call(command, out, "events.jsonl", in_lines) if tool.is_file() else None


def on_tables(folder: Path, step: str, data: Path) -> Call | None:
    """Of the tool that does a step on tables, or None where there is none."""
    tools, given, out = folder / "tools", data.resolve() / "peer", data.resolve() / "peer/made"
    events = str(given / "events.jsonl")
    weighed = [
        *(f"{tools}/derive_sampling_weights.py", events, "--output", f"{out}/weights.json"),
        *("--group-field", "session_id", "--disable-rich"),
    ]
    parts = sorted(map(str, given.glob("part_*.jsonl")))
    calls = {
        "alias": Call(
            [
                *(f"{tools}/alias_events.py", events, f"{out}/aliased.jsonl"),
                *("--crash-mapping", f"{given}/crashes.json"),
            ],
            *(out, "aliased.jsonl", in_lines),
        ),
        "merge": Call(
            [
                f"{tools}/merge_manifests.py",
                *(word for part in parts for word in ("--input", part)),
                *("--output", f"{out}/merged.jsonl"),
            ],
            *(out, "merged.jsonl", in_lines),
        ),
        "audit": Call(
            [
                *(f"{tools}/audit_provenance.py", "--manifest", events),
                *("--provenance-dir", f"{given}/provenance", "--output-json", f"{out}/audit.json"),
                *("--output-md", f"{out}/audit.md"),
            ],
            *(out, "audit.json", in_audit),
        ),
        "health": Call(
            [
                *(f"{folder}/dataset_health.py", "--events", events),
                *("--output", f"{out}/health.json", "--html-output", f"{out}/health.html"),
            ],
            *(out, "health.json", in_health),
        ),
        "weights": Call(weighed, out, "weights.json", in_weights),
        "deduplicated weights": Call(
            [*weighed, "--dedupe-key", "session_id,onset_time,components"],
            *(out, "weights.json", in_weights),
        ),
    }
    call = calls.get(step)
    return call if call is not None and Path(call.command[0]).is_file() else None


def prepare(data: Path) -> None:
    """The manifest, the provenance and the crashes as that pipeline writes them."""
    from drumcorpus.ground.files.tables import read_table

    out = data / "peer"
    (out / "provenance").mkdir(parents=True, exist_ok=True)
    parts = [(out / f"part_{number:02d}.jsonl").open("w") for number in range(N_PARTS)]
    with (out / "events.jsonl").open("w") as events:
        for number, line in enumerate(lines_of(data / "events.parquet")):
            events.write(line)
            parts[number // SLICE % N_PARTS].write(line)
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


def lines_of(events: Path) -> Iterator[str]:
    """Events as lines of that form, in order."""
    import pyarrow.parquet as pq

    columns = [*SAME, "annotation_path", "context_ms", "components"]
    with pq.ParquetFile(events) as file:
        for batch in file.iter_batches(16_384, columns=columns):
            for row in batch.to_pylist():
                yield json.dumps(event_of(row), separators=(",", ":")) + "\n"


def event_of(row: dict) -> dict:
    """An event of that form: provenance is named by the session alone, numbers have 4 places."""
    event = {name: row[name] for name in SAME}
    event["midi_path"] = row["annotation_path"]
    event["context_ms"] = {name: int(value) for name, value in row["context_ms"].items()}
    event["metadata_ref"] = f"provenance:{row['session_id']}"
    event["components"] = [
        {
            name: round(part[name], 4) if isinstance(part[name], float) else part[name]
            for name in OF_COMPONENT
            if part[name] is not None
        }
        for part in row["components"]
    ]
    return event
