"""When a manifest was blessed, told without a clock: at which release, and of which events.

Beside the blessed figures of a manifest lies ``<manifest>.blessing.json``, which `bless` writes.
The day on which that happened stands in the run log of the folder alone, for equal figures of one
release are blessed by equal bytes.
"""

import os
import re
from collections.abc import Iterable, Mapping

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.natural_order import natural_key

SCHEMA = "drumcorpus.blessing/1"
FIGURES, NOTE = ".health.json", ".blessing.json"  # how the names of both files end
# What of the totals of a health report is counted, with its singular.
COUNTED = (
    ("events", "event"),
    ("components", "hit"),
    ("sessions", "session"),
    ("source_sets", "source set"),
)
_DIGEST = re.compile(r"[0-9a-f]{64}")


def blessing(release: str, figures: str, manifest: str) -> dict:
    """The note on one manifest.

    Parameters
    ----------
    release : str
        Name of the release at which a person looked.
    figures, manifest : str
        SHA-256 of the blessed figures of its health report, and of its events.
    """
    return {"schema": SCHEMA, "release": release, "figures": figures, "manifest": manifest}


def read_blessing(path: str | os.PathLike) -> dict:
    """The note in `path`.

    Raises
    ------
    ValueError
        If the file is not JSON, or no such note; the message names it.
    """
    note = read_json(path)
    is_note = (
        isinstance(note, dict)
        and note.get("schema") == SCHEMA
        and isinstance(note.get("release"), str)
        and all(_DIGEST.fullmatch(str(note.get(key))) for key in ("figures", "manifest"))
    )
    if not is_note:
        raise ValueError(
            f"{path}: is no note on a blessing; wanted: the schema {SCHEMA}, a release, and the "
            "SHA-256 of the figures and of the manifest. Take the file away, and bless again"
        )
    return note


def age_in_words(
    note: Mapping | None,
    *,
    release: str,
    releases: Iterable[str],
    figures: str,
    manifest: str,
    totals: tuple[Mapping, Mapping],
) -> str:
    """How long ago a manifest was blessed, and what has changed since.

    Parameters
    ----------
    note : mapping or None
        As of `read_blessing`; None where figures are blessed and nobody noted when.
    release : str
        Name of the present release.
    releases : iterable of str
        Names of those that are filed, in any order.
    figures, manifest : str
        SHA-256 of the blessed figures, and of the present events.
    totals : (mapping, mapping)
        Of the blessed figures, where counts of 0 may be absent, and of the present ones.

    Returns
    -------
    str
        Sentences.
    """
    if note is None:
        return "At which release it was blessed is not noted; blessing again notes it."
    sentences = [_releases_ago(note["release"], release, releases)]
    since = "Since then"
    if note["figures"] != figures:
        sentences.append("The blessed figures were changed since, and not by blessing.")
        since = "Against what they say now"
    changes = [*_changes(*totals)]
    if note["manifest"] == manifest:
        sentences.append("The events are the same to the byte.")
    elif changes:
        sentences.append(f"{since}: {', '.join(changes)}.")
    else:
        sentences.append("Events have changed since, and their numbers are the same.")
    return " ".join(sentences)


def _releases_ago(blessed: str, release: str, releases: Iterable[str]) -> str:
    if blessed == release:
        return "Blessed at this release."
    first, last = natural_key(blessed), natural_key(release)
    if first > last:
        return f"Blessed at release {blessed}, whose name comes after that of this one."
    filed = {*releases}
    n = sum(first < natural_key(name) <= last for name in {*filed, release})
    # Where that release is not filed, others between may not be either.
    least = "" if blessed in filed else "at least "
    return f"Blessed at release {blessed}, {least}{n:,} release{'s' if n != 1 else ''} ago."


def _changes(before: Mapping, after: Mapping) -> Iterable[str]:
    for key, noun in COUNTED:
        if difference := after.get(key, 0) - before.get(key, 0):
            n = abs(difference)
            yield f"{n:,} {noun}{'s' if n != 1 else ''} {'more' if difference > 0 else 'fewer'}"
