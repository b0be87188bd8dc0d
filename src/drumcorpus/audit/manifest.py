"""Provenance audit: does every event of a manifest rest on a session that is accounted for?

The manifest is read once, into its distinct references; every rule is then one query over them,
the provenance rows and the inventories. What a rule finds is a finding, and one is enough to fail.
"""

import os
from collections import Counter

import duckdb
import pyarrow as pa

from drumcorpus.audit.provenance import read_provenance
from drumcorpus.audit.rules import COVERAGE, REFERENCED, REFERENCES, RULES
from drumcorpus.schemas import INVENTORY
from drumcorpus.tables import read_tables

SCHEMA = "drumcorpus.audit/1"
N_EXAMPLES = 20

_SESSIONS = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("license", pa.string()),
        ("redistributable", pa.bool_()),
        ("n_events", pa.int64()),
    ]
)
_FILES = pa.schema([(n, pa.string()) for n in ("source_set", "session_id", "path", "sha256")])
_SETS = pa.schema(
    [
        ("source_set", pa.string()),
        ("tier", pa.string()),
        ("merged", pa.bool_()),
        ("has_provenance", pa.bool_()),
        ("has_inventory", pa.bool_()),
    ]
)


def audit_manifest(
    manifest_parquet: str | os.PathLike,
    provenance_files: dict[str, str | os.PathLike],
    inventory_files: dict[str, str | os.PathLike],
    *,
    merged_sets: list[str],
    tiers: dict[str, str],
) -> dict:
    """Audit the provenance of one manifest.

    Parameters
    ----------
    manifest_parquet : path
        Manifest in the schema EVENTS.
    provenance_files : dict
        Source set -> JSON Lines, one row per session; merged sets and staged ones alike.
    inventory_files : dict
        Source set -> Parquet in the schema INVENTORY.
    merged_sets : list of str
        Source sets that this manifest is made of.
    tiers : dict
        Source set -> tier; only `production` may have events here.

    Returns
    -------
    audit : dict
        ``sets`` (figures and notes by source set; a staged set shows as unreferenced),
        ``findings`` (``kind``, ``source_set``, ``n``, at most 20 sorted ``examples``, ``sentence``)
        and ``passed``, true where there is no finding.

    Raises
    ------
    ValueError
        If a provenance row is not JSON, lacks a field, is of another set or repeats a session
        (``file:line: what``), or if a set has no tier.
    """
    provenance = {name: read_provenance(path, name) for name, path in provenance_files.items()}
    without_tier = sorted((set(provenance_files) | set(merged_sets)) - set(tiers))
    if without_tier:
        raise ValueError(f"no tier is given for {', '.join(without_tier)}")
    with duckdb.connect() as con:
        _load(con, provenance, inventory_files, merged_sets, tiers)
        con.execute(REFERENCES, [os.fspath(manifest_parquet)])
        con.execute(REFERENCED)
        sets = con.sql(COVERAGE).to_arrow_table().to_pylist()
        findings = [finding for kind in RULES for finding in _findings(con, kind)]
    for figures in sets:
        figures.update(_notes(provenance.get(figures["source_set"], [])))
    return {
        "schema": SCHEMA,
        "n_events": sum(figures["n_events"] for figures in sets),
        "sets": {figures.pop("source_set"): figures for figures in sets},
        "findings": findings,
        "passed": not findings,
    }


def _load(con, provenance: dict, inventory_files: dict, merged_sets: list, tiers: dict) -> None:
    """Register sets, sessions, files and inventory as tables of `con`."""
    rows = [row for name in provenance for row in provenance[name]]
    sessions = pa.Table.from_pylist(rows, _SESSIONS)
    files = [
        {"source_set": row["source_set"], "session_id": row["session_id"]}
        | {"path": file["path"], "sha256": file.get("sha256")}
        for row in rows
        for file in row["hashes"]
    ]
    sets = [
        {"source_set": name, "tier": tiers[name], "merged": name in merged_sets}
        | {"has_provenance": name in provenance, "has_inventory": name in inventory_files}
        for name in sorted({*provenance, *merged_sets})
    ]
    con.register("sessions", sessions)
    con.register("files", pa.Table.from_pylist(files, _FILES))
    con.register("sets", pa.Table.from_pylist(sets, _SETS))
    inventory = read_tables(inventory_files.values(), INVENTORY)
    con.register("inventory", inventory.select(["source_set", "path", "sha256"]))


def _findings(con, kind: str) -> list[dict]:
    """The findings of one rule, one per source set it speaks against."""
    sentence, query = RULES[kind]
    cases = f"cases(source_set, example, n) AS ({query})"
    rows = con.execute(
        f"""WITH {cases}
        SELECT source_set, sum(n)::BIGINT AS n,
               list_sort(list(DISTINCT example))[:{N_EXAMPLES}] AS examples
        FROM cases GROUP BY source_set ORDER BY source_set"""
    ).fetchall()
    return [
        {"kind": kind, "source_set": name, "n": n, "examples": examples}
        | {"sentence": f"{name}: {n:,} {sentence}."}
        for name, n, examples in rows
    ]


def _notes(rows: list[dict]) -> dict:
    """What the provenance rows of one set say of themselves, summed or counted."""
    drops: Counter = Counter()
    notes = _tally(note for row in rows for note in row.get("notes") or [])
    for row in rows:
        drops.update(row.get("drops") or {})
    return {
        "bytes": sum({f["path"]: f.get("bytes") or 0 for r in rows for f in r["hashes"]}.values()),
        "licenses": _tally(row.get("license") or "(none)" for row in rows),
        "redistributable_sessions": sum(row.get("redistributable") is True for row in rows),
        "techniques": _tally(name for row in rows for name in row.get("techniques") or []),
        "drops": dict(sorted(drops.items())),
        "notes": dict(sorted(notes.items(), key=lambda item: (-item[1], item[0]))[:N_EXAMPLES]),
        "n_distinct_notes": len(notes),
    }


def _tally(values) -> dict[str, int]:
    """How often each value occurs, in order of value."""
    return dict(sorted(Counter(values).items()))
