"""IDMT-SMT-Drums V2: loops of kick, snare and hi-hat whose onsets were annotated by hand.

Layout, below ``IDMT-SMT-DRUMS-V2``::

    audio/RealDrum01_00#MIX.wav             what the annotation times
    audio/RealDrum01_00#HH#train.wav        strokes of one drum, not aligned with the loop
    audio/WaveDrum02_01#HH.wav              one drum of the loop, where the loop was put together
    annotation_xml/RealDrum01_00#MIX.xml    onsets of all drums
    annotation_svl/RealDrum01_00#HH.svl     onsets of one drum: layers of Sonic Visualiser

XML and SVL both time the MIX: a point's frame divided by the sample rate is the onset in the XML,
rounded to its digits. The XML is the label and the SVL its check. In published files the last
stroke of a loop often stands in the XML alone, so that a stroke without a point is no error; a
point without a stroke is one. Dittmar and Gärtner, "Real-time transcription and separation of
drum recordings based on NMF decomposition", DAFx 2014.
"""

import re
from collections.abc import Callable
from xml.etree.ElementTree import Element

import numpy as np

from drumcorpus.ground.files.documents import parse_xml
from drumcorpus.ground.files.limits import LABEL
from drumcorpus.ground.files.ranges import FRAME_RATE, ONSET, Range, number
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.source_sets.shared.track_files import fewest_folders_first, take_file
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import (
    ANNOTATIONS_DISAGREE,
    AUDIO,
    MISSING_ANNOTATION,
    MISSING_AUDIO,
    NO_ONSETS,
    OTHER_FILE,
    UNLISTED_FILE,
    UNREADABLE_ANNOTATION,
)

INSTRUMENTS = ("HH", "KD", "SD")
_HATS = "HH"
# Every HH is mapped to the closed hi-hat, since the annotation does not tell it from the open
# one. Of the sticked hi-hat strokes 87 % are closed in MDB Drums (1,847 of 2,116) and 82 % in
# Groove MIDI (66,581 of 80,733).
HIHAT_CONFIDENCE = 0.8
# s. The XML is rounded, at most 0.05 ms off before 100 s.
AGREEMENT = 0.001
# s. The first stroke of a loop that is cut tight may be marked just before the cut.
START_TOLERANCE = 0.010

_FILE = re.compile(
    r"(?:.*/)?(?P<folder>audio|annotation_xml|annotation_svl)/"
    r"(?P<recording>(?P<series>(?P<kind>RealDrum|TechnoDrum|WaveDrum)[0-9]+)_[0-9]+)"
    r"#(?P<part>MIX|(?:HH|KD|SD)(?:#train)?)\.(?P<type>wav|xml|svl)"
)


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which recordings there are, by the names of the files.

    A session is a loop with its MIX. Its kit and its group are its series, such as
    ``WaveDrum02``: nothing says which loops of a series share a kit, and a sample library or a
    drum computer that plays in two splits would sound exactly alike in both.

    Refused are: audio without an annotation (`missing_annotation`), likewise the SVLs of a
    recording that has no XML and not all three of them, since the strokes of the third would go
    unlabelled; a recording's MIX that the root lacks although it has others (`missing_audio`); a
    second file of one name in another folder (`duplicate_file`); and WAV, XML and SVL files of
    other names (`unlisted_file`).

    Raises
    ------
    ValueError
        If no file is one of the data set.
    """
    survey = Survey(roles=dict.fromkeys(files, OTHER_FILE))
    recordings: dict[str, dict[str, str]] = {}
    for path in fewest_folders_first(files):
        _sort_in(path, recordings, survey)
    if not recordings:
        raise ValueError(
            "no file such as audio/RealDrum01_00#MIX.wav; the root of idmt_smt_drums_v2 is the "
            "folder that holds audio, annotation_xml and annotation_svl"
        )
    has_audio = any("MIX" in paths for paths in recordings.values())
    for name, paths in sorted(recordings.items()):
        refusal = _without_labels(name, paths)
        if refusal is None:
            _add_session(survey, name, paths, has_audio)
        else:
            survey.refusals.append(refusal)
    return survey


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """The strokes of one recording, by its XML, or by its SVLs where it has none.

    Onsets up to 10 ms before the start count as the start (remark `moved_to_start`); earlier
    ones stay negative. Where an SVL is there, a stroke that it lacks carries the remark
    `absent_from_svl`. An SVL with a point that no stroke of the XML is near is refused as
    `annotations_disagree`, and the XML stands.

    Raises
    ------
    UnusableFile
        `unreadable_annotation`, of the XML or, where there is none, of an SVL; `no_onsets` if
        there is not one stroke.
    """
    paths = [file["path"] for file in session["files"]]
    layers = {
        _FILE.fullmatch(path)["part"]: path for path in sorted(paths) if path.endswith(".svl")
    }
    path = session["annotation_path"]
    if not path.endswith(".xml"):
        rows = [(t, part) for part in layers for t in _read_svl(layers[part], read(layers[part]))]
        return _hits(path, sorted(rows), dict.fromkeys(range(len(rows)), "svl_only"), [])
    rows = sorted(_read_xml(path, read(path)))
    remarks: dict[int, str] = {}
    refusals = []
    for part, layer in layers.items():
        part_rows = [row for row, (_, label) in enumerate(rows) if label == part]
        onsets = [rows[row][0] for row in part_rows]
        try:
            alone = _held_against(layer, read(layer), path, part, onsets)
        except UnusableFile as error:
            refusal = Refusal(error.path, error.reason, error.detail, session["session_id"])
            refusals.append(refusal)
        else:
            remarks |= {part_rows[row]: "absent_from_svl" for row in alone}
    return _hits(path, rows, remarks, refusals)


def _sort_in(path: str, recordings: dict[str, dict[str, str]], survey: Survey) -> None:
    """Put a file under its recording: as XML, as MIX, or as the SVL of an instrument."""
    name = path.rpartition("/")[2]
    match = _FILE.fullmatch(path)
    if match is None:
        if name.lower().endswith((".wav", ".xml", ".svl")):
            detail = "the name is none of IDMT-SMT-Drums, such as audio/RealDrum01_00#MIX.wav"
            survey.refusals.append(Refusal(path, UNLISTED_FILE, detail))
        return
    slots = {("audio", "MIX", "wav"): "MIX", ("annotation_xml", "MIX", "xml"): "XML"}
    slots |= {("annotation_svl", part, "svl"): part for part in INSTRUMENTS}
    slot = slots.get((match["folder"], match["part"], match["type"]))
    if slot is None:  # training sounds and single drums of a loop: not what the onsets time
        return
    paths = recordings.setdefault(match["recording"], {})
    take_file(survey, paths, slot, path, is_sound=slot == "MIX", of="name")


def _without_labels(name: str, paths: dict[str, str]) -> Refusal | None:
    lacking = [part for part in INSTRUMENTS if part not in paths]
    if "XML" in paths or not lacking:
        return None
    detail = f"no annotation_xml/{name}#MIX.xml, and no SVL of {', '.join(lacking)}"
    path = paths.get("MIX") or min(paths.values())
    return Refusal(path, MISSING_ANNOTATION, detail, name)


def _add_session(survey: Survey, name: str, paths: dict[str, str], has_audio: bool) -> None:
    annotations = [paths[slot] for slot in ("XML", *INSTRUMENTS) if slot in paths]
    match = _FILE.fullmatch(annotations[0])
    notes = [] if "XML" in paths else ["no XML: annotated by its SVLs"]
    if "MIX" in paths:
        survey.roles[paths["MIX"]] = AUDIO
    elif has_audio:
        folder = annotations[0].rpartition("annotation_")[0]
        detail = f"{annotations[0]} annotates this audio and the root has no such file"
        refusal = Refusal(f"{folder}audio/{name}#MIX.wav", MISSING_AUDIO, detail, name)
        survey.refusals.append(refusal)
        notes.append("audio missing")
    else:
        notes.append("the root holds no audio")
    survey.owners |= dict.fromkeys(paths.values(), name)
    survey.sessions.append(
        {
            "session_id": name,
            "group_id": f"idmt_smt_drums_v2/{match['series']}",
            "kit_id": match["series"],
            # Rendered by sample libraries and drum computers; RealDrum is what the card says.
            "is_synthetic": None if match["kind"] == "RealDrum" else True,
            "annotation_path": annotations[0],
            "audio_path": paths.get("MIX"),
            "support_paths": annotations[1:],
            "notes": notes,
        }
    )


def _hits(
    path: str, rows: list[tuple[float, str]], remarks: dict[int, str], refusals: list[Refusal]
) -> dict:
    if not rows:
        raise UnusableFile(path, NO_ONSETS, "the annotation holds no onset")
    onsets = np.array([onset for onset, _ in rows])
    labels = np.array([label for _, label in rows])
    early = (onsets < 0) & (onsets >= -START_TOLERANCE)
    remarks = remarks | dict.fromkeys(np.flatnonzero(early).tolist(), "moved_to_start")
    return {
        "source_label": labels,
        "onset": np.where(early, 0.0, onsets),
        "confidence": np.where(labels == _HATS, HIHAT_CONFIDENCE, 1.0),
        "remark": np.array([remarks.get(row, "") for row in range(len(rows))]),
        "refusals": refusals,
    }


def _read_xml(path: str, data: bytes) -> list[tuple[float, str]]:
    root = _root(path, data, "instrumentRecording")
    if root.find("transcription") is None:
        raise UnusableFile(path, UNREADABLE_ANNOTATION, "no <transcription> in the XML")
    rows = []
    for place, event in enumerate(root.findall("transcription/event"), start=1):
        onset = _number(path, f"event {place}: onsetSec", event.findtext("onsetSec"), ONSET)
        label = (event.findtext("instrument") or "").strip()
        if not label:
            detail = f"event {place}: no instrument; wanted: {', '.join(INSTRUMENTS)}"
            raise UnusableFile(path, UNREADABLE_ANNOTATION, detail)
        _check_label(path, place, label)
        rows.append((onset, label))
    return rows


def _read_svl(path: str, data: bytes) -> list[float]:
    """Onsets in seconds, in order. The model's `end` is wrong in the published files."""
    root = _root(path, data, "sv")
    models = root.findall("data/model")
    if len(models) != 1:
        detail = f"{len(models)} elements data/model in the SVL; wanted: one"
        raise UnusableFile(path, UNREADABLE_ANNOTATION, detail)
    rate = _number(path, "model: sampleRate", models[0].get("sampleRate"), FRAME_RATE)
    frames = Range("a frame", ONSET.low * rate, ONSET.high * rate, "")
    points = root.findall("data/dataset/point")
    return sorted(
        _number(path, f"point {place}: frame", point.get("frame"), frames) / rate
        for place, point in enumerate(points, start=1)
    )


def _root(path: str, data: bytes, tag: str) -> Element:
    try:
        root = parse_xml(data, path)
    except ValueError as error:
        raise UnusableFile(path, UNREADABLE_ANNOTATION, str(error)) from error
    if root.tag != tag:
        detail = f"the XML is a <{root.tag}>; wanted: <{tag}>"
        raise UnusableFile(path, UNREADABLE_ANNOTATION, detail)
    return root


def _check_label(path: str, place: int, label: str) -> None:
    try:
        LABEL.check(len(label), f"event {place}")
    except ValueError as error:
        raise UnusableFile(path, UNREADABLE_ANNOTATION, str(error)) from error


def _number(path: str, where: str, text: str | None, allowed: Range) -> float:
    """The number in `text`, in exponent form too, as MATLAB wrote some."""
    try:
        return number(text, allowed)
    except ValueError as error:
        raise UnusableFile(path, UNREADABLE_ANNOTATION, f"{where}: {error}") from error


def _held_against(layer: str, data: bytes, path: str, part: str, onsets: list[float]) -> list[int]:
    """Rows of the onsets that an SVL lacks; UnusableFile if it has points that they lack."""
    points = _read_svl(layer, data)
    alone, pointless = _unpaired(onsets, points)
    if pointless:
        detail = (
            f"{len(pointless)} of {len(points)} points have no stroke of {part} within "
            f"{AGREEMENT * 1000:g} ms in {path}, the first at {points[pointless[0]]:.4f} s; "
            f"{len(alone)} of {len(onsets)} strokes there have no point"
        )
        raise UnusableFile(layer, ANNOTATIONS_DISAGREE, detail)
    return alone


def _unpaired(onsets: list[float], points: list[float]) -> tuple[list[int], list[int]]:
    """Rows of onsets without a point and of points without an onset; both come in order."""
    alone, pointless = [], []
    row = point = 0
    while row < len(onsets) and point < len(points):
        apart = onsets[row] - points[point]
        if abs(apart) > AGREEMENT:
            if apart < 0:
                alone.append(row)
            else:
                pointless.append(point)
        row += apart <= AGREEMENT
        point += apart >= -AGREEMENT
    alone += range(row, len(onsets))
    pointless += range(point, len(points))
    return alone, pointless
