"""The sections that copy figures of other reports, so that gates find all of them in one place."""

import os
from collections.abc import Mapping

from drumcorpus.ground.files.figures import in_words
from drumcorpus.ground.files.json_files import read_json

N_NAMED = 5  # findings and differences of the audit that the report names; it counts all

# Below `leaks` of reports/splits: what gates and the page rest on.
LEAKS = ("families", "found_families", "moved_sessions", "refused_sessions", "policy", "examples")
# Below `unreadable` of the same: recordings that no fingerprint could be taken of.
UNREADABLE = ("sessions", "by_source_set", "examples")
# Of reports/distribution.
DRIFT = ("baseline", "n_drifted", "drifted", "sets_without_baseline")

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
