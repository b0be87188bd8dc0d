"""ENST-Drums (public set): three drummers on their own kits, annotated stroke by stroke.

Layout: ``drummer_{n}/annotation/{NNN}_{kind}_{what}[_{complexity}_{tempo}]_{implement}[_x{N}].txt``
and, under the same name, ``drummer_{n}/audio/{channel}/….wav``. Gillet and Richard, "ENST-Drums:
an extensive audio-visual database for drum signals processing", ISMIR 2006. The root may be the
folder of the drummers or the one that holds it: it is called ``ENST-drums-public`` in version 1.0
and ``enst_drums_public`` in 1.1.

A cymbal's label ends in its place in the drummer's own kit, counted from the left: the reference
`cymbals` says what stands there. A token that is made of this reference, or of a file's name, has a
space in it: no label of an annotation can have one, so the label map can list both kinds.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drumcorpus.ground.files.documents import text_lines
from drumcorpus.ground.files.limits import LABEL
from drumcorpus.ground.files.ranges import ONSET, number
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import (
    ANNOTATION,
    AUDIO,
    CYMBAL_MAP,
    DUPLICATE_SESSION,
    EMPTY_ANNOTATION,
    MISSING_ANNOTATION,
    MISSING_AUDIO,
    OTHER_FILE,
    UNREADABLE_ANNOTATION,
)

MIXES = {
    "dry_mix": ("dry_mix",),
    "wet_mix": ("wet_mix",),
    "overheads": ("overhead_L", "overhead_R"),
}
"""Channels that make up what the setting `mix` asks for."""
ACCOMPANIMENT = "accompaniment"  # the channel of the music that is played along with

HITS, BACKED = "hits", ("minus-one", "MIDI-minus-one")
KINDS = (HITS, "phrase", "solo", *BACKED)
# What a file's name says of sticks and the like, and the technique that this is.
IMPLEMENTS = {"sticks": "", "pedal": "", "brushes": "brush"}
IMPLEMENTS |= {name: name for name in ("rods", "mallets", "hands")}
FOOT = ("bd",)  # played by a beater, whatever the hands hold

_PUBLIC = r"(?i:enst[-_]drums[-_]public/)?"
# Names that begin with a dot are left by macOS.
_ANNOTATION = re.compile(_PUBLIC + r"(drummer_[0-9]+)/annotation/([^./][^/]*)\.[Tt][Xx][Tt]")
_AUDIO = re.compile(_PUBLIC + r"(drummer_[0-9]+)/audio/([^/]+)/([^./][^/]*)\.[Ww][Aa][Vv]")
_NAME = re.compile(
    rf"[0-9]+_(?P<kind>{'|'.join(KINDS)})_(?P<what>.+?)(?:_(?P<complexity>simple|complex))?"
    rf"(?:_(?P<tempo>slow|medium|fast))?(?:_(?P<implement>{'|'.join(IMPLEMENTS)}))?"
    r"(?:_(?P<repeats>x[0-9]+))?"
)
_LINE = re.compile(
    r"[ \t]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[ \t]+([!-~]+)[ \t]*"
)
_BPM = re.compile(r"(?:^|-)([1-9][0-9]{1,2})(?=-|$)")


@dataclass(frozen=True)
class Take:
    """What the name of a take says; None where it does not say."""

    kind: str
    what: str  # the instrument of hits; else the style, or the piece that is played along with
    complexity: str | None
    tempo: str | None
    implement: str | None
    repeats: str | None


@dataclass(frozen=True)
class Cymbal:
    """A label's cymbal: tokens to look up, the closest first, and its number among its equals."""

    tokens: tuple[str, ...]
    instance: int


def read_name(stem: str) -> Take:
    """Take apart the name of a take, without folder and suffix.

    Raises
    ------
    ValueError
        If it does not begin with a number, a kind of take and what is played.
    """
    match = _NAME.fullmatch(stem)
    if match is None:
        raise ValueError(f"the name does not begin as NNN_kind_what; kinds: {', '.join(KINDS)}")
    return Take(**match.groupdict())


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which takes there are, by their annotations.

    Refused are: an annotation whose name cannot be read (`unreadable_name`) or differs from that
    of another only in the case of its ending (`duplicate_session`), audio that `mix` asks for and
    the root lacks (`missing_audio`), and recordings without an annotation (`missing_annotation`).

    Of a take with accompaniment the mix of all instruments is a sum: its gains are in the ratio of
    the setting `drums_to_accompaniment`, and together 1.

    Raises
    ------
    ValueError
        If there is no annotation at all, the setting `mix` is none of MIXES, or
        `drums_to_accompaniment` is no number above 0.
    """
    mix = options.get("mix")
    if mix not in MIXES:
        raise ValueError(f"source_sets.enst_drums.mix is {mix!r}; allowed: {', '.join(MIXES)}")
    gains = _gains(options.get("drums_to_accompaniment"))
    survey = Survey(roles=dict.fromkeys(files, OTHER_FILE))
    audio: dict[str, dict[str, str]] = {}
    for path in sorted(files):
        if match := _AUDIO.fullmatch(path):
            drummer, channel, stem = match.groups()
            # Of two copies the first is taken, as of annotations.
            audio.setdefault(f"{drummer}/{stem}", {}).setdefault(channel, path)
    seen: set[str] = set()
    for path in sorted(files):
        if match := _ANNOTATION.fullmatch(path):
            session_id = "/".join(match.groups())
            survey.roles[path] = ANNOTATION
            take = _readable_take(survey, path, session_id, session_id in seen)
            if take is not None:
                recording = _recording(survey, path, session_id, MIXES[mix], audio)
                _add_session(survey, path, session_id, take, recording, bool(audio))
                backing = audio.get(session_id, {}).get(ACCOMPANIMENT)
                _add_full_mix(survey, take, recording, backing, gains)
            seen.add(session_id)
    if not seen:
        where = "the folder that holds drummer_1, drummer_2 and drummer_3"
        raise ValueError(f"drummer_1/annotation: not found; the root of enst_drums is {where}")
    for session_id in sorted(audio.keys() - seen):
        detail = f"no annotation of {session_id}; it would lie in annotation/"
        path = min(audio[session_id].values())
        survey.refusals.append(Refusal(path, MISSING_ANNOTATION, detail, session_id))
    return survey


def _readable_take(survey: Survey, path: str, session_id: str, again: bool) -> Take | None:
    """What the annotation's name says; None, and a refusal, where the file is not used."""
    if again:
        reason, detail = DUPLICATE_SESSION, f"{session_id} has an annotation already"
    else:
        try:
            return read_name(session_id.partition("/")[2])
        except ValueError as error:
            reason, detail = "unreadable_name", str(error)
    survey.refusals.append(Refusal(path, reason, detail, session_id))
    return None


def _recording(
    survey: Survey,
    path: str,
    session_id: str,
    wanted: tuple[str, ...],
    audio: dict[str, dict[str, str]],
) -> list[str]:
    """The files of the mix that is asked for: all of its channels, or none."""
    channels = audio.get(session_id, {})
    survey.owners |= dict.fromkeys(channels.values(), session_id)
    folder, stem = path.rpartition("/annotation/")[0], session_id.partition("/")[2]
    lost = [channel for channel in wanted if channel not in channels]
    # A copy of the annotations alone lacks no single file.
    for channel in lost if audio else []:
        missing = f"{folder}/audio/{channel}/{stem}.wav"
        detail = f"the mix takes {' and '.join(wanted)}, and the root has no such file"
        survey.refusals.append(Refusal(missing, MISSING_AUDIO, detail, session_id))
    recording = [] if lost else [channels[channel] for channel in wanted]
    survey.roles |= dict.fromkeys(recording, AUDIO)
    return recording


def _gains(ratio: float | None) -> tuple[float, float]:
    """Linear gains of the drums and of the accompaniment."""
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 0 < ratio < np.inf:
        raise ValueError(
            f"source_sets.enst_drums.drums_to_accompaniment is {ratio!r}; allowed: a number above 0"
        )
    return ratio / (1 + ratio), 1 / (1 + ratio)


def _add_full_mix(
    survey: Survey,
    take: Take,
    recording: list[str],
    accompaniment: str | None,
    gains: tuple[float, float],
) -> None:
    """Say of the last session what its drums and the accompaniment are together, if it has both."""
    if take.kind not in BACKED or not recording or accompaniment is None:
        return
    survey.roles[accompaniment] = AUDIO
    paths = (recording[0], accompaniment)
    parts = [{"path": path, "gain": gain} for path, gain in zip(paths, gains, strict=True)]
    survey.sessions[-1] |= {"mix_path": accompaniment, "mix_parts": parts}
    note = "full mix: gains of {:.3f} for the drums and {:.3f} for the accompaniment"
    survey.sessions[-1]["notes"].append(note.format(*gains))


def _add_session(
    survey: Survey, path: str, session_id: str, take: Take, recording: list[str], has_audio: bool
) -> None:
    drummer = session_id.partition("/")[0]
    notes = _notes(take)
    if not recording:
        notes.append("audio missing" if has_audio else "taken from a copy without audio")
    survey.owners[path] = session_id
    survey.sessions.append(
        {
            "session_id": session_id,
            "group_id": _group(drummer, take),
            "split": None,
            "drummer_id": drummer,
            "kit_id": f"enst_{drummer}",
            "style": None if take.kind == HITS else take.what,
            "tempo_bpm": _tempo_bpm(take),
            "annotation_path": path,
            "audio_path": recording[0] if recording else None,
            "channel_paths": recording if len(recording) > 1 else None,
            "notes": notes,
        }
    )


def _group(drummer: str, take: Take) -> str:
    """All three drummers play to the same backing tracks; the rest is the drummer's alone."""
    if take.kind in BACKED:
        return f"enst/backing/{take.what.removesuffix('-better-take')}"
    return f"enst/{drummer}"


def _tempo_bpm(take: Take) -> float | None:
    """Beats a minute in the name of a backing track, such as ``soul-120-marvin-gaye``."""
    match = _BPM.search(take.what) if take.kind in BACKED else None
    return float(match[1]) if match else None


def _notes(take: Take) -> list[str]:
    said = (take.kind, take.what, take.complexity, take.tempo, take.implement, take.repeats)
    notes = [", ".join(word for word in said if word)]
    return notes if take.implement else [*notes, "implement not named"]


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """The strokes of one take.

    Raises
    ------
    UnusableFile
        `unreadable_annotation` if a line is not ``<seconds> <label>`` or time goes back,
        `empty_annotation` if there is no line.
    """
    path = session["annotation_path"]
    drummer, stem = _ANNOTATION.fullmatch(path).groups()
    take = read_name(stem)
    onsets, labels = read_annotation(path, read(path))
    cymbals = cymbals_of(options["cymbals"], drummer)
    readings = {
        label: _reading(label, cymbals.get(label), take, label_map) for label in set(labels)
    }
    technique = IMPLEMENTS.get(take.implement, "")
    instances = {label: cymbal.instance for label, cymbal in cymbals.items()}
    return {
        "source_label": np.array(labels),
        "onset": np.array(onsets),
        "map_label": np.array([readings[label][0] for label in labels]),
        "remark": np.array([readings[label][1] for label in labels]),
        "instance": np.array([instances.get(label, 0) for label in labels], dtype=np.int64),
        "extra_technique": np.array(["" if label in FOOT else technique for label in labels]),
    }


def read_annotation(path: str, data: bytes) -> tuple[list[float], list[str]]:
    """Times (s) and labels of an annotation, one ``<seconds> <label>`` a line.

    Raises
    ------
    UnusableFile
        See `read_hits`.
    """
    onsets: list[float] = []
    labels: list[str] = []
    try:
        for place, line in enumerate(text_lines(data, path), start=1):
            if line.strip(" \t"):
                onset, label = _stroke(line, f"{path}:{place}")
                if onsets and onset < onsets[-1]:
                    raise ValueError(
                        f"{path}:{place}: {onset} s comes after {onsets[-1]} s; wanted: times "
                        "that never go back"
                    )
                onsets.append(onset)
                labels.append(label)
    except ValueError as error:
        raise UnusableFile(path, UNREADABLE_ANNOTATION, str(error)) from error
    if not onsets:
        raise UnusableFile(path, EMPTY_ANNOTATION, f"{path}: no line holds a stroke")
    return onsets, labels


def _stroke(line: str, where: str) -> tuple[float, str]:
    """Time (s) and label of a line."""
    match = _LINE.fullmatch(line)
    try:
        onset = number(match[1] if match else "", ONSET)
    except ValueError:
        why = "" if match is None else f", out of {ONSET.wanted()}"
        raise ValueError(f"{where}: got {line[:60]!r}{why}; wanted: <seconds> <label>") from None
    LABEL.check(len(match[2]), where)
    return onset, match[2]


def cymbals_of(reference: dict, drummer: str) -> dict[str, Cymbal]:
    """The cymbals of one drummer by the labels that stand for them.

    `reference` is the reviewed list; see its file. Cymbals of one kind are numbered from 1, from
    left to right; where there is but one of a kind its `instance` is 0.
    """
    places = reference["drummers"].get(drummer, {})
    by_kind: dict[str, list[dict]] = {}
    for _, cymbal in sorted(places.items()):
        by_kind.setdefault(cymbal["kind"], []).append(cymbal)
    return {
        label: Cymbal((f"{kind} {number}", f"{kind} cymbal"), number if len(equals) > 1 else 0)
        for kind, equals in by_kind.items()
        for number, cymbal in enumerate(equals, start=1)
        for label in cymbal["labels"]
    }


def _reading(label: str, cymbal: Cymbal | None, take: Take, label_map: LabelMap) -> tuple[str, str]:
    """What to look up in the label map, and the remark on how it was found.

    In hits, what the file's name says refines its labels: the label map lists
    ``<token>, <descriptor>`` where that is so. Elsewhere a name speaks of the music.
    """
    names = (label,) if cymbal is None else cymbal.tokens
    said = f"-{take.what}-{take.implement}-" if take.kind == HITS else ""
    for name in names:
        for token in label_map.strokes:
            refined, _, descriptor = token.partition(", ")
            if refined == name and descriptor and f"-{descriptor}-" in said:
                return token, "named_in_file"
    for name in names:
        if name in label_map.strokes:
            return name, "" if cymbal is None else CYMBAL_MAP
    return label, ""
