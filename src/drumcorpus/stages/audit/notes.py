"""What an audit notes of one source set: what its provenance and card say, and why it is here."""

from collections import Counter
from collections.abc import Iterable, Mapping

from drumcorpus.ground.files.digests import tree_digest
from drumcorpus.vocabulary import NO_VALUE, ONSET_DETECTOR, PRODUCTION
from drumcorpus.vocabulary import STAGED as STAGED_TIER

N_NOTES = 20
IN_PRODUCTION, NOT_MERGED, STAGED, UNKNOWN = (
    *("in production", "in production, not in this manifest", STAGED_TIER, "unknown"),
)
# Why labels that come so are a reason to keep a set out of training.
_LABEL_REASONS = {
    ONSET_DETECTOR: "its labels are onsets found in the sound, which nobody has annotated",
    "file_name": "its labels rest on the names of files alone",
}


def figures_of_provenance(rows: list[dict]) -> dict:
    """What the provenance rows of one set say of themselves, summed or counted.

    ``files_sha256`` is one digest over the path and digest of each raw file; it is None where
    there is no file, or one of them has no digest.
    """
    drops: Counter = Counter()
    notes = _tally(note for row in rows for note in row.get("notes") or [])
    for row in rows:
        drops.update(row.get("drops") or {})
    files = {file["path"]: file for row in rows for file in row["hashes"]}
    digests = [(path, file.get("sha256")) for path, file in files.items()]
    has_digests = bool(digests) and all(isinstance(digest, str) for _, digest in digests)
    return {
        "files_sha256": tree_digest(digests) if has_digests else None,
        "bytes": sum(file.get("bytes") or 0 for file in files.values()),
        "licenses": _tally(row.get("license") or NO_VALUE for row in rows),
        "redistributable_sessions": sum(row.get("redistributable") is True for row in rows),
        "techniques": _tally(name for row in rows for name in row.get("techniques") or []),
        "drops": dict(sorted(drops.items())),
        "notes": dict(sorted(notes.items(), key=lambda item: (-item[1], item[0]))[:N_NOTES]),
        "n_distinct_notes": len(notes),
    }


def standing(
    tier: str | None, merged: bool, card: Mapping | None, models: Iterable[str] = ()
) -> dict:
    """Whether a set is in production or staged, and why.

    Parameters
    ----------
    tier : str or None
        The set's tier; None where nobody knows the set.
    merged : bool
        Whether the manifest merges it.
    card : mapping or None
        Its card, which holds the reasons.
    models : iterable of str
        Models that have made its labels, with their versions.

    Returns
    -------
    dict
        ``standing``, a ``why`` of one or more sentences, and the card's own ``card_notes``.
    """
    card_notes = {"card_notes": " ".join((card or {}).get("notes", "").split()) or None}
    if tier is None:
        why = "No source set of this name has provenance: nobody can say where its events are from."
        return {"standing": UNKNOWN, "why": why} | card_notes
    if tier == PRODUCTION:
        where = "merged into this manifest" if merged else "but this manifest does not merge it"
        why = f"Its tier is production, {where}.{_by_models(models)}"
        return {"standing": IN_PRODUCTION if merged else NOT_MERGED, "why": why} | card_notes
    done = "merged all the same" if merged else "ingested and audited, not merged"
    models = list(models)
    reasons = list(_reasons_to_wait(card, has_labels=bool(models))) if card else []
    because = f" Its card: {'; '.join(reasons)}." if reasons else " Its card names no reason."
    why = f"Its tier is {tier}: {done}.{_by_models(models)}{because}"
    return {"standing": STAGED, "why": why} | card_notes


def models_of_provenance(rows: Iterable[Mapping]) -> list[str]:
    """The models that have labelled sessions, with their versions, each once."""
    said = [row["predictions"] for row in rows if row.get("predictions")]
    return sorted({f"{each['model']} {each['version']}" for each in said})


def _by_models(models: Iterable[str]) -> str:
    names = ", ".join(models)
    return f" Its labels are predictions of {names}, which nobody has checked." if names else ""


def license_of(card: Mapping | None) -> dict | None:
    """What a set's card says of its licence; None without a card."""
    if card is None:
        return None
    return {
        "license": card["license"],
        "verified": card["license_verified"],
        "redistributable": card["redistributable"],
        "forbids": list(card["forbids"]),
    }


def _reasons_to_wait(card: Mapping, *, has_labels: bool) -> Iterable[str]:
    """What in a card speaks against training on the set; its labels may be those of a model."""
    if not has_labels and not card["label_maps"]:
        yield "nothing says what is struck when, so it gives no events"
    elif not has_labels and card["label_method"] in _LABEL_REASONS:
        yield _LABEL_REASONS[card["label_method"]]
    if card["license_verified"] is None:
        yield "nobody has read the text of its licence"
    if not card["redistributable"]:
        yield "what is cut from it may not be passed on"


def _tally(values: Iterable[str]) -> dict[str, int]:
    """How often each value occurs, in order of value."""
    return dict(sorted(Counter(values).items()))
