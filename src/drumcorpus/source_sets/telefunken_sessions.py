"""Session multitracks of Telefunken Elektroakustik: close microphones, each named with its model.

Layout: a folder per archive, its name as in the address (``The+Brew-+Complete+Session``), and in
it, at any depth, ``{instrument}[ {position}] - {microphone}[ - {chain}].wav``, with other
separators in other sessions. There are no annotations: strokes are found in the tracks whose names
say what they hold, see `shared.multitracks`. Text beside the tracks may say which cymbals there
are, see `shared.kit_notes`.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.source_sets.shared.groups import work_group
from drumcorpus.source_sets.shared.kit_notes import add_kit_notes
from drumcorpus.source_sets.shared.multitracks import (
    multitrack_session,
    outer_folders,
    read_works,
    stem_hits,
)
from drumcorpus.source_sets.shared.track_rules import read_rules
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import DUPLICATE_SESSION, OTHER_FILE, STRAY_FILE

# What an archive's name says beside artist and song.
_OF_ARCHIVES = re.compile(
    r"\b(?:complete |full )?(?:multi-?track )?(?:sessions?|multi-?tracks?|stems)(?: files)?\b",
    re.IGNORECASE,
)
# Hyphens and dashes with a blank beside them: there are bands with a hyphen in their name.
_SEPARATOR = re.compile("\\s[-\u2013]\\s*|[-\u2013]\\s+|_")


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which sessions there are, by the folders below the roots.

    Refused are: tracks beside the folders (`stray_file`), a second folder whose name decodes to
    that of another (`duplicate_session`), and notes on a kit that cannot be used
    (`unreadable_notes`, `too_large`).
    """
    rules, works = read_rules(options["track_names"]), read_works(options["recorded_works"])
    survey = Survey(roles=dict.fromkeys(files, OTHER_FILE))
    taken: dict[str, str] = {}
    for folder, paths in outer_folders(files).items():
        session_id = unquote_plus(folder)
        if not folder:
            detail = "a track beside the folders of the sessions; put it into one"
            survey.refusals += [Refusal(path, STRAY_FILE, detail) for path in paths]
        elif session_id in taken:
            detail = f"a second folder of this session; {taken[session_id]} is taken"
            survey.refusals.append(Refusal(folder, DUPLICATE_SESSION, detail, session_id))
        else:
            taken[session_id] = folder
            group_id = _group(session_id, paths, works)
            session, roles = multitrack_session(session_id, group_id, paths, rules)
            survey.roles |= roles
            survey.owners |= dict.fromkeys(paths, session_id)
            beside = [path for path in files if path.startswith(f"{folder}/")]
            survey.sessions.append(add_kit_notes(survey, session, beside, files, read, options))
    return survey


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """The strokes of one session; see `multitracks.stem_hits`."""
    return stem_hits(session, read, options)


def _group(session_id: str, paths: list[str], works: dict[str, str]) -> str:
    """The work, by the name of the archive; where that has no song, by that of a folder in it."""
    artist, title = _artist_and_title(session_id)
    inner = sorted({part for path in paths for part in path.split("/")[1:-1]})
    for name in inner if not title else []:
        inner_artist, inner_title = _artist_and_title(unquote_plus(name))
        if inner_title:
            artist, title = inner_artist, inner_title
            break
    group_id = work_group(artist, title)
    return works.get(group_id, group_id)


def _artist_and_title(name: str) -> tuple[str, str]:
    # Some archives are numbered: "39. Colebrook Road - Bright Angle".
    name = re.sub(r"^\d{1,3}[. _]+(?=\S)", "", name)
    artist, title = [*_SEPARATOR.split(name, maxsplit=1), ""][:2]
    return _OF_ARCHIVES.sub("", artist), _OF_ARCHIVES.sub("", title).strip()
