"""The sections that copy figures of other reports, so that gates find all of them in one place."""

import os
from collections.abc import Mapping

from drumcorpus.ground.files.figures import BLESSED, NONE, in_words
from drumcorpus.ground.files.json_files import read_json

N_NAMED = 5  # findings and differences of the audit that the report names; it counts all

# Below `leaks` of reports/splits: what gates and the page rest on.
LEAKS = ("families", "found_families", "moved_sessions", "refused_sessions", "policy", "examples")
# Below `unreadable` of the same: recordings that no fingerprint could be taken of.
UNREADABLE = ("sessions", "by_source_set", "examples")
# Of reports/distribution.
DRIFT = (
    *("baseline", "n_drifted", "drifted", "n_lost_classes", "lost_classes"),
    "sets_without_baseline",
)
LU_DIGITS = 3

Path = str | os.PathLike


def leaks(path: Path | None) -> dict | None:
    """The figures of the split report; None where there is none."""
    return None if path is None else chosen(document(path).get("leaks") or {}, LEAKS)


def unreadable(path: Path | None) -> dict | None:
    """The sessions that the split report names as unreadable; None where there is no report."""
    return None if path is None else chosen(document(path).get("unreadable") or {}, UNREADABLE)


def drift(path: Path | None) -> dict | None:
    """The figures of the distribution report; None where there is none."""
    return None if path is None else chosen(document(path), DRIFT)


def loudness_drift(sound: Mapping | None, blessed: Path | None) -> dict | None:
    """How far the loudness of each source set is from the blessed one; None without sound.

    Parameters
    ----------
    sound : mapping, optional
        The section ``audio_checks`` of this report.
    blessed : path, optional
        The blessed figures of a health report.

    Returns
    -------
    section : dict
        ``baseline`` (``blessed`` or ``none``); ``by_source_set``: median now less the blessed one,
        in LU, of every set that has a blessed one, None where its loudness is not known any more;
        ``largest_lu``, the largest of these without its sign: 0 where nothing is blessed, None
        where one is None.
    """
    if sound is None:
        return None
    before = {} if blessed is None else _medians(document(blessed).get("audio_checks") or {})
    now = _medians(sound)
    moved = {
        name: None if now.get(name) is None else round(now[name] - median, LU_DIGITS)
        for name, median in before.items()
        if name in sound["by_source_set"]
    }
    is_known = None not in moved.values()
    return {
        "baseline": NONE if blessed is None else BLESSED,
        "by_source_set": moved,
        "largest_lu": max(map(abs, moved.values()), default=0.0) if is_known else None,
    }


def _medians(sound: Mapping) -> dict[str, float]:
    """The median loudness of each source set that has one, in LUFS."""
    levels = {
        name: (figures.get("loudness") or {}).get("median")
        for name, figures in sorted((sound.get("by_source_set") or {}).items())
    }
    return {name: median for name, median in levels.items() if median is not None}


def audit(path: Path | None, diff: Path | None) -> dict | None:
    """Findings of the audit, and its differences from the blessed one where they were looked for.

    None where there is no audit.
    """
    if path is None:
        return None
    changes = {} if diff is None else document(diff)
    findings = document(path)["findings"]
    differences = changes.get("differences")
    return {
        "n_findings": len(findings),
        "findings": [finding["sentence"] for finding in findings[:N_NAMED]],
        "n_differences": changes.get("n_differences"),
        "differences": differences and [in_words(change) for change in differences[:N_NAMED]],
        "baseline": changes.get("baseline"),
    }


def chosen(report: Mapping, keys: tuple[str, ...]) -> dict:
    """Some figures of a report; one that it lacks is None, which no gate passes."""
    return {key: report.get(key) for key in keys}


def document(path: Path) -> Mapping:
    """A JSON document that is an object.

    Raises
    ------
    ValueError
        If the file is not JSON, or another value; the message names it.
    """
    content = read_json(path)
    if not isinstance(content, Mapping):
        raise ValueError(f"{path}: got {type(content).__name__}; wanted: a JSON object")
    return content
