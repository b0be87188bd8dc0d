"""Sessions: what a survey tells of them, their shards, and the raw files they rest on."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from drumcorpus.schemas import QUARANTINE


@dataclass(frozen=True)
class Refusal:
    """A raw file that is not used, with the named reason and what was seen."""

    path: str
    reason: str
    detail: str
    session_id: str | None = None


@dataclass
class Survey:
    """What a source set's files make up.

    `sessions` are dicts with the keys of the SESSIONS schema that the source set knows: without
    `label_map` the card's only one is taken, and None means that no labels are taken; without
    `group_id` a session is its own group; without `split` one is drawn. Beside these,
    `support_paths` lists further files that the labels rest on, and `measure_loudness` asks for
    the loudness of the audio; `serial_audio` says that its files follow each other and do not sound
    at once. `roles` says what each file is for (annotation, audio, index,
    other), and every file of role audio is probed; `owners` gives the session of each file that
    belongs to one; `refusals` are the files that are not used.
    """

    sessions: list[dict] = field(default_factory=list)
    roles: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)


def mix_files(session: Mapping) -> list[str]:
    """The raw files that a session's mix is made of, in order; none where it has no mix.

    Parameters
    ----------
    session : mapping
        Of the schema SESSIONS, or as a survey has it.

    Examples
    --------
    >>> drums = {"audio_path": "left.wav", "channel_paths": ["left.wav", "right.wav"]}
    >>> parts = [{"path": "left.wav", "gain": 0.5}, {"path": "band.wav", "gain": 0.5}]
    >>> mix_files(drums | {"mix_path": "band.wav", "mix_parts": parts})
    ['left.wav', 'right.wav', 'band.wav']
    """
    return [path for paths, _ in mix_recordings(session) for path in paths]


def mix_recordings(session: Mapping) -> list[tuple[list[str], float]]:
    """The recordings that a session's mix is the sum of: the files of each, and its linear gain.

    One of gain 1 where the mix is one file; none where there is no mix. `session` is as for
    `mix_files`.
    """
    path = session.get("mix_path")
    if path is None:
        return []
    channels = session.get("channel_paths") or []
    own = {channels[0]: channels} if channels else {}
    parts = session.get("mix_parts") or [{"path": path, "gain": 1.0}]
    return [(own.get(part["path"], [part["path"]]), part["gain"]) for part in parts]


def shard_of(session_id: str, n_shards: int) -> int:
    """The shard of a session: the same for ever, whatever other sessions there are.

    Examples
    --------
    >>> [shard_of(name, n_shards=4) for name in ("drummer1/take1", "drummer1/take2")]
    [3, 0]
    """
    return int(hashlib.sha256(session_id.encode()).hexdigest()[:12], 16) % n_shards


def sessions_of_shard(sessions: pa.Table, shard: int, n_shards: int) -> pa.Table:
    """The sessions of one shard, in their order.

    Raises
    ------
    ValueError
        If there is no such shard.
    """
    if not 0 <= shard < n_shards:
        raise ValueError(f"shard {shard} of {n_shards}; allowed: 0 to {n_shards - 1}")
    is_here = [shard_of(name, n_shards) == shard for name in sessions["session_id"].to_pylist()]
    return sessions.filter(pa.array(is_here, pa.bool_()))


def file_digests(sessions: pa.Table) -> dict[str, str]:
    """SHA-256 by path of every raw file that the sessions rest on."""
    files = [file for files in sessions["files"].to_pylist() for file in files]
    return {file["path"]: file["sha256"] for file in files}


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
