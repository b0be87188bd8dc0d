"""SADTP: drums played on a Roland TD-11 along with 16 commercial songs, for evaluation.

Layout: ``{title}/mix.wav``, the song, and ``{title}/annotation.mid``, what was played, of type 0
and 480 ticks a quarter note. Names of folders hold blanks and accents.

The notes are those of the TD-11 and not of General MIDI: two of five are edges of the hi-hat. Times
count from the first tick at 120 quarter notes a minute, which is the recorder's tempo and not the
song's; in half of the files the only event that states it lies far behind. So there is no bar, beat
or tempo to be had. github.com/RunarFosse/SADTP.
"""

import re
import unicodedata
from collections.abc import Callable

from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.ground.midi.midi_hits import read_midi_hits
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.source_sets.shared.track_files import fewest_folders_first
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import (
    ANNOTATION,
    AUDIO,
    DUPLICATE_SESSION,
    MISSING_ANNOTATION,
    MISSING_AUDIO,
    OTHER_FILE,
)

_FILE = re.compile(r"(?P<folder>(?:.*/)?(?P<title>[^/]+))/(?:annotation\.mid|mix\.wav)")
_OF_THE_RECORDER = ("tempo_bpm", "bar", "beat", "meter")
NOTE = "a whole song, not the drums alone"


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which songs there are, by their folders; a session is called by the title, in the form NFC.

    Refused are: a song whose recording alone is not there (`missing_audio`), a recording without
    annotation (`missing_annotation`), and a second folder of a title (`duplicate_session`).

    Raises
    ------
    ValueError
        If no folder holds an annotation.
    """
    survey = Survey(roles=dict.fromkeys(files, OTHER_FILE))
    folders = {
        match["folder"]: unicodedata.normalize("NFC", match["title"])
        for path in fewest_folders_first(files)
        if (match := _FILE.fullmatch(path))
    }
    if not any(f"{folder}/annotation.mid" in files for folder in folders):
        raise ValueError(
            "no file such as A Title/annotation.mid; the root of sadtp is the folder that holds "
            "one folder for each song"
        )
    has_audio = any(f"{folder}/mix.wav" in files for folder in folders)
    seen: dict[str, str] = {}
    for folder, title in folders.items():
        annotation, mix = f"{folder}/annotation.mid", f"{folder}/mix.wav"
        if annotation not in files:
            reason, path = MISSING_ANNOTATION, mix
            detail = f"no {annotation} belongs to it"
        elif title in seen:
            reason, path = DUPLICATE_SESSION, annotation
            detail = f"a second folder of this title; {seen[title]} is taken"
        else:
            seen[title] = folder
            _add_session(survey, title, annotation, mix if mix in files else None)
            if mix in files or not has_audio:
                continue
            reason, path, detail = MISSING_AUDIO, mix, "the song is annotated, and has no recording"
        survey.refusals.append(Refusal(path, reason, detail, title))
    survey.sessions.sort(key=lambda session: session["session_id"])
    return survey


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """The strokes of one song, without the bars of the recorder; see `midi_hits.read_midi_hits`."""
    path = session["annotation_path"]
    hits = read_midi_hits(path, read(path), label_map)
    return {name: values for name, values in hits.items() if name not in _OF_THE_RECORDER}


def _add_session(survey: Survey, title: str, annotation: str, mix: str | None) -> None:
    survey.roles[annotation] = ANNOTATION
    survey.roles |= {mix: AUDIO} if mix else {}
    survey.owners |= {path: title for path in (annotation, mix) if path}
    survey.sessions.append(
        {
            "session_id": title,
            "annotation_path": annotation,
            "audio_path": mix,
            "notes": [NOTE if mix else "no recording in the root"],
        }
    )
