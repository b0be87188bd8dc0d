"""StemGMD: the performances of the Groove MIDI Dataset on ten sampled kits, drum by drum.

Layout, as the authors' own code takes it; the archive was not opened, so that the folders may stand
in any order, with others between them::

    drummer1/session1/brooklyn/mixture/1_funk_80_beat_4-4.wav   all drums
    drummer1/session1/brooklyn/kick/1_funk_80_beat_4-4.wav      one of nine stems

The labels are the MIDI files of Groove MIDI, and its ``info.csv`` says what they are: these lie
below the same root or below a further one. Mezza, Giampiccolo, Bernardini and Sarti, "Toward Deep
Drum Source Separation", Pattern Recognition Letters 183, 2024, doi 10.1016/j.patrec.2024.04.026.

The 22 notes have nine sounds. Both crashes are one cymbal, the pedal sounds as a closed hi-hat,
cross stick and rim as the snare, edge and bell as the ride. A stroke is labelled by what is heard
and keeps its note as the source label. Its event's history says where another drum or cymbal was
struck than sounds (`PLAYED_OTHERWISE`), and of every crash that two are one (`ONE_CRASH`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drumcorpus.ground.files.documents import parse_csv
from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.ground.midi.midi_hits import read_midi_hits
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.source_sets.shared.performance_index import (
    COLUMNS,
    performance_of,
    problem_of_row,
)
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import (
    ANNOTATION,
    AUDIO,
    BAD_INDEX_ROW,
    DUPLICATE_FILE,
    DUPLICATE_SESSION,
    INDEX,
    MISSING_ANNOTATION,
    MISSING_AUDIO,
    OTHER_FILE,
    UNLISTED_FILE,
)

KITS = (
    *("brooklyn", "east_bay", "heavy", "portland", "retro_rock", "socal"),
    *("bluebird", "detroit_garage", "motown_revisited", "roots"),
)
"""The kits; the authors train on the first six and hold the others out."""
MIXTURE = "mixture"
N_STEMS = 9
MODULE = "logic_drum_kit_designer"

ONE_CRASH = "both_crashes_sound_as_one"
PLAYED_OTHERWISE = "played_otherwise_than_it_sounds"
CRASHES = ("49", "55", "57", "52")
OTHERWISE = ("37", "40", "44", "59", "53")
"""Cross stick, rimshot, pedal, edge and bell of the ride: notes of which another sound is heard."""
INFERRED = 0.9
"""Confidence in a label that follows from the authors' word on which notes share a sound."""

_SECOND_CRASH = ("57", "52")
_STEM = re.compile("kick|snare|(?:hi|mid|low)_tom|hihat_(?:open|closed)|crash_left|ride")
_MERGED = re.compile("toms|hihat|cymbals")  # sums of others, where an archive has them
_INDEX = "info.csv"
_SOUND = (".wav", ".flac")
_MIDI = (".mid", ".midi")
_ROOT = (
    "the root of stemgmd is the folder that holds files such as "
    "drummer1/session1/brooklyn/mixture/1_funk_80_beat_4-4.wav"
)
_BRING = (
    "unpack groove-v1.0.0-midionly.zip (3 MB) below the root of stemgmd, or beside it and name "
    "that folder as one more of source_sets.stemgmd.roots"
)


@dataclass(frozen=True)
class _Groove:
    """The performances of an ``info.csv``: by id, and ids by the name of the file."""

    index: str
    rows: dict[str, dict[str, str]]
    ids: dict[str, list[str]]
    labels: frozenset[str]  # the MIDI files, where the index says they are
    recordings: frozenset[str]  # of Groove MIDI, which are no sound of this set

    def performance(self, path: str) -> tuple[str | None, str]:
        """The id of the performance that a file is of; None, and why, where none is."""
        *folders, file = path.split("/")
        ids = self.ids.get(file.rpartition(".")[0], [])
        below = [id for id in ids if set(self.rows[id]["session"].split("/")) <= set(folders)]
        # A name that only one performance has needs no folder, but must stand in none of another.
        is_plain = len(ids) == 1 and not any(re.match("drummer[0-9]", name) for name in folders)
        chosen = below or (ids if is_plain else [])
        if len(chosen) == 1:
            return chosen[0], ""
        if not ids:
            return None, f"{self.index} has no performance of this name"
        wanted = self.rows[ids[0]]["session"]
        return None, (
            f"{self.index} has this name ({len(ids)} times), and the folders above are not of its "
            f"drummer and session; wanted: such as {wanted}"
        )


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which sessions there are: each a performance on a kit, by its sound.

    All kits of a performance are one group, which Groove MIDI and E-GMD have too. The sound of a
    session is its mixture; stems are never added up. Refused are: sound in no folder of a kit and a
    stem or of a name that no performance has, and MIDI files of such a name (`unlisted_file`); a
    second file of the same, sound or MIDI (`duplicate_file`); a session without MIDI file
    (`missing_annotation`) or without mixture (`missing_audio`); rows of the index that cannot be
    read (`bad_index_row`) or that repeat an id or a MIDI file (`duplicate_session`).

    Raises
    ------
    ValueError
        If there is no sound, no index, or no MIDI file of a performance.
    """
    survey = Survey(roles=dict.fromkeys(files, OTHER_FILE))
    if not any(_kit_and_stem(path) for path in files if path.lower().endswith(_SOUND)):
        raise ValueError(f"no sound in a folder of a kit and of a stem; {_ROOT}")
    groove = _read_groove(files, read, survey)
    sounds: dict[tuple[str, str], dict[str, str]] = {}
    midi: dict[str, str] = {}
    # Of two copies that of the first root is taken, then the one in fewer folders; but of MIDI
    # files that of the index, for another may have been written for the sound, with fewer notes.
    for path in sorted(
        files,
        key=lambda path: (path not in groove.labels, files[path].root, path.count("/"), path),
    ):
        if path.lower().endswith(_SOUND) and path not in groove.recordings:
            _sort_in(path, groove, sounds, survey)
        elif path.lower().endswith(_MIDI):
            performance, why = groove.performance(path)
            if performance is None:
                survey.refusals.append(Refusal(path, UNLISTED_FILE, why))
            elif performance in midi:
                # It may hold other notes: nobody has said which of two the sound was made from.
                detail = f"a second MIDI file of {performance}; {midi[performance]} is taken"
                survey.refusals.append(Refusal(path, DUPLICATE_FILE, detail))
            else:
                midi[performance] = path
    if not midi:
        raise ValueError(
            f"no MIDI file of {groove.index}, which are the labels of stemgmd: {_BRING}"
        )
    for (performance, kit), paths in sorted(sounds.items()):
        session_id = f"{performance}/{kit}"
        if performance not in midi:
            detail = f"no {groove.rows[performance]['midi_filename']} belongs to it: {_BRING}"
            first = paths.get(MIXTURE) or min(paths.values())
            survey.refusals.append(Refusal(first, MISSING_ANNOTATION, detail, session_id))
            continue
        survey.owners |= dict.fromkeys(paths.values(), session_id)
        survey.roles[midi[performance]] = ANNOTATION
        row = groove.rows[performance]
        _add_session(survey, session_id, kit, paths, row, midi[performance])
    return survey


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """The strokes of one performance, by what is heard of them; see `midi_hits.read_midi_hits`."""
    path = session["annotation_path"]
    hits = read_midi_hits(path, read(path), label_map)
    notes = hits["source_label"]
    is_otherwise = np.isin(notes, OTHERWISE)
    remarks = np.where(is_otherwise, PLAYED_OTHERWISE, "")
    return hits | {
        "remark": np.where(np.isin(notes, CRASHES), ONE_CRASH, remarks),
        "confidence": np.where(is_otherwise | np.isin(notes, _SECOND_CRASH), INFERRED, 1.0),
    }


def _read_groove(
    files: dict[str, RawFile], read: Callable[[str], bytes], survey: Survey
) -> _Groove:
    """The performances of the index in the first root that has one, in the fewest folders."""
    indexes = [path for path in files if path.rpartition("/")[2] == _INDEX]
    if not indexes:
        raise ValueError(
            f"no {_INDEX} of the Groove MIDI Dataset, whose MIDI files are the labels of stemgmd: "
            f"{_BRING}"
        )
    index = min(indexes, key=lambda path: (files[path].root, path.count("/"), path))
    folder = index.removesuffix(_INDEX)
    survey.roles[index] = INDEX
    rows: dict[str, dict[str, str]] = {}
    ids: dict[str, list[str]] = {}
    taken: set[str] = set()
    for line, row in parse_csv(read(index), COLUMNS, index):
        name = row["midi_filename"]
        where, path = f"{index}:{line}", folder + name if name else index
        if problem := problem_of_row(row):
            survey.refusals.append(Refusal(path, BAD_INDEX_ROW, f"{where}: {problem}"))
        elif row["id"] in rows or name in taken:
            what = f"of id {row['id']}" if row["id"] in rows else f"that names {name}"
            detail = f"{where}: a second row {what}"
            survey.refusals.append(Refusal(path, DUPLICATE_SESSION, detail))
        else:
            rows[row["id"]] = row
            taken.add(name)
            ids.setdefault(name.rpartition("/")[2].rpartition(".")[0], []).append(row["id"])
    labels, recordings = (
        frozenset(folder + row[name] for row in rows.values())
        for name in ("midi_filename", "audio_filename")
    )
    return _Groove(index, rows, ids, labels, recordings)


def _kit_and_stem(path: str) -> tuple[str, str] | None:
    """Kit and stem, or mixture, by the folders of a file; None unless there is one of each."""
    folders = {_plain(name) for name in path.split("/")[:-1]}
    kits = folders & {*KITS}
    stems = {name for name in folders if name == MIXTURE or _is_stem(name)}
    return (*kits, *stems) if len(kits) == len(stems) == 1 else None


def _plain(folder: str) -> str:
    return re.sub("[ -]", "_", folder.casefold())


def _is_stem(plain: str) -> bool:
    return bool(_STEM.fullmatch(plain) or _MERGED.fullmatch(plain))


def _sort_in(
    path: str, groove: _Groove, sounds: dict[tuple[str, str], dict[str, str]], survey: Survey
) -> None:
    place = _kit_and_stem(path)
    if place is None:
        detail = "its folders are not one kit and one stem or mixture, such as brooklyn/kick"
        survey.refusals.append(Refusal(path, UNLISTED_FILE, detail))
        return
    kit, stem = place
    performance, why = groove.performance(path)
    if performance is None:
        survey.refusals.append(Refusal(path, UNLISTED_FILE, why))
        return
    paths = sounds.setdefault((performance, kit), {})
    if stem in paths:
        session_id, detail = f"{performance}/{kit}", f"a second {stem}; {paths[stem]} is taken"
        survey.refusals.append(Refusal(path, DUPLICATE_FILE, detail, session_id))
    else:
        paths[stem] = path


def _add_session(
    survey: Survey, session_id: str, kit: str, paths: dict[str, str], row: dict[str, str], midi: str
) -> None:
    n_stems = sum(_STEM.fullmatch(name) is not None for name in paths)
    notes = [f"{row['beat_type']}, {row['session']}", f"{n_stems} of {N_STEMS} stems beside it"]
    if MIXTURE in paths:
        survey.roles[paths[MIXTURE]] = AUDIO
    else:
        missing = _beside(min(paths.values()))
        detail = "the root has stems of it, which are not added up, and no mixture"
        survey.refusals.append(Refusal(missing, MISSING_AUDIO, detail, session_id))
        notes.append("no mixture of the stems")
    survey.sessions.append(
        performance_of(row)
        | {
            "session_id": session_id,
            "kit_id": f"{MODULE}/{kit}",
            "annotation_path": midi,
            "audio_path": paths.get(MIXTURE),
            "notes": notes,
        }
    )


def _beside(path: str) -> str:
    """Where the mixture would stand, by the path of a stem."""
    *folders, file = path.split("/")
    return "/".join([*(MIXTURE if _is_stem(_plain(name)) else name for name in folders), file])
