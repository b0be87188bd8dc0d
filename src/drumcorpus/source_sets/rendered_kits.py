"""Rendered kits: performances that a user's own sampled kits have played, by `drumcorpus render`.

Layout, as `ground.kits.written` has it; a folder for each kit, and below it a performance::

    muldjord/kit.yaml                                    which instrument answers to which note
    muldjord/drummer1/session1/1_funk_80_beat_4-4.flac   44.1 kHz, mono
    muldjord/drummer1/session1/1_funk_80_beat_4-4.csv    one row a stroke
    muldjord/drummer1/session1/1_funk_80_beat_4-4.yaml   written last: it is finished

The table is what was rendered, to the sample: labels are of the instrument that sounded, and not of
the note. Strokes that the kit had no answer to are in it, and are counted as such.
"""

import re
from collections.abc import Callable, Mapping

import numpy as np

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.documents import parse_csv, parse_yaml
from drumcorpus.ground.files.limits import LABEL
from drumcorpus.ground.files.ranges import TEMPO, Range, meter, whole_number, within
from drumcorpus.ground.files.ranges import number as read_number
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile
from drumcorpus.ground.kits.written import (
    COLUMNS,
    GRABBED,
    KIT,
    KIT_MAP,
    RATE_HZ,
    RECORD,
    SOUND,
    STROKES,
)
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import (
    ANNOTATION,
    ANNOTATIONS_DISAGREE,
    AUDIO,
    INDEX,
    MISSING_ANNOTATION,
    MISSING_AUDIO,
    MISSING_METADATA,
    NO_ONSETS,
    OTHER_FILE,
    SPLITS,
    UNREADABLE_ANNOTATION,
    UNREADABLE_METADATA,
)

CHOKE = "choke"  # technique of a stroke that a hand stopped

_FILE = re.compile(r"(?P<base>(?P<kit>[^/]+)/.+)(?P<kind>\.flac|\.csv|\.yaml)")
_SAYS_LICENCE = "licence: "  # how the note of a session begins that has it
_NOT_STATED = "none stated"
_LONGEST_LICENCE = 120  # characters; the whole text is in kit.yaml
_MOST_SAMPLES = 86_400 * RATE_HZ
_ONSET = Range("an onset", 0, _MOST_SAMPLES, "samples")
_VELOCITY = Range("a velocity", 1, 127, "")
_BAR = Range("a bar", 1, 1_000_000, "")
_BEAT = Range("a beat", 1, 1_000, "")
_N_STROKES = Range("a number of strokes", 0, 1_000_000, "")
_MUSIC = ("tempo_bpm", "bar", "beat", "meter")


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which renderings there are, by their records; a session is kit and performance.

    Group, split and drummer are those of the performance: where it is of Groove MIDI or E-GMD, it
    is one group with the sessions of these.

    Refused are: a kit.yaml or a record that cannot be read (`unreadable_metadata`), a record that
    was made with another kit.yaml than the one beside it (`annotations_disagree`), a record without
    its table (`missing_annotation`) or its sound (`missing_audio`), and table or sound without a
    record, which were not finished (`missing_metadata`).

    Raises
    ------
    ValueError
        If no folder holds a kit.yaml.
    """
    survey = Survey(roles=dict.fromkeys(files, OTHER_FILE))
    kits = sorted(path for path in files if path.count("/") == 1 and path.endswith(f"/{KIT}"))
    if not kits:
        raise ValueError(
            f"no file such as muldjord/{KIT}; the root of rendered_kits is the folder that "
            "`drumcorpus render --out` has written"
        )
    described: dict[str, tuple[str, str]] = {}
    for path in kits:
        survey.roles[path] = INDEX
        data = read(path)
        try:
            described[path.partition("/")[0]] = (sha256_bytes(data), _licence(data, path))
        except ValueError as error:
            survey.refusals.append(Refusal(path, UNREADABLE_METADATA, str(error)))
    has_audio = any(path.endswith(SOUND) for path in files)
    for base, kit in _performances(files, survey, described):
        try:
            record = _read_record(base + RECORD, read)
        except ValueError as error:
            refusal = Refusal(base + RECORD, UNREADABLE_METADATA, str(error), base)
        else:
            refusal = _unfit(base, record, files, described[kit][0])
        if refusal is not None:
            survey.refusals.append(refusal)
            continue
        _add_session(survey, base, kit, record, described[kit][1], files)
        if base + SOUND not in files and has_audio:
            detail = f"{base}{RECORD} is of this sound, and the root has no such file"
            survey.refusals.append(Refusal(base + SOUND, MISSING_AUDIO, detail, base))
    return survey


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """The strokes of one rendering, those that did not sound among them.

    Raises
    ------
    UnusableFile
        `unreadable_annotation` if the table is none, or has not as many rows as its record says;
        `no_onsets` if it has none.
    """
    path = session["annotation_path"]
    record = _read_record(path.removesuffix(STROKES) + RECORD, read)
    try:
        rows = list(parse_csv(read(path), list(COLUMNS), path, optional=(GRABBED,)))
        strokes = [_stroke(row, f"{path}:{line}") for line, row in rows]
        grabbed = [_is_choked(row, f"{path}:{line}") for line, row in rows]
        if len(strokes) != record["n_strokes"]:
            raise ValueError(
                f"{path}: {len(strokes)} strokes; its record has {record['n_strokes']}"
            )
    except ValueError as error:
        raise UnusableFile(path, UNREADABLE_ANNOTATION, str(error)) from error
    if not strokes:
        raise UnusableFile(path, NO_ONSETS, "the table holds no stroke")
    samples, labels, velocities, music = zip(*strokes, strict=True)
    hits = {
        "source_label": np.array(labels),
        "onset": np.array(samples) / RATE_HZ,
        "velocity": np.array(velocities) / _VELOCITY.high,
        "extra_technique": np.where(grabbed, CHOKE, ""),
    }
    if None not in music:
        hits |= {
            name: np.array(values)
            for name, values in zip(_MUSIC, zip(*music, strict=True), strict=True)
        }
    for note in session["notes"]:
        if note.startswith(_SAYS_LICENCE):
            hits["license"] = note.removeprefix(_SAYS_LICENCE)
    return hits


def _licence(data: bytes, path: str) -> str:
    document = parse_yaml(data, path)
    if not isinstance(document, dict) or not document.keys() >= {"name", "licence", "instruments"}:
        raise ValueError(f"{path}: wanted: a kit as `drumcorpus render` describes it")
    return " ".join(str(document["licence"] or _NOT_STATED).split())[:_LONGEST_LICENCE]


def _performances(
    files: dict[str, RawFile], survey: Survey, kits: Mapping[str, tuple[str, str]]
) -> list[tuple[str, str]]:
    """Base and kit of every record; what has none is refused."""
    records = []
    for path in sorted(files):
        match = _FILE.fullmatch(path)
        if match is None or match["kit"] not in kits:
            continue
        if path in (f"{match['kit']}/{KIT}", f"{match['kit']}/{KIT_MAP}"):
            continue
        if match["kind"] == RECORD:
            survey.roles[path] = ANNOTATION
            records.append((match["base"], match["kit"]))
        elif match["base"] + RECORD not in files:
            detail = "no record belongs to it, for it was not finished; run `drumcorpus render`"
            survey.refusals.append(Refusal(path, MISSING_METADATA, detail))
    return records


def _read_record(path: str, read: Callable[[str], bytes]) -> dict:
    """What a record says.

    Raises
    ------
    ValueError
        If it is none.
    """
    record = parse_yaml(read(path), path)
    if not isinstance(record, dict):
        raise ValueError(f"{path}: wanted: a record of `drumcorpus render`")
    for key in ("performance", "group", "kit"):
        if not isinstance(record.get(key), str) or not record[key]:
            raise ValueError(f"{path}: {key}: got {record.get(key)!r}; wanted: a text")
    if record.get("split") not in (None, *SPLITS):
        raise ValueError(f"{path}: split {record['split']!r}; allowed: {', '.join(SPLITS)}, null")
    for key in ("drummer", "style"):
        if not isinstance(record.get(key), str | None):
            raise ValueError(f"{path}: {key}: got {record[key]!r}; wanted: a text, or null")
    tempo = record.get("tempo_bpm")
    if tempo is not None and within(tempo, TEMPO) is None:
        raise ValueError(f"{path}: tempo_bpm: got {tempo!r}; wanted: {TEMPO.wanted()}")
    if record.get("meter") is not None:
        meter(str(record["meter"]))
    n_strokes = record.get("n_strokes")
    if type(n_strokes) is not int or within(n_strokes, _N_STROKES) is None:
        raise ValueError(f"{path}: n_strokes: got {n_strokes!r}; wanted: {_N_STROKES.wanted()}")
    return record


def _unfit(
    base: str, record: dict, files: Mapping[str, RawFile], kit_digest: str
) -> Refusal | None:
    if record["kit"] != kit_digest:
        detail = "it was made with another kit.yaml than the one here; run `drumcorpus render`"
        return Refusal(base + RECORD, ANNOTATIONS_DISAGREE, detail, base)
    if base + STROKES not in files:
        return Refusal(base + STROKES, MISSING_ANNOTATION, f"{base}{RECORD} is of it", base)
    return None


def _add_session(
    survey: Survey,
    base: str,
    kit: str,
    record: dict,
    licence: str,
    files: Mapping[str, RawFile],
) -> None:
    own = [base + suffix for suffix in (RECORD, STROKES, SOUND) if base + suffix in files]
    audio = base + SOUND if base + SOUND in files else None
    survey.roles[base + STROKES] = ANNOTATION
    survey.roles |= {audio: AUDIO} if audio else {}
    survey.owners |= dict.fromkeys(own, base)
    tempo = record.get("tempo_bpm")
    survey.sessions.append(
        {
            "session_id": base,
            "group_id": record["group"],
            "split": record.get("split"),
            "drummer_id": record.get("drummer"),
            "kit_id": kit,
            "style": record.get("style"),
            "tempo_bpm": None if tempo is None else float(tempo),
            "meter": record.get("meter"),
            "annotation_path": base + STROKES,
            "audio_path": audio,
            "support_paths": [f"{kit}/{KIT}", base + RECORD],
            "notes": [f"{_SAYS_LICENCE}{licence}"]
            + ([] if audio else ["no recording in the root"]),
        }
    )


def _is_choked(row: dict[str, str], where: str) -> bool:
    """Whether a hand stopped a stroke; an older table does not say it."""
    if not row[GRABBED]:
        return False
    try:
        grabbed, onset = (whole_number(row[key], _ONSET) for key in (GRABBED, "onset_samples"))
        if grabbed <= onset:
            raise ValueError(f"got {grabbed}; wanted: after the stroke, which is at {onset}")
        return True
    except ValueError as error:
        raise ValueError(f"{where}: {GRABBED}: {error}") from None


def _stroke(row: dict[str, str], where: str) -> tuple[int, str, int, tuple | None]:
    """Onset in samples, label, velocity, and tempo, bar, beat and meter, None where it has none."""
    try:
        onset = whole_number(row["onset_samples"], _ONSET)
        velocity = whole_number(row["velocity"], _VELOCITY)
        music = None
        if any(row[name] for name in _MUSIC):
            music = (
                read_number(row["tempo_bpm"], TEMPO),
                whole_number(row["bar"], _BAR),
                read_number(row["beat"], _BEAT),
                meter(row["meter"]),
            )
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    if not row["label"]:
        raise ValueError(f"{where}: no label")
    LABEL.check(len(row["label"]), where)
    return onset, row["label"], velocity, music
