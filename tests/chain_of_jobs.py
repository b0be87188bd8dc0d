"""A small chain of run manifests, as a workflow leaves them: raw data, an inventory, a manifest."""

import hashlib

from drumcorpus.ground.run.run_manifest import SCHEMA, seal_of

INVENTORY = "results/inventory/toy.parquet"
MANIFEST = "results/manifests/all.parquet"
CARD = "resources/source_sets/toy.yaml"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def source(name, path, kind, rows=None):
    return {"name": name, "path": path, "kind": kind, "sha256": digest(path), "rows": rows}


def made(name, path, rows):
    return {"name": name, "path": path, "sha256": digest(path), "bytes": 100, "rows": rows}


def job(rule, inputs, outputs, params=None, wildcards=None, software=None):
    document = {
        "schema": SCHEMA,
        "rule": rule,
        "wildcards": wildcards or {},
        "script": {
            "path": f"workflow/scripts/{rule}.py",
            "code": digest(rule)[:16],
            "software": software or {"numpy": "2.4.6"},
        },
        "params": params or {},
        "inputs": inputs,
        "outputs": outputs,
        "counters": {},
    }
    return document | {"seal": seal_of(document)}


def small_chain():
    """Run manifests by product: two shards of events from one inventory, merged."""
    inventory = job(
        "take_inventory",
        [source("card", CARD, "resource"), source("raw", "toy", "raw", 3)],
        [made("files", INVENTORY, 3), made("sessions", "results/sessions/toy.parquet", 2)],
        {"splits": {"seed": 0, "shares": {"train": 0.8, "test": 0.2}}},
        {"source_set": "toy"},
        {"numpy": "2.4.6", "libsndfile": "1.2.2"},
    )
    sessions = source("sessions", "results/sessions/toy.parquet", "product", 2)
    shards = [
        job(
            "ingest_sessions",
            [sessions, source("taxonomy", "resources/taxonomy/components.yaml", "resource")],
            [made("events", f"results/events/toy/00{n}.parquet", 5)],
            {"ingest": {"grid_ms": 5.0}},
            {"source_set": "toy", "shard": f"00{n}"},
        )
        for n in (0, 1)
    ]
    events = [source("events", f"results/events/toy/00{n}.parquet", "product", 5) for n in (0, 1)]
    merged = job(
        "merge_manifest", events, [made("manifest", MANIFEST, 10)], {}, {"manifest": "all"}
    )
    manifests = [inventory, *shards, merged]
    return {row["path"]: each for each in manifests for row in each["outputs"]}


def manifest_in(chain):
    """The run manifest of a product by path and digest, of a chain."""

    def manifest_of(path, sha256):
        rows = chain[path]["outputs"] if path in chain else []
        return chain[path] if any(row["sha256"] == sha256 for row in rows) else None

    return manifest_of
