"""Stand-ins for the tools of another pipeline: the same options, and as little as can be counted.

Each refuses an option that it does not know, as the tools do.
"""

TOOLS = {
    "tools/alias_events.py": """\
options.add_argument("src")
options.add_argument("dst")
options.add_argument("--crash-mapping")
args = options.parse_args()
assert json.load(open(args.crash_mapping))["events"]
open(args.dst, "w").writelines(open(args.src))
""",
    "tools/merge_manifests.py": """\
options.add_argument("--input", action="append")
options.add_argument("--output")
args = options.parse_args()
open(args.output, "w").writelines(line for path in args.input for line in open(path))
""",
    # Events whose provenance names their recording; it ends as where it finds something.
    "tools/audit_provenance.py": """\
options.add_argument("--manifest")
options.add_argument("--provenance-dir")
options.add_argument("--output-json")
options.add_argument("--output-md")
args = options.parse_args()
files = {}
for path in pathlib.Path(args.provenance_dir).glob("*_provenance.jsonl"):
    for row in map(json.loads, open(path)):
        files[f"provenance:{row['session_id']}"] = {None, *row["sample_paths"]}
events = list(map(json.loads, open(args.manifest)))
seen = sum(event["audio_path"] in files.get(event["metadata_ref"], ()) for event in events)
json.dump({"datasets": {"all": {"event_count": seen}}}, open(args.output_json, "w"))
sys.exit(2)
""",
    # The first half alone.
    "dataset_health.py": """\
options.add_argument("--events")
options.add_argument("--output")
options.add_argument("--html-output")
args = options.parse_args()
seen = len(open(args.events).readlines()) // 2
json.dump({"summary": {"events_total": seen}}, open(args.output, "w"))
""",
    "tools/derive_sampling_weights.py": """\
options.add_argument("manifest")
options.add_argument("--output")
options.add_argument("--group-field")
options.add_argument("--disable-rich", action="store_true")
options.add_argument("--dedupe-key", default="event_id")
args = options.parse_args()
events = map(json.loads, open(args.manifest))
once = {str([e[key] for key in args.dedupe_key.split(",")]): e[args.group_field] for e in events}
counts = collections.Counter(once.values())
weights = {name: {"count": count, "weight": 1.0} for name, count in counts.items()}
json.dump({"weights": weights}, open(args.output, "w"))
""",
}
# An event for each file of notes.
INGESTION = """\
options.add_argument("--root")
options.add_argument("--output-events")
options.add_argument("--output-provenance")
args = options.parse_args()
found = sorted(pathlib.Path(args.root).rglob("*.mid"))
open(args.output_events, "w").writelines(f"{path}\\n" for path in found)
open(args.output_provenance, "w").write("")
"""
TOOLS |= {f"tools/ingest_{name}.py": INGESTION for name in ("groove", "slakh")}
HEAD = "import argparse, collections, json, pathlib, sys\noptions = argparse.ArgumentParser()\n"


def write_tools(folder, *names):
    """Write the tools, or some, as their folder has them; returns it."""
    for name in names or TOOLS:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + TOOLS[name])
    return folder
