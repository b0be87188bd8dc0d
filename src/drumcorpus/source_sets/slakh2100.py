"""Slakh2100: songs of the Lakh MIDI dataset, rendered stem by stem with sampled instruments.

Layout: ``[{train,validation,test,omitted}/]TrackNNNNN/`` with ``metadata.yaml``, ``all_src.mid``,
``mix.flac``, ``MIDI/Sxx.mid`` and ``stems/Sxx.flac``; BabySlakh has ``.wav`` and no split folders.
Manilow et al., "Cutting Music Source Separation Some Slakh", WASPAA 2019.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.documents import parse_yaml
from drumcorpus.ground.files.limits import METADATA_BYTES, bytes_limit
from drumcorpus.ground.files.ranges import LEVEL, within
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile
from drumcorpus.ground.midi.midi_hits import read_midi_hits
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import (
    ANNOTATION,
    AUDIO,
    INDEX,
    MISSING_ANNOTATION,
    MISSING_AUDIO,
    MISSING_METADATA,
    OTHER_FILE,
    OUTSIDE_ROOT,
    SPLITS,
    UNKNOWN_PLUGIN,
    UNREADABLE_METADATA,
)

VARIANTS, OMITTED = ("redux", "orig", "split2"), "omitted"
AUDIO_SUFFIXES = (".flac", ".wav")  # of Slakh2100, and of BabySlakh
_TRACK = re.compile(rf"((?:({'|'.join(SPLITS)}|{OMITTED})/)?Track([0-9]{{5}}))/.")
_STEM = re.compile("S[0-9]{2,4}")


@dataclass(frozen=True)
class _Track:
    """One folder TrackNNNNN: its path, the split folder it stands in, its number, its files."""

    path: str
    folder: str | None
    number: int
    files: list[str] = field(default_factory=list)

    @property
    def metadata(self) -> str:
        return f"{self.path}/metadata.yaml"


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which tracks there are, by their folders. The files are trusted, the metadata's flags not.

    A track is a session. One that the chosen partition omits, or that has no drum stem, is a
    session without labels. Several drum stems, which the published set does not have, are a
    session each, for every stem has a kit and a recording of its own. Tracks of equal MIDI, by
    content, are one group. The mix of a track is that of its one drum stem.

    Refused are: a track without metadata (`missing_metadata`), or whose metadata cannot be read
    (`unreadable_metadata`) or names a path outside the track (`outside_root`); a drum stem of an
    unknown kit (`unknown_plugin`) or without MIDI (`missing_annotation`); and the audio that a
    drum stem lacks (`missing_audio`), whose labels stay.

    Parameters
    ----------
    options : dict
        ``splits``: redux, orig or split2. ``kits`` and ``split_tables``: the reference files.

    Raises
    ------
    ValueError
        If no track is found, or ``splits`` is none of the three.
    """
    tracks = _find_tracks(files)
    splits = _choose_splits(tracks, options)
    # A download of the MIDI alone lacks no single file.
    has_audio = any("/stems/" in path and path.endswith(AUDIO_SUFFIXES) for path in files)
    survey = Survey(roles=dict.fromkeys(files, OTHER_FILE))
    keys: list[list[str]] = []
    for track in tracks:
        if splits[track.path] == OMITTED:
            note = "omitted in Slakh2100-redux: its MIDI is that of another track"
            sessions = [_bare_session(track, [], note)]
        else:
            sessions = _track_sessions(track, files, read, options["kits"], survey.refusals)
        for session in sessions:
            session["split"] = splits[track.path] if splits[track.path] in SPLITS else None
            _add_session(survey, session, track, alone=len(sessions) == 1, has_audio=has_audio)
            keys.append(_content_keys(session, track, files, read))
    _name_groups(survey.sessions, keys)
    return survey


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """The strokes of one drum stem; see `midi_hits.read_midi_hits`."""
    path = session["annotation_path"]
    return read_midi_hits(path, read(path), label_map)


def _find_tracks(files: Iterable[str]) -> list[_Track]:
    tracks: dict[str, _Track] = {}
    for path in files:
        if match := _TRACK.match(path):
            name, folder, number = match.groups()
            tracks.setdefault(name, _Track(name, folder, int(number))).files.append(path)
    if not tracks:
        raise ValueError(
            "no folder TrackNNNNN found; a root of slakh2100 is the folder that holds train, "
            "validation and test or, of BabySlakh, the folder that holds Track00001"
        )
    return sorted(tracks.values(), key=lambda track: track.path)


def _choose_splits(tracks: list[_Track], options: dict) -> dict[str, str | None]:
    """Of each track its split in the chosen partition, `OMITTED`, or None where it has none."""
    variant, tables = options["splits"], options["split_tables"]
    if variant not in VARIANTS:
        detail = f"got {variant!r}; allowed: {', '.join(VARIANTS)}"
        raise ValueError(f"source_sets.slakh2100.splits: {detail}")
    by_number: dict[int, str] = {}
    for split, (first, last) in tables["original"].items():
        by_number |= dict.fromkeys(range(first, last + 1), split)
    changes = {"redux": {OMITTED: tables[OMITTED]}, "split2": tables["split2"]}
    for split, numbers in changes.get(variant, {}).items():
        by_number |= dict.fromkeys(numbers, split)
    first, last = tables["babyslakh"]
    is_baby = all(first <= track.number <= last for track in tracks if track.folder is None)
    splits = {}
    for track in tracks:
        split = by_number.get(track.number, track.folder)
        if track.folder is None and is_baby:  # an excerpt without a partition of its own
            split = None
        elif track.folder is not None and variant == "redux" and split != OMITTED:
            split = track.folder
        splits[track.path] = split
    return splits


def _bare_session(track: _Track, support: list[str], note: str) -> dict:
    session = {"session_id": track.path, "label_map": None, "support_paths": support}
    return session | {"annotation_path": None, "audio_path": None, "notes": [note]}


def _track_sessions(
    track: _Track,
    files: dict[str, RawFile],
    read: Callable[[str], bytes],
    kits: dict[str, dict],
    refusals: list[Refusal],
) -> list[dict]:
    """The sessions of one track; what cannot be used of it is refused."""
    try:
        metadata = _read_metadata(track.metadata, files, read)
    except UnusableFile as error:
        refusals.append(Refusal(error.path, error.reason, error.detail, track.path))
        return []
    drums = [name for name, stem in metadata["stems"].items() if stem["is_drum"]]
    if not drums:
        return [_bare_session(track, [track.metadata], "no drum stem")]
    sessions = []
    for stem_id in drums:
        session_id = track.path if len(drums) == 1 else f"{track.path}/{stem_id}"
        try:
            session = _drum_session(track, stem_id, metadata, files, kits)
        except UnusableFile as error:
            refusals.append(Refusal(error.path, error.reason, error.detail, session_id))
            continue
        # Of several drum stems, usable or not, the mix holds strokes that a session does not label.
        if len(drums) > 1 and session["mix_path"]:
            session["mix_path"] = None
            session["notes"].append("mix not used: it holds other drum stems as well")
        sessions.append({"session_id": session_id} | session)
    return sessions


def _read_metadata(
    path: str, files: dict[str, RawFile], read: Callable[[str], bytes]
) -> dict[str, object]:
    if path not in files:
        raise UnusableFile(path, MISSING_METADATA, "the track's folder holds no such file")
    try:
        METADATA_BYTES.check(files[path].bytes, "the file")
        metadata = parse_yaml(read(path), path)
    except ValueError as error:
        raise UnusableFile(path, UNREADABLE_METADATA, str(error)) from error
    stems = metadata.get("stems") if isinstance(metadata, dict) else None
    if not isinstance(stems, dict) or not stems:
        detail = f"stems: got {_shown(stems)}; wanted: a mapping of stems"
        raise UnusableFile(path, UNREADABLE_METADATA, detail)
    # Only the keys of `stems` name files: the folders are MIDI and stems, whatever the published
    # metadata says. What would lead out is refused all the same.
    for name in (metadata.get("audio_dir"), metadata.get("midi_dir"), *stems):
        if isinstance(name, str) and (name[:1] == "/" or ".." in re.split(r"[/\\]", name)):
            raise UnusableFile(path, OUTSIDE_ROOT, f"names {_shown(name)}, outside the track")
    for stem_id, stem in stems.items():
        _check_stem(path, stem_id, stem)
    return metadata


def _check_stem(path: str, stem_id: object, stem: object) -> None:
    if not isinstance(stem_id, str) or not _STEM.fullmatch(stem_id):
        detail = f"stems: got the key {_shown(stem_id)}; wanted: S00, S01, …"
    elif not isinstance(stem, dict):
        detail = f"stems.{stem_id}: got {_shown(stem)}; wanted: a mapping"
    elif not isinstance(stem.get("is_drum"), bool):
        detail = f"stems.{stem_id}.is_drum: got {_shown(stem.get('is_drum'))}; allowed: true, false"
    else:
        return
    raise UnusableFile(path, UNREADABLE_METADATA, detail)


def _drum_session(
    track: _Track, stem_id: str, metadata: dict, files: dict[str, RawFile], kits: dict[str, dict]
) -> dict:
    stem = metadata["stems"][stem_id]
    plugin = stem.get("plugin_name")
    name = plugin.strip().casefold().removesuffix(".nkm") if isinstance(plugin, str) else None
    if name not in kits:
        detail = f"stems.{stem_id}.plugin_name: got {_shown(plugin)}; known: {', '.join(kits)}"
        raise UnusableFile(track.metadata, UNKNOWN_PLUGIN, detail)
    midi = f"{track.path}/MIDI/{stem_id}.mid"
    if midi not in files:
        detail = f"{stem_id} is the drum stem by metadata.yaml, and the root has no such file"
        raise UnusableFile(midi, MISSING_ANNOTATION, detail)
    wanted = [f"{track.path}/stems/{stem_id}{suffix}" for suffix in AUDIO_SUFFIXES]
    audio = next((path for path in wanted if path in files), None)
    mixes = [f"{track.path}/mix{suffix}" for suffix in AUDIO_SUFFIXES]
    notes, numbers = [], {}
    for key, mapping in (("integrated_loudness", stem), ("overall_gain", metadata)):
        numbers[key] = within(mapping.get(key), LEVEL)
        if numbers[key] is None:
            allowed = f"{LEVEL.low:,} to {LEVEL.high:,}"
            notes.append(f"{key}: got {_shown(mapping.get(key))}, no number from {allowed}")
    for flag, path in (("audio_rendered", audio), ("midi_saved", midi)):
        if stem.get(flag) is False and path:
            notes.append(f"metadata.yaml says {flag}: false, and the file is there")
    return {
        "kit_id": kits[name]["kit_id"],
        "label_map": kits[name]["label_map"],
        "annotation_path": midi,
        "audio_path": audio,
        # A stem that was not rendered is not in the mix either.
        "mix_path": next((path for path in mixes if audio and path in files), None),
        "wanted_audio": wanted[0],
        "support_paths": [track.metadata],
        "notes": notes,
    } | numbers


def _add_session(
    survey: Survey, session: dict, track: _Track, *, alone: bool, has_audio: bool
) -> None:
    """Enter a session, with the roles and owners of its files and the audio it lacks."""
    session_id, wanted = session["session_id"], session.pop("wanted_audio", None)
    if wanted and not session["audio_path"] and has_audio:
        detail = "the drum stem by metadata.yaml, and the root has no audio of it"
        survey.refusals.append(Refusal(wanted, MISSING_AUDIO, detail, session_id))
        session["notes"].append("audio missing")
    elif wanted and not session["audio_path"]:
        session["notes"].append("taken from a distribution without audio")
    if session["split"] and track.folder not in (None, session["split"]):
        session["notes"].append(f"in the folder {track.folder}, by its number {session['split']}")
    own = {session["annotation_path"]: ANNOTATION, session["audio_path"]: AUDIO}
    own[session.get("mix_path")] = AUDIO
    own.pop(None, None)
    survey.roles |= own | dict.fromkeys(session["support_paths"], INDEX)
    survey.owners |= dict.fromkeys(track.files if alone else own, session_id)
    survey.sessions.append(session)


def _content_keys(
    session: dict, track: _Track, files: dict[str, RawFile], read: Callable[[str], bytes]
) -> list[str]:
    """What makes two tracks the same music: the MIDI of the drum stem, and of the whole song."""
    paths = {"drums": session["annotation_path"], "song": f"{track.path}/all_src.mid"}
    return [
        f"{name}:{sha256_bytes(read(path))}"
        for name, path in paths.items()
        if path in files and files[path].bytes <= bytes_limit(path).most
    ]


def _name_groups(sessions: list[dict], keys: list[list[str]]) -> None:
    """Put sessions that share a key, directly or through others, in one group.

    Its name is the smallest digest of its drum stems. Equal songs were rendered from equal drum
    stems, so that a group has but one, whatever other tracks there are.
    """
    groups: dict[str, set[str]] = {}
    for of_session in keys:
        merged = set(of_session).union(*(groups.get(key, ()) for key in of_session))
        groups |= dict.fromkeys(merged, merged)
    splits = defaultdict(set)
    for session, of_session in zip(sessions, keys, strict=True):
        if of_session:
            # `drums:` sorts before `song:`.
            digest = min(groups[of_session[0]]).partition(":")[2]
            session["group_id"] = f"slakh/{digest[:16]}"
            splits[session["group_id"]].add(session["split"])
    for session in sessions:
        others = splits[session.get("group_id")] - {session["split"], None}
        if session["split"] and others:
            session["notes"].append(f"the same MIDI is in {', '.join(sorted(others))}")


def _shown(value: object) -> str:
    """A value of a document in a message: short, and never a whole document."""
    if not isinstance(value, str | bool | float | None):
        return f"a value of type {type(value).__name__}"
    return repr(value) if len(repr(value)) <= 60 else f"{value!r:.60}…"
