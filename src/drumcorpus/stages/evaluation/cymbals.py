"""Which cymbal is taken for which: the part of the error budget that a sum over classes hides."""

from collections.abc import Mapping, Sequence


def cymbal_confusion(errors: Mapping[str, Mapping], cymbals: Sequence[str]) -> dict:
    """What became of the hits of each cymbal that was struck, counts that add up to `hits`.

    Parameters
    ----------
    errors : mapping
        The error budget by class, as of `Confusions.budget`.
    cymbals : sequence of str
        Classes of cymbals, in the order of the class map.

    Returns
    -------
    dict
        By class: ``hits``, ``found``, ``taken_for`` every other cymbal, ``taken_for_others``, which
        are no cymbals, and ``missed``.

    Examples
    --------
    >>> errors = {"a": {"found": 5, "taken_for": {"b": 2, "drum": 1}, "missed": 4}}
    >>> errors["b"] = {"found": 0, "taken_for": {}, "missed": 0}
    >>> cymbal_confusion(errors, ["a", "b"])["a"]["taken_for"]
    {'b': 2}
    """
    rows = {}
    for name in cymbals:
        row = errors[name]
        hits = row["found"] + sum(row["taken_for"].values()) + row["missed"]
        if not hits:
            continue
        taken = {other: row["taken_for"].get(other, 0) for other in cymbals if other != name}
        rows[name] = {
            "hits": hits,
            "found": row["found"],
            "taken_for": taken,
            "taken_for_others": sum(row["taken_for"].values()) - sum(taken.values()),
            "missed": row["missed"],
        }
    return rows
