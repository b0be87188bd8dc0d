"""MDB Drums: the drums of 23 MedleyDB tracks by Music Delta, every stroke annotated by hand.

Layout, below ``MDB Drums``::

    annotations/subclass/MusicDelta_Rock_subclass.txt    0.000000 \\t KD , of 21 subclasses
    annotations/class/MusicDelta_Rock_class.txt          the same strokes, of 6 classes
    annotations/beats/MusicDelta_Rock_MIX.beats          0.010\\t1: time, and number in the bar
    audio/drum_only/MusicDelta_Rock_Drum.wav             what the labels are set on
    audio/full_mix/MusicDelta_Rock_MIX.wav, audio/multi-tracks/

Fields are parted by a tab, with or without blanks around it. The subclass is the label and the
class its check: of 18 published pairs all agree line by line, to 0.5 us where one has fewer digits.
Southall et al., "MDB Drums - An Annotated Subset of MedleyDB for Automatic Drum Transcription",
ISMIR 2017, late-breaking.
"""

import re
from collections.abc import Callable

import numpy as np

from drumcorpus.ground.files.documents import text_lines
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile
from drumcorpus.ground.midi.beats import place_among_beats, read_beats
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.source_sets.shared.groups import work_group
from drumcorpus.source_sets.shared.track_files import (
    fewest_folders_first,
    read_strokes,
    take_file,
    tempo_and_meter,
)
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import (
    ANNOTATIONS_DISAGREE,
    AUDIO,
    INDEX,
    MISSING_ANNOTATION,
    OTHER_FILE,
    UNLISTED_FILE,
    UNREADABLE_METADATA,
)

SUBCLASSES = {
    "KD": ("KD",),
    "SD": ("SD", "SDB", "SDD", "SDF", "SDG", "SDNS"),
    "HH": ("CHH", "OHH", "PHH"),
    "TT": ("HIT", "MHT", "HFT", "LFT"),
    "CY": ("RDC", "RDB", "CRC", "CHC", "SPC"),
    "OT": ("SST", "TMB"),
}
"""The subclasses of each class, as the files pair them."""

_CLASS_OF = {each: name for name, members in SUBCLASSES.items() for each in members}
# The high and the low floor tom are one label; a kit may have both.
_FLOOR_TOMS = {"HFT": 1, "LFT": 2}
# A title that MIREX2017.md spells otherwise than the files.
_ERRATA = {"MusicDelta_Zepplin": "MusicDelta_Zeppelin"}
AGREEMENT = 0.001  # s between class and subclass

_TRACK = r"(?P<track>[A-Za-z0-9]+_[A-Za-z0-9]+)"
_FILES = {
    "subclass": re.compile(rf"(?:.*/)?annotations/subclass/{_TRACK}_subclass\.txt"),
    "class": re.compile(rf"(?:.*/)?annotations/class/{_TRACK}_class\.txt"),
    "beats": re.compile(rf"(?:.*/)?annotations/beats/{_TRACK}_MIX\.beats"),
    "drums": re.compile(rf"(?:.*/)?audio/drum_only/{_TRACK}_Drum\.wav"),
    "mix": re.compile(rf"(?:.*/)?audio/full_mix/{_TRACK}_MIX\.wav"),
}
_SOUND = ("drums", "mix")
_WANTED = "a time and a label"  # in a line
_INDEX = re.compile(r"(?:.*/)?MIREX2017\.md")


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which tracks there are, by the names of the files.

    A track is annotated by its subclass file; class, beats and drum-only audio may be missing
    and are then noted. The full mix may be missing too. The multitrack is not used: it is not what
    was annotated. Its group is the work, as other data sets have the same recordings.

    Refused are: files of a track without a subclass file (`missing_annotation`), a second file
    of one name in another folder (`duplicate_file`), beats that cannot be read
    (`unreadable_beats`), a list of sets that cannot (`unreadable_metadata`), and annotations of
    other names (`unlisted_file`).

    Raises
    ------
    ValueError
        If no file is one of the data set.
    """
    survey = Survey(roles=dict.fromkeys(files, OTHER_FILE))
    tracks: dict[str, dict[str, str]] = {}
    sets: dict[str, str] = {}
    for path in fewest_folders_first(files):
        if _INDEX.fullmatch(path):
            survey.roles[path] = INDEX
            try:
                sets = _mirex_sets(read(path), path) | sets
            except ValueError as error:
                survey.refusals.append(Refusal(path, UNREADABLE_METADATA, str(error)))
        else:
            _sort_in(path, tracks, survey)
    if all(paths.keys() == {"mix"} for paths in tracks.values()):
        raise ValueError(
            "no file such as annotations/subclass/MusicDelta_Rock_subclass.txt; the root of "
            "mdb_drums is the folder that holds annotations and audio"
        )
    for track, paths in sorted(tracks.items()):
        if "subclass" in paths:
            _add_session(survey, track, paths, read, sets.get(track))
        elif paths.keys() != {"mix"}:  # as of any song of MedleyDB
            detail = f"no annotations/subclass/{track}_subclass.txt belongs to it"
            path = paths.get("drums") or min(paths.values())
            survey.refusals.append(Refusal(path, MISSING_ANNOTATION, detail, track))
    return survey


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """The strokes of one track, by its subclass file, with bar and beat where it has beats.

    A line whose time or class the class file contradicts carries the remark `class_disagrees`,
    and the class file is refused as `annotations_disagree`.

    Raises
    ------
    UnusableFile
        `unreadable_annotation`; `no_onsets` if there is not one stroke; `annotations_disagree`
        if the two files differ in length or in most of their lines, since then one is cut or is
        of another track.
    """
    paths = {kind: file["path"] for file in session["files"] for kind in _kinds(file["path"])}
    path = session["annotation_path"]
    rows = read_strokes(path, read(path), _WANTED)
    onsets = np.array([onset for _, onset, _ in rows])
    labels = [label for _, _, label in rows]
    doubtful, refusals = np.zeros(len(rows), dtype=bool), []
    if "class" in paths:
        doubtful, refusals = _held_against(session, rows, paths["class"], read)
    hits = {
        "source_label": np.array(labels),
        "onset": onsets,
        "instance": np.array([_FLOOR_TOMS.get(label, 0) for label in labels]),
        "remark": np.where(doubtful, "class_disagrees", ""),
        "refusals": refusals,
    }
    if "beats" in paths:
        hits |= place_among_beats(*read_beats(read(paths["beats"]), paths["beats"]), onsets)
    return hits


def _kinds(path: str) -> list[str]:
    return [kind for kind, pattern in _FILES.items() if pattern.fullmatch(path)]


def _sort_in(path: str, tracks: dict[str, dict[str, str]], survey: Survey) -> None:
    name = path.rpartition("/")[2]
    for kind in _kinds(path):
        track = _FILES[kind].fullmatch(path)["track"]
        paths = tracks.setdefault(_ERRATA.get(track, track), {})
        take_file(survey, paths, kind, path, is_sound=kind in _SOUND)
        return
    if name.endswith((".txt", ".beats")) and re.search("(?:^|/)annotations/", path):
        detail = "the name is none of MDB Drums, such as subclass/MusicDelta_Rock_subclass.txt"
        survey.refusals.append(Refusal(path, UNLISTED_FILE, detail))


def _add_session(
    survey: Survey,
    track: str,
    paths: dict[str, str],
    read: Callable[[str], bytes],
    mirex_set: str | None,
) -> None:
    artist, title = track.split("_")
    notes = [f"MIREX 2017: {mirex_set.lower()} set"] if mirex_set else []
    notes += [] if "drums" in paths else ["no drum-only audio in the root"]
    notes += [] if "class" in paths else ["no class annotation to hold the labels against"]
    of_beats = tempo_and_meter(survey, track, paths["beats"], read) if "beats" in paths else None
    tempo, meter = of_beats or (None, None)
    support = [paths["class"]] if "class" in paths else []
    support += [paths["beats"]] if of_beats else []
    if of_beats is None:
        notes.append("no beat annotation")
    # Of drums alone it can be said whether the labels are where they sound: no mix without them.
    mix = paths.get("mix") if "drums" in paths else None
    survey.roles |= {path: AUDIO for path in (paths.get("drums"), mix) if path}
    survey.owners |= dict.fromkeys(paths.values(), track)
    survey.sessions.append(
        {
            "session_id": track,
            "group_id": work_group(artist, title),
            "style": title,  # the titles name the style that a track is in
            "tempo_bpm": tempo,
            "meter": meter,
            "annotation_path": paths["subclass"],
            "audio_path": paths.get("drums"),
            "mix_path": mix,
            "support_paths": support,
            "notes": notes,
        }
    )


def _mirex_sets(data: bytes, where: str) -> dict[str, str]:
    """Track by track, the set of MIREX 2017 that it was in: ``Training`` or ``Test``."""
    sets: dict[str, str] = {}
    current = None
    for line in text_lines(data, where):
        heading = re.match(r"#+\s*(Training|Test) Set", line)
        if heading:
            current = heading[1]
        elif current and re.fullmatch(_TRACK, line.strip()):
            sets[_ERRATA.get(line.strip(), line.strip())] = current
    return sets


def _held_against(
    session: dict, rows: list, class_path: str, read: Callable[[str], bytes]
) -> tuple[np.ndarray, list[Refusal]]:
    """Which strokes the class file contradicts, shape (n_hits,), and its refusal if it does."""
    path, nothing = session["annotation_path"], np.zeros(len(rows), dtype=bool)
    try:
        others = read_strokes(class_path, read(class_path), _WANTED)
    except UnusableFile as error:
        return nothing, [Refusal(error.path, error.reason, error.detail, session["session_id"])]
    reason = ANNOTATIONS_DISAGREE
    if len(rows) != len(others):
        detail = (
            f"{len(rows)} strokes, and {len(others)} in {class_path}; one of the two is cut or is "
            "of another track"
        )
        raise UnusableFile(path, reason, detail)
    differs = [_differ(row, other) for row, other in zip(rows, others, strict=True)]
    if 2 * sum(differs) > len(rows):
        detail = f"{sum(differs)} of {len(rows)} strokes are others than in {class_path}"
        raise UnusableFile(path, reason, detail)
    if not any(differs):
        return nothing, []
    first = differs.index(True)
    (line, onset, label), (class_line, time, name) = rows[first], others[first]
    detail = (
        f"{sum(differs)} of {len(rows)} strokes are contradicted; the first is {name} at "
        f"{time:.6f} s in line {class_line}, and {label} at {onset:.6f} s in line {line} of {path}"
    )
    return np.array(differs), [Refusal(class_path, reason, detail, session["session_id"])]


def _differ(row: tuple[int, float, str], other: tuple[int, float, str]) -> bool:
    (_, onset, label), (_, time, name) = row, other
    # A subclass that SUBCLASSES lacks contradicts nothing; the label map counts it.
    return abs(onset - time) > AGREEMENT or _CLASS_OF.get(label, name) != name
