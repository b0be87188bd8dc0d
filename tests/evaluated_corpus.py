"""A corpus of a few sessions as the workflow leaves it: manifest, splits, run manifests."""

import pyarrow as pa

from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.run_manifest import SCHEMA, describe_product, write_manifests
from drumcorpus.schemas import EVENTS, SPLITS

MANIFEST, SPLIT_TABLE = "results/manifests/small.parquet", "results/splits/small.parquet"
PLAN = {
    "schema": SCHEMA,
    "wildcards": {},
    "script": {"path": "workflow/scripts/x.py", "code": "0" * 16, "software": {}},
    "params": {},
}


def write_corpus(folder, sessions, monkeypatch):
    """Write the corpus below `folder`; returns the path of its manifest.

    `sessions` has by id a dict: ``events``, a list of (onset, labels), (onset, labels, velocity) or
    (onset, labels, velocity, other columns), and optionally ``source_set``, ``split``, ``family``,
    ``kit``, ``drummer`` and ``style``.
    """
    monkeypatch.chdir(folder)
    write_table(SPLIT_TABLE, pa.Table.from_pylist(list(_split_rows(sessions)), SPLITS))
    write_manifests({**PLAN, "rule": "decide_splits", "inputs": []}, [("splits", SPLIT_TABLE)], {})
    write_table(MANIFEST, pa.Table.from_pylist(list(_event_rows(sessions)), EVENTS))
    plan = {**PLAN, "rule": "merge_manifest", "inputs": [describe_product("splits", SPLIT_TABLE)]}
    write_manifests(plan, [("manifest", MANIFEST)], {})
    return folder / MANIFEST


def _split_rows(sessions):
    for name, session in sessions.items():
        yield {
            "source_set": session.get("source_set", "one"),
            "session_id": name,
            "group_id": session.get("group", name),
            "family_id": session.get("family", name),
            "split_before": session.get("split", "test"),
            "split": session.get("split", "test"),
            "included": session.get("included", True),
            "reason": None,
        }


def _event_rows(sessions):
    for name, session in sessions.items():
        for number, (onset, labels, *more) in enumerate(session["events"]):
            yield {
                "event_id": f"{name}/{number}",
                "source_set": session.get("source_set", "one"),
                "session_id": name,
                "split": session.get("split", "test"),
                "onset_time": onset,
                "kit_id": session.get("kit"),
                "drummer_id": session.get("drummer"),
                "style": session.get("style"),
                "is_synthetic": True,
                "components": [
                    {"label": label, "velocity": more[0] if more else None} for label in labels
                ],
            } | (more[1] if len(more) > 1 else {})


def write_lines(folder, **sessions):
    """Write predictions of sessions; two underscores stand for a slash."""
    for name, lines in sessions.items():
        path = folder / f"{name.replace('__', '/')}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join("\t".join(map(str, line)) + "\n" for line in lines))
