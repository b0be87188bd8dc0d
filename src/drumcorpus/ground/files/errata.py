"""Errata of a source set: sessions with known faults, as a reviewed file says.

The file stands beside the set's card, which names it under ``references`` as ``errata``; every
source set obeys it in the same way. ``flag`` lets a session be used, and says what is known of it;
``leave_out`` leaves it in the inventory without labels, so that it gives no event.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

FLAG, LEAVE_OUT = "flag", "leave_out"
ACTIONS = (FLAG, LEAVE_OUT)
STATUSES = ("reported", "verified")
NAMES = ("session", "pattern", "annotation")  # of which an erratum has one


@dataclass(frozen=True)
class Erratum:
    """A fault of the sessions whose `field` matches `name`.

    `by` is ``session`` (the id), ``pattern`` (of ids) or ``annotation`` (of paths of annotations);
    in patterns ``*`` stands for anything and ``?`` for one character. A fault `of_sound` leaves a
    session out only where its root has the sound; without, the labels are flagged alone.
    """

    by: str
    name: str
    reason: str
    action: str
    status: str
    source: str
    of_sound: bool = False

    def applies_to(self, session: Mapping) -> bool:
        """Whether a session, with `session_id` and perhaps `annotation_path`, has this fault."""
        if self.by == "session":
            return session["session_id"] == self.name
        field = "session_id" if self.by == "pattern" else "annotation_path"
        # `[` is a letter like others: names of sessions have it.
        return fnmatchcase(session.get(field) or "", self.name.replace("[", "[[]"))

    def row(self, session: Mapping) -> dict:
        """As it stands in the column `errata` of a session."""
        is_spared = self.of_sound and not session.get("audio_path")
        said = {name: getattr(self, name) for name in ("reason", "status", "source")}
        return {"action": FLAG if is_spared else self.action, **said}


def read_errata(document, where: str) -> list[Erratum]:
    """The errata of a document.

    Parameters
    ----------
    document
        As of ``workflow/schemas/errata.schema.yaml``.
    where : str
        Its name, for messages.

    Raises
    ------
    ValueError
        If an erratum does not say what it is of, or names a source that the file does not have;
        the message has its number, the value got and what is allowed.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("errata"), list):
        raise ValueError(f"{where}: wanted: a list under errata, and its sources under sources")
    sources = document.get("sources") or {}
    return [
        _erratum(entry, f"{where}: errata {number}", sources)
        for number, entry in enumerate(document["errata"], start=1)
    ]


def _erratum(entry, where, sources) -> Erratum:
    if not isinstance(entry, Mapping):
        raise ValueError(f"{where}: got {entry!r}; wanted: a mapping")
    by = [name for name in NAMES if name in entry]
    if len(by) != 1:
        raise ValueError(f"{where}: got {by or 'none'} of {', '.join(NAMES)}; wanted: one of them")
    allowed = {"action": ACTIONS, "status": STATUSES, "source": tuple(sources)}
    for name, values in allowed.items():
        if entry.get(name) not in values:
            wanted = ", ".join(map(str, values)) or f"a name under {name}s"
            raise ValueError(f"{where}: {name}: got {entry.get(name)!r}; allowed: {wanted}")
    for name in (*by, "reason"):
        if not isinstance(entry.get(name), str) or not entry[name]:
            raise ValueError(f"{where}: {name}: got {entry.get(name)!r}; wanted: text")
    names = ("reason", "action", "status", "source")
    of_sound = bool(entry.get("of_sound", False))
    return Erratum(by[0], entry[by[0]], *(entry[name] for name in names), of_sound)


def apply_errata(
    sessions: Iterable[Mapping], errata: Iterable[Erratum]
) -> tuple[list[dict], list[Erratum]]:
    """Sessions as the errata have them, and the errata that are of none of them.

    A session that is left out has no label map; its notes say why. The column `errata` of each has
    all that is known of it, in the order of the file.

    Parameters
    ----------
    sessions : iterable of mapping
        As a survey tells them.
    errata : iterable of Erratum
    """
    errata, rows, used = list(errata), [], set()
    for session in sessions:
        found = [n for n, erratum in enumerate(errata) if erratum.applies_to(session)]
        used.update(found)
        row = dict(session)
        if found:
            row["errata"] = [errata[n].row(session) for n in found]
            left_out = [e for e in row["errata"] if e["action"] == LEAVE_OUT]
            said = [f"left out: {e['reason']}, {e['status']} by {e['source']}" for e in left_out]
            row["notes"] = [*(row.get("notes") or []), *said]
            if left_out:
                row["label_map"] = None
        rows.append(row)
    return rows, [erratum for n, erratum in enumerate(errata) if n not in used]


def count_left_out(errata: Iterable[Iterable[Mapping] | None]) -> dict[str, int]:
    """Sessions that are left out by reason, from their columns `errata`; each counts once."""
    reasons = [
        next((row["reason"] for row in rows or () if row["action"] == LEAVE_OUT), None)
        for rows in errata
    ]
    return dict(sorted(Counter(reason for reason in reasons if reason).items()))
