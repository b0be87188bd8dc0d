"""Multitracks: folders of tracks recorded together, of which the close microphones are labelled.

One track per instrument is labelled with the onsets that are its own; the other tracks of the kit
are listed only. Of toms and cymbals every number is an instrument; of all others numbers are layers
or second microphones of one stroke, and so are the left and the right of one name. A stroke that is
louder in another close microphone is bleed, and counted as such.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from drumcorpus.ground.files.raw_reader import sound_source
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.sound.audio import read_mono
from drumcorpus.ground.sound.onset_settings import OnsetSettings
from drumcorpus.ground.sound.onsets import analyse_stem, own_hits
from drumcorpus.ground.sound.stems import Stem
from drumcorpus.sessions import Refusal
from drumcorpus.source_sets.shared.groups import work_group
from drumcorpus.source_sets.shared.track_names import (
    CLOSE,
    COPY,
    OTHER,
    UNCLEAR,
    UNKNOWN,
    TrackName,
    read_track_names,
    shared_words,
)
from drumcorpus.source_sets.shared.track_rules import Rules, read_rules
from drumcorpus.vocabulary import AUDIO, OTHER_FILE, UNREADABLE_AUDIO

SUFFIXES = (".wav", ".wave", ".flac", ".aif", ".aiff", ".aifc")
BLEED = "bleed"  # of the label map's drops


@dataclass(frozen=True)
class Track:
    """A file of a multitrack, and what its name says."""

    path: str
    name: str
    reading: TrackName


def is_track(path: str) -> bool:
    """Whether the file is sound, by its ending."""
    return PurePosixPath(path).suffix.lower() in SUFFIXES


def outer_folders(paths: Iterable[str]) -> dict[str, list[str]]:
    """The tracks below each folder of a root, in order; those beside the folders are under ''."""
    folders: dict[str, list[str]] = {}
    for path in sorted(filter(is_track, paths)):
        folder = path.split("/")[0] if "/" in path else ""
        folders.setdefault(folder, []).append(path)
    return folders


def read_works(document, where: str = "recorded_works.yaml") -> dict[str, str]:
    """The groups of works that go by two names: that of `is` counts in place of that of `name`.

    Raises
    ------
    ValueError
        If the document does not list, under `works`, pairs of artist and title.
    """
    rows = document.get("works") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise ValueError(f"{where}: works: got {rows!r}; wanted a list")
    groups = {}
    for number, row in enumerate(rows, start=1):
        pairs = [row.get(key) if isinstance(row, dict) else None for key in ("name", "is")]
        if not all(isinstance(p, list) and [type(t) for t in p] == [str, str] for p in pairs):
            wanted = "name and is, each an artist and a title"
            raise ValueError(f"{where}: works: {number}: got {row!r}; wanted {wanted}")
        groups[work_group(*pairs[0])] = work_group(*pairs[1])
    return groups


def multitrack_session(
    session_id: str, group_id: str, paths: list[str], rules: Rules
) -> tuple[dict, dict[str, str]]:
    """The row of a multitrack, and the role of each of its files.

    Its labels rest on the names of all its tracks: all of them support it. Tracks of the kit have
    the role audio, the others are listed only. The notes say of each what it was taken for.
    """
    tracks = read_tracks(paths, rules)
    sources = close_tracks(tracks, rules)
    notes = [f"{track.name}: {_decision(track, sources, rules)}" for track in tracks]
    shared = [" ".join(words) for words in shared_words([t.name for t in tracks], rules) if words]
    notes += [f"{words!r} in the names of the tracks is the song's" for words in shared]
    notes += [] if sources else ["no close microphone of an instrument that has a label"]
    kit = [track.path for track in tracks if track.reading.kind not in (OTHER, UNKNOWN)]
    session = {
        "session_id": session_id,
        "group_id": group_id,
        "support_paths": paths,
        "notes": notes,
    }
    roles = dict.fromkeys(paths, OTHER_FILE) | dict.fromkeys(kit, AUDIO)
    return session if sources else session | {"label_map": None}, roles


def read_tracks(paths: Iterable[str], rules: Rules) -> list[Track]:
    """The tracks of one multitrack, in order of their paths."""
    paths = sorted(filter(is_track, paths))
    names = [PurePosixPath(path).stem for path in paths]
    readings = read_track_names(names, rules)
    return [Track(*row) for row in zip(paths, names, readings, strict=True)]


def close_tracks(tracks: list[Track], rules: Rules) -> dict[tuple, list[Track]]:
    """The close microphones of each source that may be labelled, the best first.

    Of equally good places the lowest number comes first, and left before right.

    Where overheads or rooms say that a kit was played and only one of its drums has a close
    microphone, nothing tells its strokes from what bleeds into it, and it is not labelled.
    """
    sources: dict[tuple, list[Track]] = {}
    close = [track for track in tracks if track.reading.kind == CLOSE]
    for track in sorted(close, key=_rank):
        sources.setdefault(_source(track, rules), []).append(track)
    in_room = any(rules.holds("roles", track.reading.role, "in_room") for track in tracks)
    miked_drums = {
        _named(track) or track.path
        for track in tracks
        if track.reading.kind in (CLOSE, COPY, UNCLEAR) and not _is_overdub(track, rules)
    }
    if not in_room or len(miked_drums) > 1:
        return sources
    return {
        s: microphones for s, microphones in sources.items() if _is_overdub(microphones[0], rules)
    }


def stem_hits(session: dict, read: Callable[[str], bytes], options: Mapping) -> dict:
    """The strokes of one multitrack, each in the track that it was found in.

    A track that cannot be decoded is refused by the reason of `sound.decoding`, and the next
    microphone of its source takes its place. Of every track only what `analyse_stem` keeps is held.
    """
    rules = read_rules(options["track_names"])
    settings = read_settings(OnsetSettings, options["onsets"])
    tracks = read_tracks([file["path"] for file in session["files"]], rules)
    sources = close_tracks(tracks, rules)
    witnesses = [[track] for track in _witnesses(tracks, sources, rules)]
    stems: list[tuple[Track, Stem]] = []
    refusals: list[Refusal] = []
    for candidates in [*sources.values(), *witnesses]:
        for track in candidates:
            try:
                audio = read_mono(sound_source(read, track.path))
            except ValueError as error:
                reason = getattr(error, "reason", UNREADABLE_AUDIO)
                refusals.append(Refusal(track.path, reason, str(error), session["session_id"]))
            else:
                stems.append((track, analyse_stem(*audio, settings)))
                del audio  # before the next is decoded
                break
    hits = [
        _track_hits(
            track,
            stem,
            [other for t, other in stems if _tells_apart(track, t, rules)],
            options["track_names"]["instruments"][track.reading.instrument],
            settings,
        )
        for track, stem in stems
        if track.reading.kind == CLOSE
    ]
    return join_hits(hits) | {"refusals": refusals}


def file_hits(track: Track, onset, confidence, remark: str = "") -> dict[str, np.ndarray]:
    """Hits found in one file, by the names that `read_hits` returns."""
    n_hits = len(onset)
    return {
        "source_label": np.full(n_hits, track.name),
        "map_label": np.full(n_hits, track.reading.instrument),
        "onset": np.asarray(onset, dtype=float),
        "confidence": np.asarray(confidence, dtype=float),
        "instance": np.full(n_hits, track.reading.instance),
        "audio_path": np.full(n_hits, track.path),
        "remark": np.full(n_hits, remark),
    }


def join_hits(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The hits of several files as one set of arrays, of length 0 where there is none."""
    nothing = file_hits(Track("", "", TrackName(CLOSE, "", "")), [], [])
    parts = [nothing, *parts]
    return {name: np.concatenate([part[name] for part in parts]) for name in nothing}


def _named(track: Track) -> str | None:
    return track.reading.instrument or track.reading.played_otherwise


def _is_overdub(track: Track, rules: Rules) -> bool:
    return rules.holds("instruments", _named(track), "overdub")


def _rank(track: Track) -> tuple:
    reading = track.reading
    return reading.position, reading.instance, reading.side, track.path


def _source(track: Track, rules: Rules) -> tuple[str | None, int]:
    """Instrument, and its number where each number is a drum of its own: one source of strokes."""
    reading = track.reading
    is_apart = rules.holds("instruments", reading.instrument, "apart")
    return reading.instrument, reading.instance if is_apart else 0


def _decision(track: Track, sources: dict[tuple, list[Track]], rules: Rules) -> str:
    reading, source = track.reading, _source(track, rules)
    if reading.kind != CLOSE:
        return reading.reason
    if source not in sources:
        return (
            f"{reading.reason}; not labelled: no other close microphone tells what bleeds into it"
        )
    lead = sources[source][0]
    if lead is track:
        return f"{reading.reason}; labelled"
    what = "of the same instrument as"
    if reading.instance != lead.reading.instance:
        what = "taken for a layer or a second microphone of"
    elif reading.side != lead.reading.side:
        what = "taken for the other side of"
    return f"{reading.reason}; {what} {lead.name}, which is labelled"


def _witnesses(tracks: list[Track], sources: dict[tuple, list[Track]], rules: Rules) -> list[Track]:
    """Close tracks that are not labelled, but show which drum a stroke belongs to."""
    copies = [
        track
        for track in tracks
        if track.reading.kind == COPY and not _is_overdub(track, rules)
        if _source(track, rules) not in sources
    ]
    first = {_source(track, rules): track for track in reversed(copies)}
    return [*first.values(), *(track for track in tracks if track.reading.kind == UNCLEAR)]


def _tells_apart(track: Track, other: Track, rules: Rules) -> bool:
    """Whether a stroke that is louder in the other track would bear a wrong label in this one.

    It would not where both tracks are of one source, or where the other names the same instrument
    and is unclear only for how it is played: the stroke is the same. Nor where one of them was
    overdubbed: it was never in the room with the kit.
    """
    if _is_overdub(track, rules) or _is_overdub(other, rules):
        return False
    if track.reading.instrument == other.reading.played_otherwise:
        return False
    return _source(track, rules) != _source(other, rules)


def _track_hits(
    track: Track, stem: Stem, others: list[Stem], instrument: Mapping, settings: OnsetSettings
) -> dict:
    is_own, confidence = own_hits(stem, others, settings)
    hits = file_hits(track, stem.onset, confidence, instrument.get("remark", ""))
    return hits | {"map_label": np.where(is_own, hits["map_label"], BLEED)}
