"""Measure the work on tables of the size of a production corpus.

    python bench/make_manifest.py OUT
    python bench/tables.py OUT
    python bench/tables.py OUT --steps audit,health     # of a manifest too large for the others

Every step runs in a fresh process. The products lie in OUT/tables.
"""

import argparse
import time
from pathlib import Path

from measured import print_figures, run_fresh, run_jobs

DATABASE = {"threads": 2, "memory_limit": "1GB"}
N_ALIAS_SHARDS = 30  # of some 100,000 events
N_MERGE_SHARDS = 16
RESOURCES = Path(__file__).parent.parent / "resources"
TAXONOMY = [RESOURCES / f"taxonomy/{n}.yaml" for n in ("components", "techniques", "dynamics")]
SAMPLING = {"exponent": 0.5, "smoothing": 100.0, "floor": 0.1, "ceiling": 10.0}
SAMPLING |= {"session_cap": 2000.0, "one_shot_cap": 50.0, "technique_factors": {}, "split": "train"}
SAMPLING |= {"class_bounds": {}, "source_set_shares": {}, "dedupe_fields": ()}


def main() -> None:
    """Read the command line, time the steps."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    steps = {
        "alias": (f"alias, {N_ALIAS_SHARDS} shards", alias),
        "merge": (f"merge of {N_MERGE_SHARDS} shards", merge),
        "lines": ("JSON Lines", write_lines),
        "audit": ("audit", audit),
        "health": ("health report", health),
        "weights": ("sampling weights", weights),
    }
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--steps", default=",".join(steps), help="of " + ", ".join(steps))
    args = parser.parse_args()
    chosen = args.steps.split(",")
    if {"alias", "merge"} & set(chosen):
        run_fresh(prepare, args.out_dir)
    if "audit" in chosen:
        run_fresh(write_around, args.out_dir)
    for key in chosen:
        name, step = steps[key]
        figures = run_fresh(step, args.out_dir)
        print_figures(name, figures, figures.result)
        if key == "alias":
            alias_two_at_once(args.out_dir)


def prepare(data: Path) -> None:
    """Cut the manifest into shards, and write the tables that stand around it."""
    import pyarrow as pa

    from drumcorpus.ground.files.tables import read_table, write_table

    events = read_table(data / "events.parquet").combine_chunks()
    sessions = events["session_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    for shard in range(N_MERGE_SHARDS):
        part = events.filter(pa.array(sessions % N_MERGE_SHARDS == shard))
        part = part.sort_by([("source_set", "ascending"), ("session_id", "ascending")])  # stable
        write_table(data / f"tables/merge_{shard}.parquet", part)
    del part
    for shard in range(N_ALIAS_SHARDS):
        part = events.filter(pa.array(sessions * N_ALIAS_SHARDS // (sessions.max() + 1) == shard))
        write_table(data / f"tables/alias_{shard}.parquet", part)
        write_table(data / f"tables/assignments_{shard}.parquet", draw_assignments(part, shard))


def draw_assignments(events, seed: int):
    """A cymbal for every crash hit of some events, as the stage that tells crashes apart says."""
    import numpy as np
    import pyarrow as pa

    from drumcorpus.schemas import CYMBAL_ASSIGNMENTS
    from drumcorpus.stages.crash.hits import find_hits
    from drumcorpus.taxonomy import CymbalFamily
    from drumcorpus.vocabulary import BY_SOUND

    crashes = find_hits(events, [CymbalFamily("crash", ("crash", "crash2"), is_numbered=True)])
    n_rows, rng = crashes.num_rows, np.random.default_rng(seed)
    drawn = {
        "label": pa.array(["crash", "crash2"]).take(rng.integers(0, 2, n_rows)),
        "method": pa.array([BY_SOUND] * n_rows),
        "confidence": pa.array(np.round(rng.random(n_rows), 6)),
        "accepted": pa.array(rng.random(n_rows) < 0.9),
        "undescribed": pa.nulls(n_rows, pa.string()),
    }
    columns = [drawn[n] if n in drawn else crashes[n] for n in CYMBAL_ASSIGNMENTS.names]
    return pa.Table.from_arrays(columns, schema=CYMBAL_ASSIGNMENTS)


def write_around(data: Path) -> None:
    """Provenance, inventory and splits, as complete as an audit wants them."""
    from drumcorpus.ground.files.tables import read_table

    events = read_table(data / "events.parquet", ["source_set", "session_id"])
    counts = events.group_by(["source_set", "session_id"]).aggregate([([], "count_all")])
    n_events = {(r["source_set"], r["session_id"]): r["count_all"] for r in counts.to_pylist()}
    write_records(data, read_table(data / "sessions.parquet").to_pylist(), n_events)


def write_records(data: Path, sessions: list[dict], n_events: dict[tuple[str, str], int]) -> None:
    """Those of the sessions, by the number of events of each."""
    import pyarrow as pa

    from drumcorpus.ground.files.digests import sha256_bytes
    from drumcorpus.ground.files.jsonl import write_rows
    from drumcorpus.ground.files.tables import write_table
    from drumcorpus.schemas import INVENTORY, SPLITS

    by_set: dict[str, list[dict]] = {}
    splits = [{**row, "split_before": row["split"], "included": True} for row in sessions]
    write_table(data / "tables/splits.parquet", pa.Table.from_pylist(splits, SPLITS))
    for session in sessions:
        name, session_id = session["source_set"], session["session_id"]
        paths = [path for path in (session["annotation_path"], session["audio_path"]) if path]
        hashes = [
            {"path": path, "sha256": sha256_bytes(path.encode()), "bytes": 1} for path in paths
        ]
        row = {"source_set": name, "session_id": session_id, "license": "CC-BY-4.0"}
        row |= {"redistributable": True, "hashes": hashes}
        by_set.setdefault(name, []).append(row | {"n_events": n_events.get((name, session_id), 0)})
    for name, rows in by_set.items():
        write_rows(data / f"tables/provenance/{name}.jsonl", rows)
        files = [{"source_set": name} | file for row in rows for file in row["hashes"]]
        write_table(
            data / f"tables/inventory/{name}.parquet", pa.Table.from_pylist(files, INVENTORY)
        )


def alias(data: Path, shards: range | None = None) -> str:
    """Alias all shards, or some, one after the other."""
    from drumcorpus.ground.files.tables import read_table, write_table
    from drumcorpus.ground.files.taxonomy_files import load_taxonomy
    from drumcorpus.ground.run.surroundings import prepare_job
    from drumcorpus.stages.manifest.aliases import alias_events, read_for_aliasing, write_aliased

    prepare_job()
    taxonomy = load_taxonomy(*TAXONOMY)
    seconds, n_assigned = 0.0, 0
    for shard in shards or range(n_shards(data)):
        path = data / f"tables/alias_{shard}.parquet"
        events = read_for_aliasing(path)
        assignments = read_table(data / f"tables/assignments_{shard}.parquet")
        start = time.perf_counter()
        aliased = alias_events(events, assignments, taxonomy)
        seconds += time.perf_counter() - start
        n_assigned += aliased.counters["cymbals_assigned"]
        write_aliased(data / f"tables/aliased_events_{shard}.parquet", path, aliased.events)
        for name in ("changes", "sessions"):
            write_table(data / f"tables/aliased_{name}_{shard}.parquet", getattr(aliased, name))
    return f"{n_assigned:,} crashes; {seconds:.2f} s without reading and writing"


def n_shards(data: Path) -> int:
    """How many shards there are to be aliased."""
    return len(list((data / "tables").glob("alias_*.parquet")))


def alias_two_at_once(data: Path) -> None:
    """Alias all shards in two processes, and print what that took."""
    # Every other shard: neighbours are of one source set, and sets differ in what there is to do.
    tasks = [(data, range(first, n_shards(data), 2)) for first in range(2)]
    figures = run_jobs(alias, tasks, 2)
    print_figures("the same, two at once", figures)


def merge(data: Path) -> str:
    """Merge shards into a manifest."""
    from drumcorpus.ground.files.merging import merge_sorted
    from drumcorpus.ground.run.surroundings import prepare_job
    from drumcorpus.schemas import EVENTS

    prepare_job()
    shards = [str(data / f"tables/merge_{shard}.parquet") for shard in range(N_MERGE_SHARDS)]
    return f"{merge_sorted(shards, EVENTS, data / 'tables/merged.parquet'):,} events"


def write_lines(data: Path) -> str:
    """Publish the manifest as JSON Lines."""
    from drumcorpus.ground.files.table_lines import write_table_as_lines
    from drumcorpus.ground.run.surroundings import prepare_job

    prepare_job()
    n_rows = write_table_as_lines(data / "events.parquet", data / "tables/events.jsonl")
    return f"{n_rows:,} events"


def audit(data: Path) -> str:
    """Hold the manifest against its provenance, and write both pages."""
    from drumcorpus.ground.files.figures import compare_with_baseline
    from drumcorpus.ground.run.surroundings import prepare_job
    from drumcorpus.stages.audit.baseline import audit_figures
    from drumcorpus.stages.audit.manifest import audit_manifest
    from drumcorpus.stages.audit.page import render_audit_markdown, render_audit_page

    prepare_job()
    provenance = {path.stem: path for path in (data / "tables/provenance").iterdir()}
    inventory = {path.stem: path for path in (data / "tables/inventory").iterdir()}
    found = audit_manifest(
        data / "events.parquet",
        provenance,
        inventory,
        merged_sets=sorted(provenance),
        tiers=dict.fromkeys(provenance, "production"),
        splits_parquet=data / "tables/splits.parquet",
        **DATABASE,
    )
    comparison = compare_with_baseline(audit_figures(found), None)
    render_audit_markdown(found, comparison)
    render_audit_page(found, comparison, "bench")
    return f"{found['n_events']:,} events, {len(found['findings'])} findings"


def health(data: Path) -> str:
    """Measure the manifest, and draw the page."""
    from drumcorpus.ground.files.taxonomy_files import load_taxonomy
    from drumcorpus.ground.run.surroundings import prepare_job
    from drumcorpus.stages.health.measure import Around, measure_health
    from drumcorpus.stages.health.page import render_health_page

    prepare_job()
    taxonomy = load_taxonomy(*TAXONOMY)
    beside = Around(
        tallies=[data / "tallies.parquet"],
        quarantine=[data / "quarantine.parquet"],
        sessions=[data / "sessions.parquet"],
    )
    report = measure_health(
        [data / "events.parquet"],
        beside,
        taxonomy_labels=taxonomy.families,
        cymbal_families=["crash"],
        dynamic_buckets=[name for name, _ in taxonomy.buckets],
        **DATABASE,
    )
    report["audit"] = {"n_findings": 0}
    render_health_page(report, "bench")
    return f"{report['totals']['events']:,} events"


def weights(data: Path, dedupe_fields: tuple[str, ...] = ()) -> str:
    """Derive the sampling weights, and write one per event."""
    from drumcorpus.ground.run.surroundings import prepare_job
    from drumcorpus.stages.sampling.settings import SamplingSettings
    from drumcorpus.stages.sampling.weights import weigh_events, write_event_weights

    prepare_job()
    rules = SAMPLING | {"dedupe_fields": dedupe_fields}
    settings = SamplingSettings(**rules, group_field="session")
    derived, events = weigh_events([data / "events.parquet"], settings, profile="default")
    path = data / "tables/weights.parquet"
    n_events = write_event_weights(path, [data / "events.parquet"], derived, events)
    return f"{n_events:,} events of the training split"


def deduplicated_weights(data: Path) -> str:
    """The same, where events of one session, time and labels count as one together."""
    return weights(data, ("session_id", "onset_time", "labels"))


if __name__ == "__main__":
    main()
