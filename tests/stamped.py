"""Hand-made chains of products with run manifests, for tests of what reads these."""

import hashlib
import json

import pyarrow as pa

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.run_manifest import product_rows, seal_of


def content_of(name):
    """What a file of a chain holds: its name, and a line end."""
    return f"{name}\n".encode()


def stamp_chain(folder, links, *, circular=False, rules=None):
    """Write files and their run manifests, by what each was made of; returns the folder.

    A file that nothing in `links` makes is a raw one, without a run manifest. `rules` may name the
    rule of a file, which else is ``stamp``. The record of a file's digest is true even in a circle.
    """
    assert circular or not any(name in sources for name, sources in links.items())
    names = dict.fromkeys([*links, *(source for sources in links.values() for source in sources)])
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content_of(name))
    for name, sources in links.items():
        kinds = [(source, "product" if source in links else "external") for source in sources]
        write_record(folder, name, kinds, rule=(rules or {}).get(name, "stamp"))
    return folder


def write_record(folder, name, sources, *, rule="stamp", called="file", beside=()):
    """Write the run manifest of a file that stands; `sources` are paths with their kinds.

    `beside` are (name, path) of what the same job has made.
    """
    outputs = [(called, name), *beside]
    document = {
        "schema": "drumcorpus-run-manifest-v1",
        "rule": rule,
        "wildcards": {},
        "script": {"path": "(by hand)", "code": "0" * 16, "software": {}},
        "params": {},
        "inputs": [
            {
                "name": "input",
                "path": source,
                "kind": kind,
                "sha256": digest_of(folder, source),
                "rows": 2 if kind == "raw" else None,
            }
            for source, kind in sources
        ],
        "outputs": [
            {
                "name": output,
                "path": path,
                "sha256": digest_of(folder, path),
                "bytes": (folder / path).stat().st_size,
                "rows": product_rows(folder / path),
            }
            for output, path in outputs
        ],
        "counters": {},
    }
    sealed = canonical_json(document | {"seal": seal_of(document)})
    for _, path in outputs:
        (folder / f"{path}.manifest.json").write_bytes(sealed)


def digest_of(folder, name):
    """SHA-256 of a file; of one that is not there, of what it would hold."""
    place = folder / name
    data = place.read_bytes() if place.is_file() else content_of(name)
    return hashlib.sha256(data).hexdigest()


EVENT, OTHER_EVENT = "aa11", "bb22"
SESSION, OTHER_SESSION = "d1/s1", "d1/s2"
WAV, MIDI = "d1/s1.wav", "d1/s1.mid"
SAMPLE = "train/clips/egmd/000/aa11.wav"
SHARD = "train/train-egmd-000-000000.tar"
EXPORT = "results/export/prod/clips"
LABELS = f"{EXPORT}/train/train_labels.parquet"


def raw_row(path, role, session):
    return {
        "source_set": "egmd",
        "path": path,
        "role": role,
        "session_id": session,
        "bytes": len(content_of(path)),
        "sha256": hashlib.sha256(content_of(path)).hexdigest(),
    }


def build_corpus(folder):
    """A corpus of two sessions with one event each, from raw files to an export; by hand."""
    files = {
        SESSION: [raw_row(MIDI, "annotation", SESSION), raw_row(WAV, "audio", SESSION)],
        OTHER_SESSION: [raw_row("d1/s2.mid", "annotation", OTHER_SESSION)],
        None: [raw_row("info.csv", "index", None)],
    }
    for rows in files.values():
        for row in rows:
            (folder / "raw" / row["path"]).parent.mkdir(parents=True, exist_ok=True)
            (folder / "raw" / row["path"]).write_bytes(content_of(row["path"]))
    keys = ("path", "role", "bytes", "sha256")
    listed = {
        session: [{key: row[key] for key in keys} for row in rows]
        for session, rows in files.items()
        if session
    }
    events = [
        {
            "event_id": event,
            "source_set": "egmd",
            "session_id": session,
            "onset_time": 0.5,
            "audio_path": f"{session}.wav" if session == SESSION else None,
            "annotation_path": f"{session}.mid",
        }
        for event, session in ((EVENT, SESSION), (OTHER_EVENT, OTHER_SESSION))
    ]
    samples = [
        {
            "sample_id": event["event_id"],
            "source_set": "egmd",
            "session_id": event["session_id"],
            "event_id": None,
            "file": SAMPLE if event["event_id"] == EVENT else None,
            "shard": None if event["event_id"] == EVENT else SHARD,
            "strokes": [{"onset": 0.1, "event_id": event["event_id"]}],
        }
        for event in events
    ]
    sessions = [
        {"source_set": "egmd", "session_id": session, "files": rows}
        for session, rows in listed.items()
    ]
    tables = {
        "results/inventory/egmd.parquet": [row for rows in files.values() for row in rows],
        "results/sessions/egmd.parquet": sessions,
        "results/events/egmd.parquet": events,
        "results/crash/egmd.parquet": [{"event_id": EVENT, "session_id": SESSION}],
        "results/manifests/prod.parquet": events,
        "results/sampling/prod.parquet": [{"event_id": e, "weight": 1.0} for e in (EVENT, "cc33")],
        LABELS: samples,
    }
    for name, rows in tables.items():
        write_table(folder / name, pa.Table.from_pylist(rows))
    lines = {
        "results/manifests/prod.jsonl": events,
        "results/provenance/egmd.jsonl": [
            {"source_set": "egmd", "session_id": session, "hashes": rows}
            for session, rows in listed.items()
        ],
        "corpora/clips.jsonl": [
            {"src_sha256": files[SESSION][1]["sha256"], "crf": 23},
            {"src_sha256": "0" * 64, "crf": 23},
        ],
    }
    for name, rows in lines.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
        (folder / name).write_text(text)
    (folder / EXPORT / SAMPLE).parent.mkdir(parents=True)
    (folder / EXPORT / SAMPLE).write_bytes(content_of(SAMPLE))
    (folder / EXPORT / SHARD).write_bytes(content_of(SHARD))
    (folder / EXPORT / "metadata.json").write_text('{"release": "2026-11"}\n')
    (folder / EXPORT / "SHA256SUMS").write_text(
        "".join(f"{digest_of(folder / EXPORT, name)}  {name}\n" for name in (SAMPLE, SHARD))
    )
    inventory, sessions = "results/inventory/egmd.parquet", "results/sessions/egmd.parquet"
    write_record(
        folder,
        inventory,
        [("egmd", "raw"), ("resources/egmd.yaml", "resource")],
        rule="take_inventory",
        called="files",
        beside=[("sessions", sessions)],
    )
    made_of = {
        "results/events/egmd.parquet": ("ingest_sessions", [sessions]),
        "results/crash/egmd.parquet": ("cluster_crashes", ["results/events/egmd.parquet"]),
        "results/provenance/egmd.jsonl": ("write_provenance", [sessions]),
        "results/manifests/prod.parquet": ("merge_manifest", ["results/events/egmd.parquet"]),
        "results/manifests/prod.jsonl": ("publish_manifest", ["results/manifests/prod.parquet"]),
        "results/sampling/prod.parquet": ("derive_weights", ["results/manifests/prod.parquet"]),
        f"{EXPORT}/train/train_labels.parquet": (
            "assemble_export",
            ["results/events/egmd.parquet"],
        ),
        f"{EXPORT}/SHA256SUMS": ("assemble_export", [LABELS]),
        "corpora/clips.jsonl": ("stamp", []),
    }
    for name, (rule, sources) in made_of.items():
        write_record(folder, name, [(source, "product") for source in sources], rule=rule)
    return folder
