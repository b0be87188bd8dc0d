"""Provenance: of every session, the raw files it rests on and what was done to them."""

import os
from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa

from drumcorpus.ground.files.database import open_database, open_tables
from drumcorpus.schemas import EVENTS
from drumcorpus.vocabulary import IN_EVENT, MODEL

# What lies between a raw file and an event, in order; each step is a rule of the workflow.
PROCESSING_CHAIN = ["take_inventory", "ingest_sessions"]
OF_PREDICTIONS = ["take_inventory", "stage_predictions", "ingest_sessions"]


def provenance_rows(
    sessions: pa.Table,
    events: str | os.PathLike,
    tallies: pa.Table,
    quarantine: pa.Table,
    flags: pa.Table,
    roots: pa.Table,
    missing: Iterable[Mapping],
    card: dict,
    *,
    license_ref: str,
    ingestion: str,
    staged: Mapping | None = None,
) -> Iterator[dict]:
    """One row per session, in order of session_id.

    Parameters
    ----------
    sessions, tallies, quarantine, flags, roots : pa.Table
        Of one source set, in the schemas of these names.
    missing : iterable of mapping
        As of `missing_files.missing_files`.
    events : path
        Its events as Parquet.
    card : dict
        The source set's card: licence, of sessions whose events have none of their own, and where
        the data come from.
    license_ref : str
        Where the card stands, below the workflow's folder.
    ingestion : str
        Digest of the code that read the sessions.
    staged : mapping, optional
        Of predictions that are the labels of the set: the model, and the file of every session.

    Yields
    ------
    row : dict
        `hashes` has the files, each with the ``root`` that it lies below (``primary``,
        ``secondary``, ``root_3`` and so on) and its ``root_number``, from 1, in the order of the
        config; `roots` has those of the session, in that order, each with ``n_files`` and the
        ``roles`` of these. `missing` says what the session lacks, without its name. Where a model
        has labelled the set, `predictions` has model, version and, of a session that has some, the
        file and the recording by their digests.
    """
    root_of = {row["path"]: (row["root"], row["root_number"]) for row in roots.to_pylist()}
    played, labelled = _played(events), _labelled(staged)
    drops = _drops(tallies)
    lacking: dict[str, list[dict]] = {}
    for row in missing:
        said = {name: row[name] for name in ("kind", "reason", "paths", "detail")}
        lacking.setdefault(row["session_id"], []).append(said)
    refused: dict[str, list[str]] = {}
    for row in quarantine.to_pylist():
        note = f"{row['path']}: {row['reason']}: {row['detail']}"
        refused.setdefault(row["session_id"], []).append(note)
    flagged: dict[str, list[dict]] = {}
    for row in flags.to_pylist():
        said = {name: row[name] for name in ("flag", "path", "n", "detail")}
        flagged.setdefault(row["session_id"], []).append(said)
    for session in sessions.to_pylist():
        session_id = session["session_id"]
        n_events, techniques, licence = played.get(session_id, (0, [], card["license"]))
        files = [_with_root(file, *root_of[file["path"]]) for file in session["files"]]
        label_map, label_method = session["label_map"], card["label_method"]
        if staged is not None:
            label_map, label_method = labelled.get(session_id, {}).get("label_map"), MODEL
        yield {
            "source_set": session["source_set"],
            "session_id": session_id,
            "license": licence,
            "license_ref": license_ref,
            "redistributable": card["redistributable"],
            "version": card["version"],
            "sample_paths": [file["path"] for file in files],
            "hashes": files,
            "roots": _roots(files),
            "missing": lacking.get(session_id, []),
            "processing_chain": OF_PREDICTIONS if session_id in labelled else PROCESSING_CHAIN,
            "code": ingestion,
            "label_method": label_method if label_map else None,
            "label_map": label_map,
            "audio_path": session["audio_path"],
            "mix_path": session["mix_path"],
            "mix_parts": session["mix_parts"],
            "integrated_loudness": session["integrated_loudness"],
            "overall_gain": session["overall_gain"],
            "techniques": techniques,
            "n_events": n_events,
            "drops": drops.get(session_id, {}),
            "flags": flagged.get(session_id, []),
            "notes": [*session["notes"], *refused.get(session_id, [])],
            **({} if staged is None else {"predictions": labelled.get(session_id)}),
        }


def _labelled(staged: Mapping | None) -> dict[str, dict]:
    """By session, what model has labelled it, and by which file."""
    if staged is None:
        return {}
    model = {name: staged[name] for name in ("model", "version", "label_map", "files_sha256")}
    return {
        row["session_id"]: model
        | {name: row[name] for name in ("file", "audio_path", "audio_sha256", "n_hits")}
        for row in staged["sessions"]
    }


def _with_root(file: dict, root: str, root_number: int) -> dict:
    return file | {"root": root, "root_number": root_number}


def _roots(files: list[dict]) -> list[dict]:
    """The roots below which a session's files lie, in order."""
    of_root: dict[tuple[int, str], list[str]] = {}
    for file in files:
        of_root.setdefault((file["root_number"], file["root"]), []).append(file["role"])
    return [
        {"root": root, "root_number": n, "n_files": len(roles), "roles": sorted(set(roles))}
        for (n, root), roles in sorted(of_root.items())
    ]


def _played(events: str | os.PathLike) -> dict[str, tuple[int, list[str], str]]:
    """By session: how many events, their techniques, and their licence, of which there is one."""
    with open_database(1, "1GB") as database:
        open_tables(database, "events", [events], EVENTS)
        rows = database.execute(
            """
            SELECT session_id, count(*),
                   list_sort(list_distinct(coalesce(flatten(list(techniques)), []))),
                   min(license)
            FROM events GROUP BY session_id
            """
        ).fetchall()
    return {session_id: tuple(row) for session_id, *row in rows}


def _drops(tallies: pa.Table) -> dict[str, dict[str, int]]:
    counts = tallies.group_by(["session_id", "outcome"]).aggregate([("n_hits", "sum")])
    drops: dict[str, dict[str, int]] = {}
    for row in counts.sort_by([("session_id", "ascending"), ("outcome", "ascending")]).to_pylist():
        if row["outcome"] != IN_EVENT:
            drops.setdefault(row["session_id"], {})[row["outcome"]] = row["n_hits_sum"]
    return drops
