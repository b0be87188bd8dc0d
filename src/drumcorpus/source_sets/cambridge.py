"""Multitracks of the "Mixing Secrets" library, Cambridge Music Technology: close microphones.

Layout: a folder per multitrack, ``{Artist}_{Song}_Full``, mostly with a second one of that name in
it, and in that ``{NN}_{Track}.wav``. There are no annotations: strokes are found in the tracks
whose names say what they hold, see `shared.multitracks`.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote

from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.source_sets.shared.groups import work_group
from drumcorpus.source_sets.shared.multitracks import (
    multitrack_session,
    outer_folders,
    read_works,
    stem_hits,
)
from drumcorpus.source_sets.shared.track_rules import read_rules
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import DUPLICATE_SESSION, OTHER_FILE, STRAY_FILE

# Large multitracks come in parts: _Full_1, _Full_2, _Full_Pt1.
_WHOLE = re.compile(r"_Full(?P<part>_(?:Pt)?\d+)?$", re.IGNORECASE)
_EDITION = re.compile(r"_(?:Full|Stems|Mixes|Masters)(?:_(?:Pt)?\d+)?$", re.IGNORECASE)


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which multitracks there are, by the folders below the roots.

    The parts of one multitrack are one session. Refused are: tracks beside the folders
    (`stray_file`), and a second folder of a multitrack, such as its excerpt
    (`duplicate_session`).
    """
    rules, works = read_rules(options["track_names"]), read_works(options["recorded_works"])
    survey = Survey(roles=dict.fromkeys(files, OTHER_FILE))
    folders = outer_folders(files)
    for path in folders.pop("", []):
        detail = "a track beside the folders of the multitracks; put it into one"
        survey.refusals.append(Refusal(path, STRAY_FILE, detail))
    for session_id, members in _sessions(folders, survey).items():
        paths = sorted(path for folder in members for path in folders[folder])
        group_id = _group(session_id, works)
        session, roles = multitrack_session(session_id, group_id, paths, rules)
        survey.sessions.append(session)
        survey.roles |= roles
        survey.owners |= dict.fromkeys(paths, session_id)
    return survey


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """The strokes of one multitrack; see `multitracks.stem_hits`."""
    return stem_hits(session, read, options)


def _sessions(folders: dict[str, list[str]], survey: Survey) -> dict[str, list[str]]:
    """The folders of each session; that of a whole multitrack comes before others of its name."""
    sessions: dict[str, list[str]] = {}
    parts: dict[str, set[str]] = {}
    for folder in sorted(folders, key=lambda name: (not _WHOLE.search(unquote(name)), name)):
        whole = _WHOLE.search(unquote(folder))
        session_id = _WHOLE.sub("", unquote(folder))
        part = (whole["part"] or "").lower() if whole else ""
        if session_id in sessions and (not part or parts[session_id] & {"", part}):
            detail = f"a second folder of this multitrack; {sessions[session_id][0]} is taken"
            survey.refusals.append(Refusal(folder, DUPLICATE_SESSION, detail, session_id))
            continue
        sessions.setdefault(session_id, []).append(folder)
        parts.setdefault(session_id, set()).add(part)
    return sessions


def _group(session_id: str, works: dict[str, str]) -> str:
    # The samples of 3D-MARCo bear the number of their archive: "09 3D-MARCo Samples_Acappella".
    name = _EDITION.sub("", re.sub(r"^\d{1,2}[ .]+(?=\S)", "", session_id))
    artist, title = re.split(r"_| - ", name, maxsplit=1) if re.search("_| - ", name) else (name, "")
    group_id = work_group(artist, title)
    return works.get(group_id, group_id)
