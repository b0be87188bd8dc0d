"""The licences of what was merged: which sets, how much of each, and what all together forbid."""

from collections import Counter
from collections.abc import Mapping

SCHEMA = "drumcorpus.licences/1"
_OF_CARDS = ("title", "version", "license", "license_url", "license_verified", "attribution")


def report_licences(
    release: str, audits: Mapping[str, Mapping], cards: Mapping[str, Mapping]
) -> dict:
    """What may be done with each manifest of a release, by the licences of its source sets.

    Parameters
    ----------
    release : str
        Its name.
    audits : mapping
        The audit of every manifest, by its name.
    cards : mapping
        The card of every source set in them, by its name.

    Returns
    -------
    report : dict
        ``manifests``, of each: ``source_sets``, of each that is merged what its card says
        (``license``, ``license_url`` or None, ``license_verified``, the day on which a person read
        it or None, ``redistributable``, ``forbids``, ``attribution``, ``title``, ``version``), how
        many ``sessions`` and ``events`` stand in the manifest, and of all sessions of the set how
        many may be passed on (``redistributable_sessions`` of ``audited_sessions``) and the
        ``session_licenses``, where a set has several; ``licenses``, of all its sessions;
        ``forbids``, by what is forbidden the sets that forbid it; ``not_passed_on``, the sets of
        which some sound may not be passed on; ``unread``, the sets whose licence nobody has read.

    Raises
    ------
    ValueError
        If a set of a manifest has no card.
    """
    return {
        "schema": SCHEMA,
        "release": release,
        "manifests": {name: _of_manifest(name, audits[name], cards) for name in sorted(audits)},
    }


def _of_manifest(name: str, audit: Mapping, cards: Mapping[str, Mapping]) -> dict:
    merged = {key: found for key, found in sorted(audit["sets"].items()) if found["merged"]}
    if strangers := sorted(set(merged) - set(cards)):
        raise ValueError(f"{name}: no card of {', '.join(strangers)}")
    sets = {key: _of_set(found, cards[key]) for key, found in merged.items()}
    forbids: dict[str, list[str]] = {}
    licenses: Counter = Counter()
    for key, row in sets.items():
        licenses.update(row["session_licenses"])
        for words in row["forbids"]:
            forbids.setdefault(words, []).append(key)
    return {
        "source_sets": sets,
        "licenses": sorted(licenses),
        "forbids": dict(sorted(forbids.items())),
        "not_passed_on": [
            key
            for key, row in sets.items()
            if not row["redistributable"]
            or row["redistributable_sessions"] < row["audited_sessions"]
        ],
        "unread": [key for key, row in sets.items() if row["license_verified"] is None],
    }


def _of_set(found: Mapping, card: Mapping) -> dict:
    return {
        **{name: card.get(name) for name in _OF_CARDS},
        "redistributable": card["redistributable"],
        "forbids": list(card["forbids"]),
        "sessions": found["n_referenced_sessions"],
        "events": found["n_events"],
        "audited_sessions": found["n_sessions"],
        "redistributable_sessions": found["redistributable_sessions"],
        "session_licenses": dict(sorted(found["licenses"].items())),
    }
