"""RBMA13: bass drum, snare drum and hi-hat of 27 tracks of an album, annotated by hand.

Layout; the recordings are sold and not distributed, so they are brought by the user::

    annotations/drums/RBMA-13-Track-01.txt    62.31183 \\t 0: bass drum 0, snare 1, hi-hat 2
    annotations/beats/RBMA-13-Track-01.txt    time, and number in the bar
    splits/3-fold_cv_0.txt                    the tracks of one fold of three, one a line
    audio/RBMA-13-Track-01.flac               or .wav or .mp3: the track of the album

Tracks 06, 07 and 26 are not annotated. Toms, cymbals and percussion are not either, though they are
played. Wider annotations go by other names of folders, in each of which a number is another drum;
they are refused. The recordings are whole songs: there is none of the drums alone. Vogl, Dorfer,
Widmer and Knees, "Drum Transcription via Joint Beat and Drum Modeling Using Convolutional Recurrent
Neural Networks", ISMIR 2017.
"""

import re
from collections.abc import Callable

import numpy as np

from drumcorpus.ground.files.documents import text_lines
from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.ground.midi.beats import place_among_beats, read_beats
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.source_sets.shared.track_files import (
    fewest_folders_first,
    read_strokes,
    take_file,
    tempo_and_meter,
)
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import (
    AUDIO,
    INDEX,
    MISSING_ANNOTATION,
    MISSING_AUDIO,
    OTHER_FILE,
    UNLISTED_FILE,
    UNREADABLE_METADATA,
)

_HATS = "2"
HIHAT_CONFIDENCE = 0.8
"""Of a hi-hat of unknown state that is taken for a closed one; the label map has its reason."""

_TRACK = r"(?P<track>RBMA-13-Track-[0-9]{2})"
_FILES = {
    "drums": re.compile(rf"(?:.*/)?annotations/drums/{_TRACK}\.txt"),
    "beats": re.compile(rf"(?:.*/)?annotations/beats/{_TRACK}\.txt"),
    "audio": re.compile(rf"(?:.*/)?audio/{_TRACK}\.(?i:flac|wav|mp3)"),
}
_FOLD = re.compile(r"(?:.*/)?splits/3-fold_cv_([0-2])\.txt")
_ANNOTATED = re.compile(r"(?:^|.*/)annotations/[^/]+/[^/]+\.(?:txt|drums|beats)")
_SOUND = re.compile(r"(?:^|.*/)audio/[^/]+\.(?i:flac|wav|mp3|ogg|m4a)")


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which tracks there are, by their annotations of the drums.

    Beats, folds and recordings may be missing and are then noted. Refused are: the recording of a
    track where only those of others are there (`missing_audio`), beats and recordings of a track
    without annotation (`missing_annotation`), a second file of a kind (`duplicate_file`), beats and
    folds that cannot be read (`unreadable_beats`, `unreadable_metadata`), and annotations and sound
    of other names or folders (`unlisted_file`).

    Raises
    ------
    ValueError
        If no file is an annotation of the drums.
    """
    survey = Survey(roles=dict.fromkeys(files, OTHER_FILE))
    tracks: dict[str, dict[str, str]] = {}
    folds: dict[str, str] = {}
    for path in fewest_folders_first(files):
        if match := _FOLD.fullmatch(path):
            survey.roles[path] = INDEX
            try:
                folds = dict.fromkeys(_tracks_of_fold(read(path), path), match[1]) | folds
            except ValueError as error:
                survey.refusals.append(Refusal(path, UNREADABLE_METADATA, str(error)))
        else:
            _sort_in(path, tracks, survey)
    if not any("drums" in paths for paths in tracks.values()):
        raise ValueError(
            "no file such as annotations/drums/RBMA-13-Track-01.txt; the root of rbma13 is the "
            "folder that holds annotations"
        )
    has_audio = any("audio" in paths for paths in tracks.values())
    for track, paths in sorted(tracks.items()):
        if "drums" not in paths:
            path = paths.get("beats") or paths["audio"]
            detail = f"no annotations/drums/{track}.txt belongs to it"
            survey.refusals.append(Refusal(path, MISSING_ANNOTATION, detail, track))
            continue
        _add_session(survey, track, paths, read, folds.get(track))
        if has_audio and "audio" not in paths:
            folder = paths["drums"].rpartition("annotations/drums/")[0]
            detail = (
                f"the track is annotated, and the root has no audio/{track} as flac, wav or mp3"
            )
            missing = f"{folder}audio/{track}.flac"
            survey.refusals.append(Refusal(missing, MISSING_AUDIO, detail, track))
    return survey


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """The strokes of one track, with bar and beat where it has beats.

    Raises
    ------
    UnusableFile
        `unreadable_annotation`; `no_onsets` if there is not one stroke.
    """
    path = session["annotation_path"]
    rows = read_strokes(path, read(path), "a time and the number of a drum")
    onsets = np.array([onset for _, onset, _ in rows])
    labels = np.array([label for _, _, label in rows])
    hits = {
        "source_label": labels,
        "onset": onsets,
        "confidence": np.where(labels == _HATS, HIHAT_CONFIDENCE, 1.0),
    }
    for file in session["files"]:
        if _FILES["beats"].fullmatch(file["path"]):
            hits |= place_among_beats(*read_beats(read(file["path"]), file["path"]), onsets)
    return hits


def _tracks_of_fold(data: bytes, where: str) -> list[str]:
    tracks = []
    for place, line in enumerate(text_lines(data, where), start=1):
        name = line.strip()
        if name and not re.fullmatch(_TRACK, name):
            raise ValueError(f"{where}:{place}: got {name[:60]!r}; wanted: RBMA-13-Track-NN")
        tracks += [name] if name else []
    if not tracks:
        raise ValueError(f"{where}: names no track; wanted: one a line, such as RBMA-13-Track-01")
    return tracks


def _sort_in(path: str, tracks: dict[str, dict[str, str]], survey: Survey) -> None:
    for kind, pattern in _FILES.items():
        if match := pattern.fullmatch(path):
            paths = tracks.setdefault(match["track"], {})
            take_file(survey, paths, kind, path, is_sound=kind == "audio")
            return
    if _ANNOTATED.fullmatch(path):
        detail = (
            "not annotations/drums/RBMA-13-Track-NN.txt or annotations/beats/…: in other folders "
            "the numbers mean other drums"
        )
        survey.refusals.append(Refusal(path, UNLISTED_FILE, detail))
    elif _SOUND.fullmatch(path):
        detail = "call the recording RBMA-13-Track-NN, as its annotation is called: .flac .wav .mp3"
        survey.refusals.append(Refusal(path, UNLISTED_FILE, detail))


def _add_session(
    survey: Survey,
    track: str,
    paths: dict[str, str],
    read: Callable[[str], bytes],
    fold: str | None,
) -> None:
    notes = ["toms and cymbals are not annotated, and may be played"]
    if fold is not None:
        notes.append(f"fold {fold} of the published three")
    of_beats = tempo_and_meter(survey, track, paths["beats"], read) if "beats" in paths else None
    tempo, meter = of_beats or (None, None)
    if of_beats is None:
        notes.append("no beat annotation")
    notes.append(
        "a whole song, not the drums alone" if "audio" in paths else "no recording in the root"
    )
    survey.roles |= {paths["audio"]: AUDIO} if "audio" in paths else {}
    survey.owners |= dict.fromkeys(paths.values(), track)
    survey.sessions.append(
        {
            "session_id": track,
            "tempo_bpm": tempo,
            "meter": meter,
            "annotation_path": paths["drums"],
            "audio_path": paths.get("audio"),
            "support_paths": [paths["beats"]] if of_beats else [],
            "notes": notes,
        }
    )
