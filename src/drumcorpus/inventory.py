"""Inventory: every raw file of a source set with its digest, and the sessions they make up."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from drumcorpus.audio import probe_audio
from drumcorpus.digests import sha256_bytes
from drumcorpus.raw_files import FactCache, RawFile, Refusal, read_as_digested
from drumcorpus.schemas import INVENTORY, QUARANTINE, SESSIONS
from drumcorpus.source_sets import Survey
from drumcorpus.tables import read_table


@dataclass
class Inventory:
    """Tables of the schemas INVENTORY, SESSIONS (in order of session_id) and QUARANTINE."""

    files: pa.Table
    sessions: pa.Table
    quarantine: pa.Table


def shard_of(session_id: str, n_shards: int) -> int:
    """The shard of a session: the same for ever, whatever other sessions there are."""
    return int(sha256_bytes(session_id.encode())[:12], 16) % n_shards


def take_inventory(
    source_set: str,
    survey: Callable[[dict[str, RawFile], Callable[[str], bytes]], Survey],
    files: dict[str, RawFile],
    digests: dict[str, str],
    refusals: Iterable[Refusal],
    cache: FactCache,
    *,
    kit: str | None,
    is_synthetic: bool,
) -> Inventory:
    """Put the raw files of a source set into tables.

    Parameters
    ----------
    survey
        The source set's own; see `drumcorpus.source_sets`.
    files, digests
        The files below the roots, and the SHA-256 of those that could be read.
    refusals
        Of finding and reading them.
    cache
        Keeps what the headers of audio files say.
    kit, is_synthetic
        Of the source set's card: for the sessions that do not say themselves.
    """
    readable = {path: file for path, file in files.items() if path in digests}
    found = survey(readable, lambda path: read_as_digested(readable[path], digests[path]))
    refusals = [*refusals, *found.refusals]
    probes: dict[str, dict] = {}
    for session in found.sessions:
        path = session["audio_path"]
        if path is None:
            continue
        fact = cache.fact(readable[path], "audio", _audio_fact)
        if "unusable" in fact:
            detail, session_id = fact["unusable"], session["session_id"]
            refusals.append(Refusal(path, "unreadable_audio", detail, session_id))
            session["audio_path"] = None
            session["notes"].append("audio unreadable")
        else:
            probes[path] = fact
    rows = [_session_row(source_set, s, found, readable, digests, probes) for s in found.sessions]
    for row in rows:
        row["kit_id"] = row["kit_id"] or kit
        row["is_synthetic"] = is_synthetic if row["is_synthetic"] is None else row["is_synthetic"]
    rows.sort(key=lambda row: row["session_id"])
    return Inventory(
        _inventory_table(source_set, readable, digests, found, probes),
        pa.Table.from_pylist(rows, SESSIONS),
        quarantine_table(source_set, "inventory", refusals),
    )


def sessions_of_shard(sessions: pa.Table, shard: int, n_shards: int) -> pa.Table:
    """The sessions of one shard, in their order.

    Raises
    ------
    ValueError
        If there is no such shard.
    """
    if not 0 <= shard < n_shards:
        raise ValueError(f"shard {shard} of {n_shards}; allowed: 0 to {n_shards - 1}")
    mine = [shard_of(name, n_shards) == shard for name in sessions["session_id"].to_pylist()]
    return sessions.filter(pa.array(mine, pa.bool_()))


def file_digests(sessions: pa.Table) -> dict[str, str]:
    """SHA-256 by path of every raw file that the sessions rest on."""
    files = [file for files in sessions["files"].to_pylist() for file in files]
    return {file["path"]: file["sha256"] for file in files}


def refuse_vanished(
    earlier: str | os.PathLike, files: dict[str, RawFile], roots: list[str]
) -> None:
    """Stop where a raw file that an earlier inventory lists is gone.

    Parameters
    ----------
    earlier : path
        The earlier inventory, which need not exist.
    files
        What is there now.
    roots
        Where it was looked for, for the message.

    Raises
    ------
    FileNotFoundError
        Naming the files, ten at the most.
    """
    if not Path(earlier).is_file():
        return
    known = read_table(earlier, columns=["path"])["path"].to_pylist()
    gone = [path for path in known if path not in files]
    if gone:
        more = f" and {len(gone) - 10} more" if len(gone) > 10 else ""
        raise FileNotFoundError(
            f"{len(gone)} raw file(s) that the last inventory lists are gone from "
            f"{', '.join(map(str, roots))}: {', '.join(gone[:10])}{more}. Put them back, or build "
            f"without them: --config 'inventory={{vanished: accept}}'"
        )


def quarantine_table(source_set: str, stage: str, refusals: Iterable[Refusal]) -> pa.Table:
    """Refusals as a table of the schema QUARANTINE, sorted."""
    rows = [
        {
            "source_set": source_set,
            "session_id": refusal.session_id,
            "path": refusal.path,
            "stage": stage,
            "reason": refusal.reason,
            "detail": refusal.detail,
        }
        for refusal in refusals
    ]
    rows.sort(key=lambda row: (row["path"], row["reason"], row["detail"]))
    return pa.Table.from_pylist(rows, QUARANTINE)


def _audio_fact(file: RawFile) -> dict:
    try:
        return probe_audio(file.location)
    except ValueError as error:
        return {"unusable": str(error)}


def _session_row(source_set, session, found, files, digests, probes) -> dict:
    owned = [path for path in (session["annotation_path"], session["audio_path"]) if path]
    probe = probes.get(session["audio_path"], {})
    row = dict.fromkeys(SESSIONS.names) | session
    return row | {
        "source_set": source_set,
        "audio_duration": probe.get("duration"),
        "files": [
            {
                "path": path,
                "role": found.roles[path],
                "bytes": files[path].bytes,
                "sha256": digests[path],
            }
            for path in sorted(owned)
        ],
    }


def _inventory_table(source_set, files, digests, found, probes) -> pa.Table:
    rows = [
        {
            "source_set": source_set,
            "path": path,
            "role": found.roles[path],
            "session_id": found.owners.get(path),
            "bytes": file.bytes,
            "sha256": digests[path],
            **probes.get(path, {}),
        }
        for path, file in sorted(files.items())
    ]
    return pa.Table.from_pylist(rows, INVENTORY)
