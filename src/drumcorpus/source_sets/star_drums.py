"""STAR Drums: real music whose drums a program has written down and sampled kits play anew.

Layout, below the folder that holds ``data``; validation and test have no folders of collections::

    data/training/mtg-jamendo/annotation/1001890_mix_stadium_kit_full.txt   19.2158\\tBD\\t103
    data/training/mtg-jamendo/audio/re_synthesized_drum/1001890_re_synth_drum_stadium_kit_full.flac
    data/training/mtg-jamendo/audio/mix/1001890_mix_stadium_kit_full.flac
    data/training/mtg-jamendo/audio/original_drum/, original_mix/, non_drum/
    data/test/annotation/Artist__Title_mix_stadium_kit_full.txt   a song of MUSDB18
    LICENSE/licenses_audio_files_from_mtg_jamendo.txt

The annotation is what was rendered: it is exact for the new drums and for the mix with them, and an
estimate for the originals, which are never used. The mix is the new drums and what a separation
left of the music, in which the old drums may be heard faintly. Weber et al., "STAR Drums: A Dataset
for Automatic Drum Transcription", TISMIR 2025, doi 10.5334/tismir.244.

Every track has a licence of its own. The file in LICENSE has those of one collection, in blocks
with a blank line between them: the name of the recording (``8559.mp3``) in the first line, and in a
later one the address of a licence of Creative Commons. Those of the other folders are in the
reference `licences`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from drumcorpus.ground.files.documents import decode_text, text_lines
from drumcorpus.ground.files.limits import CSV_BYTES, LABEL
from drumcorpus.ground.files.ranges import ONSET, Range, number
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.source_sets.shared.groups import work_group, work_splits
from drumcorpus.source_sets.shared.track_files import fewest_folders_first
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import (
    ANNOTATION,
    AUDIO,
    DUPLICATE_SESSION,
    INDEX,
    MISSING_ANNOTATION,
    MISSING_AUDIO,
    NO_ONSETS,
    OTHER_FILE,
    SPLIT_CONFLICT,
    UNLISTED_FILE,
    UNREADABLE_ANNOTATION,
    UNREADABLE_METADATA,
)

JAMENDO = "mtg-jamendo"
LICENCES = "licenses_audio_files_from_mtg_jamendo.txt"
"""The file with the licences of the collection JAMENDO."""
NON_COMMERCIAL = ("leave_out", "use")
"""What may become of the tracks whose licence forbids commercial use, or is not listed."""

_SPLITS = {"training": "train", "validation": "validation", "test": "test"}
_PLACE = rf"(?P<place>(?:.*?/)?(?P<split>{'|'.join(_SPLITS)})(?:/[^/]+)?)/"
# The last "_mix_" parts track and kit: the name of a track may hold one.
_FILES = {
    "annotation": re.compile(_PLACE + r"annotation/(?P<track>[^/]+)_mix_(?P<kit>[^/]+)\.txt"),
    "drums": re.compile(
        _PLACE + r"audio/re_synthesized_drum/(?P<track>[^/]+)_re_synth_drum_(?P<kit>[^/]+)\.flac"
    ),
    "mix": re.compile(_PLACE + r"audio/mix/(?P<track>[^/]+)_mix_(?P<kit>[^/]+)\.flac"),
}
_RECORDING = re.compile(r"([0-9]+)\.mp3")
_ADDRESS = re.compile(
    r"creativecommons\.org/licenses/(by(?:-(?:nc|nd|sa))*)/([1-9]\.[0-9])", re.IGNORECASE
)
_OPEN = re.compile(r"CC-BY(?:-SA|-ND)?-[1-9]\.[0-9]")  # allows commercial use
_SAYS_LICENCE = "licence: "  # how the note of a session begins that has it
_VELOCITY = Range("a velocity", 0, 127, "")
_WANTED = "a time, a class and, at most, a velocity"

Take = tuple[str, str]
"""Track and kit."""


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which takes there are, by their annotations: each a track on one of the kits.

    All takes of a track are one group; that of a song of MUSDB18 is the work, as other source sets
    have it, and its split is the one that the reference `work_splits` has for it. Else the
    published splits are taken. A take whose licence forbids commercial use, or is not listed, has
    no labels unless the setting `non_commercial` is ``use``.

    Refused are: a take that is there in a second folder (`duplicate_session`), one of a track that
    another split has too (`split_conflict`), its drums where only those of others are there
    (`missing_audio`), sound without an annotation (`missing_annotation`), annotations of other
    names (`unlisted_file`), and a file of licences with blocks that say none
    (`unreadable_metadata`), of which the others count.

    Raises
    ------
    ValueError
        If there is no annotation at all, no take may be used, or `non_commercial` is none of
        NON_COMMERCIAL.
    """
    policy = options.get("non_commercial")
    if policy not in NON_COMMERCIAL:
        allowed = ", ".join(NON_COMMERCIAL)
        raise ValueError(f"source_sets.star_drums.non_commercial is {policy!r}; allowed: {allowed}")
    survey = Survey(roles=dict.fromkeys(files, OTHER_FILE))
    places: dict[str, tuple[str, dict[Take, dict[str, str]]]] = {}
    for path in sorted(files):
        _sort_in(path, places, survey)
    if not any("annotation" in paths for _, takes in places.values() for paths in takes.values()):
        raise ValueError(
            "no file such as data/training/ismir04/annotation/1001890_mix_stadium_kit_full.txt; "
            "the root of star_drums is the folder that holds data"
        )
    terms = _Terms(
        options["licences"]["folders"],
        _listed_licences(survey, files, read),
        work_splits(options["work_splits"]),
        policy,
    )
    _add_sessions(survey, places, terms)
    if survey.sessions and all(row.get("label_map", "") is None for row in survey.sessions):
        lists = [path for path, role in survey.roles.items() if role == INDEX]
        raise ValueError(
            f"{', '.join(lists) or LICENCES + ', which is not there'}: of {len(survey.sessions)} "
            "takes none has a licence that is listed and allows commercial use, so that none may "
            "be used; bring the folder LICENSE of the archive, or set "
            "source_sets.star_drums.non_commercial: use"
        )
    return survey


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """The strokes of one take, with velocity where the annotation has it.

    Raises
    ------
    UnusableFile
        `unreadable_annotation` if a line is not ``<seconds> <class> [<velocity>]``, `no_onsets` if
        there is not one stroke.
    """
    path = session["annotation_path"]
    try:
        rows = [
            _stroke(line, f"{path}:{place}")
            for place, line in enumerate(text_lines(read(path), path), start=1)
            if line.strip()
        ]
    except ValueError as error:
        raise UnusableFile(path, UNREADABLE_ANNOTATION, str(error)) from error
    if not rows:
        raise UnusableFile(path, NO_ONSETS, "the annotation holds no onset")
    onsets, labels, velocities = zip(*rows, strict=True)
    hits = {
        "source_label": np.array(labels),
        "onset": np.array(onsets),
        "velocity": np.array(velocities) / _VELOCITY.high,
    }
    for note in session["notes"]:
        if note.startswith(_SAYS_LICENCE):
            hits["license"] = note.removeprefix(_SAYS_LICENCE)
    return hits


@dataclass(frozen=True)
class _Terms:
    """What decides of a take: licences by folder and by track, splits by work, the setting."""

    of_folders: Mapping[str, str]
    of_jamendo: Mapping[str, str]
    of_works: Mapping[str, str]
    policy: str

    def licence(self, place: str, track: str) -> str | None:
        """The licence of a track that stands in a place; None where it is not listed."""
        folder = place.rpartition("/")[2]
        return self.of_jamendo.get(track) if folder == JAMENDO else self.of_folders.get(folder)


def _listed_licences(
    survey: Survey, files: dict[str, RawFile], read: Callable[[str], bytes]
) -> dict[str, str]:
    """Licence by recording, as the files of the archive say; one with two counts as not listed."""
    licences: dict[str, set[str]] = {}
    for path in sorted(path for path in files if path.rpartition("/")[2] == LICENCES):
        survey.roles[path] = INDEX
        data = read(path)
        try:
            CSV_BYTES.check(len(data), path)
        except ValueError as error:
            survey.refusals.append(Refusal(path, UNREADABLE_METADATA, str(error)))
            continue
        blocks, unread = _blocks(decode_text(data)), []
        for block in blocks:
            recording = _RECORDING.fullmatch(block[0])
            matches = filter(None, map(_ADDRESS.search, block))
            said = {(match[1].upper(), match[2]) for match in matches}
            if recording is None or len(said) != 1:
                unread.append(block[0])
                continue
            [(name, version)] = said
            licences.setdefault(recording[1], set()).add(f"CC-{name}-{version}")
        if unread or not blocks:
            first = f"; the first begins {unread[0][:60]!r}" if unread else ""
            detail = (
                f"{len(unread)} of {len(blocks)} blocks do not say the licence of a recording"
                f"{first}; wanted: 8559.mp3 in the first line of each, and in another "
                "creativecommons.org/licenses/by-sa/3.0/"
            )
            survey.refusals.append(Refusal(path, UNREADABLE_METADATA, detail))
    return {track: next(iter(said)) for track, said in licences.items() if len(said) == 1}


def _blocks(text: str) -> list[list[str]]:
    """The lines of each block, without blanks around them; the name of a recording begins one."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if blocks[-1] and _RECORDING.fullmatch(line.strip()):
            blocks.append([])
        if line.strip():
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _sort_in(path: str, places: dict[str, tuple[str, dict]], survey: Survey) -> None:
    for kind, pattern in _FILES.items():
        if match := pattern.fullmatch(path):
            _, takes = places.setdefault(match["place"], (match["split"], {}))
            takes.setdefault((match["track"], match["kit"]), {})[kind] = path
            if kind == "annotation":
                survey.roles[path] = ANNOTATION
            return
    if re.search(r"(?:^|/)annotation/[^/]+\.txt$", path):
        detail = (
            "the name or the folder is none of STAR Drums, such as "
            "data/test/ismir04/annotation/1001890_mix_stadium_kit_full.txt"
        )
        survey.refusals.append(Refusal(path, UNLISTED_FILE, detail))


def _add_sessions(survey: Survey, places: dict, terms: _Terms) -> None:
    has_drums = any("drums" in paths for _, takes in places.values() for paths in takes.values())
    seen: dict[str, str] = {}
    split_of: dict[str, str] = {}
    # Of two copies the one in fewer folders is taken; so of two splits the one without collections,
    # which is not trained on.
    for place in fewest_folders_first(places):
        folder, takes = places[place]
        for (track, kit), paths in sorted(takes.items()):
            session_id = f"{folder}/{track}_mix_{kit}"
            path = paths.get("annotation") or min(paths.values())
            if "annotation" not in paths:
                reason = MISSING_ANNOTATION
                detail = f"no {place}/annotation/{track}_mix_{kit}.txt belongs to it"
            elif session_id in seen:
                reason, detail = DUPLICATE_SESSION, f"{seen[session_id]} is taken"
            elif split_of.setdefault(track, folder) != folder:
                reason = SPLIT_CONFLICT
                detail = f"the track {track} is in {split_of[track]} too, which is taken"
            else:
                seen[session_id] = path
                survey.owners |= dict.fromkeys(paths.values(), session_id)
                _add_session(survey, session_id, (track, kit), paths, place, terms)
                if has_drums and "drums" not in paths:
                    missing = f"{place}/audio/re_synthesized_drum/{track}_re_synth_drum_{kit}.flac"
                    detail = "the annotation is of these drums, and the root has no such file"
                    survey.refusals.append(Refusal(missing, MISSING_AUDIO, detail, session_id))
                continue
            survey.refusals.append(Refusal(path, reason, detail, session_id))


def _add_session(
    survey: Survey, session_id: str, take: Take, paths: dict[str, str], place: str, terms: _Terms
) -> None:
    track, kit = take
    licence = terms.licence(place, track)
    notes = [] if licence is None else [f"{_SAYS_LICENCE}{licence}"]
    is_left_out = terms.policy == "leave_out" and not (licence and _OPEN.fullmatch(licence))
    if is_left_out:
        lacking = "is not listed" if licence is None else "forbids commercial use"
        notes.append(f"left out: the licence of the track {lacking}")
    elif licence is None:
        notes.append("the licence of the track is not listed")
    folder = session_id.partition("/")[0]
    artist, _, title = track.partition("__")
    group = work_group(artist, title) if title else f"star_drums/{track}"
    if terms.of_works.get(group, _SPLITS[folder]) != _SPLITS[folder]:
        notes.append(f"STAR Drums has it in {folder}, and MUSDB18 in {terms.of_works[group]}")
    if "drums" not in paths:
        notes.append("no drum-only audio in the root")
    # Of drums alone it can be said whether the labels are where they sound: no mix without them.
    mix = paths.get("mix") if "drums" in paths else None
    survey.roles |= {path: AUDIO for path in (paths.get("drums"), mix) if path}
    survey.sessions.append(
        {
            "session_id": session_id,
            "group_id": group,
            "split": None if group in terms.of_works else _SPLITS[folder],
            "kit_id": kit,
            "annotation_path": paths["annotation"],
            "audio_path": paths.get("drums"),
            "mix_path": mix,
            "notes": notes,
        }
        | ({"label_map": None} if is_left_out else {})
    )


def _stroke(line: str, where: str) -> tuple[float, str, float]:
    """Onset in seconds, class, and velocity, which is not a number where there is none."""
    fields = line.split()
    try:
        if len(fields) not in (2, 3):
            raise ValueError(f"got {line[:80]!r}; wanted: {_WANTED}")
        velocity = number(fields[2], _VELOCITY) if len(fields) == 3 else np.nan
        onset = number(fields[0], ONSET)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    LABEL.check(len(fields[1]), where)
    return onset, fields[1], velocity
