"""Sample packs of SignatureSounds: files that hold one stroke each, named after what was struck.

Layout: a folder per pack, with a second one of that name in it (``Pack/Pack/Kick Drum 1.wav``).
The stroke's onset is looked for: files are cut by hand, and few start with it. Numbers are serial
numbers: which of 25 crashes are the same cymbal is told by notes beside them, if at all; see
`shared.kit_notes`.
"""

from collections.abc import Callable
from pathlib import PurePosixPath
from urllib.parse import unquote_plus

from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.ground.files.raw_reader import sound_source
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.sound.audio import read_mono
from drumcorpus.ground.sound.onset_settings import OnsetSettings
from drumcorpus.ground.sound.onsets import one_shot_onset
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.source_sets.shared.kit_notes import add_kit_notes
from drumcorpus.source_sets.shared.multitracks import (
    SUFFIXES,
    Track,
    file_hits,
    is_track,
    join_hits,
    outer_folders,
)
from drumcorpus.source_sets.shared.track_names import CLOSE, OTHER, UNKNOWN, read_one_shot_names
from drumcorpus.source_sets.shared.track_rules import Rules, read_rules
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import (
    AUDIO,
    DUPLICATE_SESSION,
    OTHER_FILE,
    STRAY_FILE,
    UNKNOWN_FORMAT,
    UNREADABLE_AUDIO,
)

STYLE = "one_shot"


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which packs there are, by the folders below the roots.

    Refused are: sounds beside the folders (`stray_file`), a second folder of one pack
    (`duplicate_session`), files whose extension is nearly one of sound (`unknown_format`), and
    notes on a kit that cannot be used (`unreadable_notes`, `too_large`).
    """
    rules = read_rules(options["track_names"])
    survey = Survey(roles=dict.fromkeys(files, OTHER_FILE))
    for path in sorted(files):
        if _is_misnamed(path):
            detail = f"the extension is none of {', '.join(SUFFIXES)}; rename it if it should be"
            survey.refusals.append(Refusal(path, UNKNOWN_FORMAT, detail))
    taken: dict[str, str] = {}
    for folder, paths in outer_folders(files).items():
        pack = unquote_plus(folder)
        if not folder:
            detail = "a sound beside the folders of the packs; put it into one"
            survey.refusals += [Refusal(path, STRAY_FILE, detail) for path in paths]
        elif pack in taken:
            detail = f"a second folder of this pack; {taken[pack]} is taken"
            survey.refusals.append(Refusal(folder, DUPLICATE_SESSION, detail, pack))
        else:
            taken[pack] = folder
            beside = [path for path in files if path.startswith(f"{folder}/")]
            _add_pack(survey, pack, paths, beside, rules)
            notes = [path for path in beside if not _on_licence(PurePosixPath(path).name)]
            session = survey.sessions.pop()
            survey.sessions.append(add_kit_notes(survey, session, notes, files, read, options))
    return survey


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """One stroke of each file of a pack that names what was struck.

    A file that cannot be decoded is refused by the reason of `sound.decoding`, and one that is
    silent (`no_onset`).
    """
    rules, hits, refusals = read_rules(options["track_names"]), [], []
    settings = read_settings(OnsetSettings, options["onsets"])
    paths = [file["path"] for file in session["files"]]
    for sound in _sounds(session["session_id"], paths, rules):  # the id is the pack's name
        if sound.reading.kind != CLOSE:
            continue
        try:
            samples, rate = read_mono(sound_source(read, sound.path))
        except ValueError as error:
            reason, detail = getattr(error, "reason", UNREADABLE_AUDIO), str(error)
        else:
            stroke = one_shot_onset(samples, rate, settings)
            if stroke is not None:
                hits.append(file_hits(sound, *([value] for value in stroke)))
                continue
            reason, detail = "no_onset", "the file holds silence"
        refusals.append(Refusal(sound.path, reason, detail, session["session_id"]))
    return join_hits(hits) | {"refusals": refusals}


def _sounds(pack: str, paths: list[str], rules: Rules) -> list[Track]:
    paths = sorted(filter(is_track, paths))
    names = [PurePosixPath(path).stem for path in paths]
    readings = read_one_shot_names(names, pack, rules)
    return [Track(*row) for row in zip(paths, names, readings, strict=True)]


def _add_pack(survey: Survey, pack: str, paths: list[str], beside: list[str], rules: Rules) -> None:
    sounds = _sounds(pack, paths, rules)
    drums = [sound.path for sound in sounds if sound.reading.kind not in (OTHER, UNKNOWN)]
    has_labels = any(sound.reading.kind == CLOSE for sound in sounds)
    names = sorted({PurePosixPath(path).name for path in beside if path not in paths})
    survey.roles |= dict.fromkeys(drums, AUDIO)
    survey.owners |= dict.fromkeys(paths, pack)
    session = {
        "session_id": pack,
        "group_id": f"signaturesounds/{pack}",
        "style": STYLE,
        "serial_audio": True,
        "support_paths": paths,
        "notes": [
            "the licence of this pack has not been verified",
            *(f"{name}: came with the pack, not read" for name in names if _on_licence(name)),
            *(f"{sound.name}: {sound.reading.reason}" for sound in sounds),
        ],
    }
    survey.sessions.append(session if has_labels else session | {"label_map": None})


def _on_licence(name: str) -> bool:
    return any(word in name.lower() for word in ("licence", "license", "cc0", "eula", "terms"))


def _is_misnamed(path: str) -> bool:
    """Whether an extension holds one of sound, as in ``Kick Drum 18.awav``."""
    suffix = PurePosixPath(path).suffix.lower()
    is_near = any(audio_suffix[1:] in suffix for audio_suffix in SUFFIXES)
    return is_near and suffix not in SUFFIXES
