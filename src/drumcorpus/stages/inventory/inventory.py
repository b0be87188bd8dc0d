"""Inventory: every raw file of a source set with its digest, and the sessions they make up."""

from collections.abc import Callable, Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pyarrow as pa

from drumcorpus.ground.files.errata import Erratum, apply_errata, count_left_out, read_errata
from drumcorpus.ground.files.fact_cache import FactCache
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.leftovers import count_leftovers
from drumcorpus.ground.files.raw_files import RawFile, read_as_digested
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.raw_scan import RawData
from drumcorpus.ground.run.roots import root_name
from drumcorpus.ground.sound.audio import probe_audio
from drumcorpus.ground.sound.loudness import integrated_loudness
from drumcorpus.ground.sound.recordings import channels_cancel
from drumcorpus.schemas import INVENTORY, ROOTS, SESSIONS
from drumcorpus.sessions import Refusal, Survey, mix_files, quarantine_table
from drumcorpus.vocabulary import AT_INVENTORY, AUDIO, NOT_OF_THE_SET, UNREADABLE_AUDIO

CHANNELS_CANCEL_NOTE = "channels cancel when mixed to one; the loudest is heard instead"

N_SAID = 3  # errata named in a note


@dataclass
class Inventory:
    """Tables of the schemas INVENTORY, ROOTS, SESSIONS (in order of session_id) and QUARANTINE.

    `not_of_the_set` counts what other programs have left, as of `leftovers.count_leftovers`.
    """

    files: pa.Table
    roots: pa.Table
    sessions: pa.Table
    quarantine: pa.Table
    not_of_the_set: dict
    unmatched: list[Erratum] = field(default_factory=list)  # errata that are of no session


def take_inventory(
    raw: RawData,
    card: dict,
    options: dict,
    survey: Callable[[dict[str, RawFile], Callable[[str], bytes], dict], Survey],
    *,
    split_sessions: Callable[[list[dict]], list[tuple[str, bool]]],
    allow_empty: bool = False,
    workers: int,
) -> Inventory:
    """Put the raw files of a source set into tables.

    Parameters
    ----------
    raw : RawData
        The files below the roots. Its cache keeps what the headers of audio files say, and their
        loudness where a session asks for it.
    card
        Of the source set: kit, label map and `is_synthetic` of the sessions that do not say
        themselves.
    options
        The source set's own settings and reference documents.
    survey
        The source set's own; see `.source_sets`.
    split_sessions
        The split of each session, and whether it is published, from its group and the split that
        its source gives.
    allow_empty
        Whether it is no error that the roots hold no file of the set.
    workers
        Threads that read audio.

    Raises
    ------
    ValueError
        If the roots hold no file and that is not allowed, or as the source set's own survey.
    """
    if not raw.files and not raw.refusals and not allow_empty:
        raise ValueError(
            f"source_sets.{raw.source_set}.roots: there is no file of the set. Fill the root, take "
            f"{raw.source_set} out of `use`, or go on without: "
            f"source_sets.{raw.source_set}.allow_empty: true"
        )
    if not raw.files:
        survey = _nothing
    files = {path: file for path, file in raw.files.items() if path in raw.digests}
    surveyed = survey(files, lambda path: read_as_digested(files[path], raw.digests[path]), options)
    errata = read_errata(options["errata"], "errata") if "errata" in options else []
    listed, unmatched = apply_errata(surveyed.sessions, errata)
    probes, broken = _probe_audio_files(files, surveyed.roles, raw.cache, workers)
    sessions = [_without_broken(session, broken) for session in listed]
    loudness, silent = _measure_loudness(sessions, files, raw.cache, workers)
    sessions, broken = [_without_broken(session, silent) for session in sessions], broken | silent
    recordings = {s["session_id"]: _recordings(s, surveyed.roles, card) for s in sessions}
    cancelling = _find_cancelling(recordings, files, raw, probes, workers)
    raw.cache.save()
    facts = _Facts(
        *(raw.source_set, card, surveyed.roles, files, raw.digests, probes, loudness, cancelling)
    )
    rows = [_session_row(session, facts) for session in sessions]
    rows = [
        row | {"split": split, "official_split": is_official}
        for row, (split, is_official) in zip(rows, split_sessions(rows), strict=True)
    ]
    rows.sort(key=lambda row: row["session_id"])
    refusals = [*raw.refusals, *surveyed.refusals]
    refusals += [
        Refusal(path, reason, detail, surveyed.owners.get(path))
        for path, (reason, detail) in broken.items()
    ]
    return Inventory(
        _inventory_table(raw.source_set, files, raw.digests, surveyed, probes),
        _roots_table(raw),
        pa.Table.from_pylist(rows, SESSIONS),
        quarantine_table(raw.source_set, AT_INVENTORY, refusals),
        {"source_set": raw.source_set, **count_leftovers(raw.left)},
        unmatched,
    )


def _nothing(files: dict, read: Callable, options: dict) -> Survey:
    """The survey of no file."""
    return Survey()


def write_inventory(
    inventory: Inventory,
    *,
    files: str,
    roots: str,
    sessions: str,
    quarantine: str,
    not_of_the_set: str,
) -> dict:
    """Write the tables and the counts to these paths; returns how many of each, for the run."""
    write_table(files, inventory.files)
    write_table(roots, inventory.roots)
    write_table(sessions, inventory.sessions)
    write_table(quarantine, inventory.quarantine)
    write_json(not_of_the_set, inventory.not_of_the_set)
    return {
        "files": inventory.files.num_rows,
        "sessions": inventory.sessions.num_rows,
        "quarantined": inventory.quarantine.num_rows,
        "left_out": count_left_out(inventory.sessions["errata"].to_pylist()),
        "errata_of_no_session": len(inventory.unmatched),
        NOT_OF_THE_SET: inventory.not_of_the_set["files"],
    }


def say_unmatched(errata: Sequence[Erratum], say: Callable[[str], None]) -> None:
    """Tell people of errata that no session has, as in a part of the set."""
    names = [erratum.name for erratum in errata]
    if names:
        more = f" and {len(names) - N_SAID} more" if len(names) > N_SAID else ""
        say(f"note: {len(names)} errata are of no session here: {', '.join(names[:N_SAID])}{more}")


@dataclass(frozen=True)
class _Facts:
    """What the rows of one source set's sessions are made from."""

    source_set: str
    card: dict
    roles: dict[str, str]
    files: dict[str, RawFile]
    digests: dict[str, str]
    probes: dict[str, dict]
    loudness: dict[str, float]
    cancelling: dict[str, bool]  # by session


def _probe_audio_files(
    files: dict[str, RawFile], roles: dict[str, str], cache: FactCache, workers: int
) -> tuple[dict[str, dict], dict[str, tuple[str, str]]]:
    """What the header of each audio file says; reason and detail of each file that is unusable."""
    paths = [path for path in files if roles[path] == AUDIO]
    with ThreadPoolExecutor(workers) as pool:
        facts = list(pool.map(lambda path: cache.fact(files[path], "audio", _audio_fact), paths))
    pairs = list(zip(paths, facts, strict=True))
    usable = {path: fact for path, fact in pairs if "unusable" not in fact}
    return usable, {path: tuple(fact["unusable"]) for path, fact in pairs if "unusable" in fact}


def _audio_fact(file: RawFile) -> dict:
    try:
        return probe_audio(file.location)
    except ValueError as error:
        return _unusable(error)


def _unusable(error: ValueError) -> dict:
    """The fact of a file that no one can hear: the reason that is counted, and what is wrong."""
    return {"unusable": [getattr(error, "reason", UNREADABLE_AUDIO), str(error)]}


def _without_broken(session: dict, broken: Container[str]) -> dict:
    """The session without the audio that cannot be read, its mix included; its labels stay."""
    recording = [session.get("audio_path"), *(session.get("channel_paths") or [])]
    support = session.get("support_paths") or []
    kept = session | {"support_paths": [path for path in support if path not in broken]}
    notes = list(session.get("notes") or [])
    if any(path in broken for path in recording):
        kept |= {"audio_path": None, "channel_paths": None}
        notes.append("audio unreadable")
    if any(path in broken for path in mix_files(session)):
        notes.append("mix unreadable")
    if not kept.get("audio_path") or any(path in broken for path in mix_files(session)):
        kept |= {"mix_path": None, "mix_parts": None}
    lost = [path for path in support if path in broken]
    return kept | {"notes": [*notes, *(f"{path}: unreadable" for path in lost)]}


def _measure_loudness(
    sessions: list[dict], files: dict[str, RawFile], cache: FactCache, workers: int
) -> tuple[dict[str, float | None], dict[str, tuple[str, str]]]:
    """Integrated loudness in LUFS of the audio of the sessions that ask for it.

    Also reason and detail of each file that cannot be decoded to its end, which no header says.
    """
    paths = [s["audio_path"] for s in sessions if s.get("measure_loudness") and s["audio_path"]]
    with ThreadPoolExecutor(workers) as pool:
        facts = list(pool.map(lambda path: cache.fact(files[path], "loudness", _loudness), paths))
    pairs = dict(zip(paths, facts, strict=True))
    unusable = {
        path: tuple(fact["unusable"]) for path, fact in pairs.items() if isinstance(fact, dict)
    }
    return {path: fact for path, fact in pairs.items() if path not in unusable}, unusable


def _loudness(file: RawFile) -> float | dict | None:
    try:
        return integrated_loudness(file.location)
    except ValueError as error:
        return _unusable(error)


def _label_map(session: dict, card: dict) -> str | None:
    """The one that the session names, or else the card's only one."""
    only = card["label_maps"][0] if len(card["label_maps"]) == 1 else None
    return session.get("label_map", only)


def _recordings(session: dict, roles: dict[str, str], card: dict) -> list[tuple[str, ...]]:
    """The files of each recording that the session's labels are heard in; none without labels."""
    if _label_map(session, card) is None:
        return []
    if session.get("audio_path"):
        return [tuple(session.get("channel_paths") or [session["audio_path"]])]
    return [(path,) for path in session["support_paths"] if roles[path] == AUDIO]


def _find_cancelling(
    recordings: dict[str, list[tuple[str, ...]]],
    files: dict[str, RawFile],
    raw: RawData,
    probes: dict[str, dict],
    workers: int,
) -> dict[str, bool]:
    """Of each session with several channels to mix, whether those of a recording cancel."""

    def learn(paths: tuple[str, ...]) -> bool | None:
        sources = [files[path].location for path in paths]
        try:
            return channels_cancel(sources)
        except ValueError:  # what is wrong with it is said by the job that reads it
            return None

    def is_cancelling(paths: tuple[str, ...]) -> bool | None:
        name = "/".join(["channels_cancel", *(raw.digests[path] for path in paths[1:])])
        return raw.cache.fact(files[paths[0]], name, lambda file: learn(paths))

    several = sorted(
        {
            paths
            for of_session in recordings.values()
            for paths in of_session
            if sum(probes[path]["channels"] for path in paths) > 1
        }
    )
    with ThreadPoolExecutor(workers) as pool:
        verdicts = dict(zip(several, pool.map(is_cancelling, several), strict=True))
    return {
        session_id: any(known)
        for session_id, of_session in recordings.items()
        if (known := [v for v in map(verdicts.get, of_session) if v is not None])
    }


def _session_row(session: dict, facts: _Facts) -> dict:
    card, audio_path = facts.card, session.get("audio_path")
    recording = session.get("channel_paths") or [audio_path]
    row = dict.fromkeys(SESSIONS.names) | {"notes": []}
    row |= {name: value for name, value in session.items() if name in row}
    mix = mix_files(session)
    owned = {session.get("annotation_path"), *recording, *mix, *session["support_paths"]} - {None}
    row["label_map"] = _label_map(session, card)
    if row["integrated_loudness"] is None:
        row["integrated_loudness"] = facts.loudness.get(audio_path)
    row["channels_cancel"] = facts.cancelling.get(row["session_id"])
    if row["channels_cancel"]:
        row["notes"] = [*row["notes"], CHANNELS_CANCEL_NOTE]
    return row | {
        "source_set": facts.source_set,
        "group_id": row["group_id"] or f"{card['name']}/{row['session_id']}",
        "kit_id": row["kit_id"] or card["kit"],
        "is_synthetic": card["is_synthetic"]
        if row["is_synthetic"] is None
        else row["is_synthetic"],
        "audio_duration": _audio_duration(session, recording, facts.probes),
        "mix_duration": min((facts.probes[path]["duration"] for path in mix), default=None),
        "files": [
            {
                "path": path,
                "role": facts.roles[path],
                "bytes": facts.files[path].bytes,
                "sha256": facts.digests[path],
            }
            for path in sorted(owned)
        ],
    }


def _audio_duration(session: dict, recording: list, probes: dict[str, dict]) -> float | None:
    """Seconds of sound: of the recording, or else of the files that the labels rest on."""
    lengths = [probes[path]["duration"] for path in recording if path is not None]
    if lengths:
        return min(lengths)
    support_lengths = [
        probes[path]["duration"] for path in session["support_paths"] if path in probes
    ]
    # Tracks of a multitrack run side by side, one-shots one after the other.
    whole = sum if session.get("serial_audio") else max
    return whole(support_lengths) if support_lengths else None


def _inventory_table(source_set, files, digests, surveyed, probes) -> pa.Table:
    rows = [
        {
            "source_set": source_set,
            "path": path,
            "role": surveyed.roles[path],
            "session_id": surveyed.owners.get(path),
            "bytes": file.bytes,
            "sha256": digests[path],
            **probes.get(path, {}),
        }
        for path, file in sorted(files.items())
    ]
    return pa.Table.from_pylist(rows, INVENTORY)


def _roots_table(raw: RawData) -> pa.Table:
    rows = [
        {"source_set": raw.source_set, "path": path, "root": root_name(n), "root_number": n}
        for path, n in sorted(raw.roots.items())
    ]
    return pa.Table.from_pylist(rows, ROOTS)
