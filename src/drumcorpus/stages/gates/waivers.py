"""Waivers: a gate that fails is let through for a stated reason, until a stated day."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from drumcorpus.stages.gates.verdicts import FAIL, PASS, WAIVED, Verdict

KEY = "waivers"  # in the file of gates; everything else there is a gate
IN_FORCE, EXPIRED, UNNEEDED = "in force", "expired", "unneeded"
MIN_REASON = 10  # characters


def gate_names(gates: Mapping) -> list[str]:
    """The name of every verdict that a file of gates asks for, such as ``min_count.<label>``."""
    return [
        ".".join(path)
        for name, limit in gates.items()
        if name != KEY
        for path in _paths(limit, (name,))
    ]


def check_waivers(gates: Mapping, where: str) -> None:
    """Refuse waivers that cannot hold, before any gate is looked at.

    Parameters
    ----------
    gates : mapping
        A file of gates.
    where : str
        Name of the file, for the messages.

    Raises
    ------
    ValueError
        With one line for each waiver whose gate is not in the file, whose reason is missing or too
        short to be one, whose day of expiry is none, or whose gate is waived already.
    """
    problems, names, seen = [], gate_names(gates), set()
    for number, waiver in enumerate(gates.get(KEY, [])):
        place = f"{where}: {KEY}.{number}"
        gate = waiver.get("gate")
        if gate not in names:
            problems.append(f"{place}.gate: {gate!r} is no gate of this file{_hint(gate, names)}")
        if gate in seen:
            problems.append(f"{place}.gate: {gate!r} is waived twice; keep one waiver")
        seen.add(gate)
        reason = waiver.get("reason")
        if not isinstance(reason, str) or len(reason.strip()) < MIN_REASON:
            problems.append(
                f"{place}.reason: got {reason!r}; say in {MIN_REASON} characters or more why the "
                "gate may fail"
            )
        expires = waiver.get("expires")
        if not is_day(expires):
            problems.append(f"{place}.expires: got {expires!r}; wanted: a day such as 2027-01-31")
    if problems:
        raise ValueError("\n".join(problems))


def expired_waivers(gates: Mapping, as_of: str) -> list[str]:
    """The gates whose waiver has expired by the day `as_of`; it holds through its last day.

    Raises
    ------
    ValueError
        If `as_of` is no day.
    """
    if not is_day(as_of):
        raise ValueError(f"gates_as_of: got {as_of!r}; wanted: a day such as 2027-01-31")
    return sorted(row["gate"] for row in gates.get(KEY, []) if row["expires"] < as_of)


def apply_waivers(
    verdicts: list[Verdict], gates: Mapping, expired: Collection[str]
) -> list[Verdict]:
    """The verdicts with their waivers: while one holds, its failing gate is WAIVED, never PASS.

    Parameters
    ----------
    verdicts : list of dict
        Without waivers.
    gates : mapping
        The file of gates, of which only the waivers are read.
    expired : collection of str
        Gates whose waiver has expired, as of `expired_waivers`.
    """
    waivers = {row["gate"]: row for row in gates.get(KEY, [])}
    return [
        _with_waiver(verdict, waivers[verdict["gate"]], verdict["gate"] in expired)
        if verdict["gate"] in waivers
        else verdict
        for verdict in verdicts
    ]


def _with_waiver(verdict: Verdict, waiver: Mapping, has_expired: bool) -> Verdict:
    reason, expires = waiver["reason"].strip(), waiver["expires"]
    if verdict["passed"]:
        status, state = PASS, UNNEEDED
        remark = "Its waiver is not needed any more; take it out."
    elif has_expired:
        status, state = FAIL, EXPIRED
        remark = f"Its waiver expired on {expires}: {reason}"
    else:
        status, state = WAIVED, IN_FORCE
        remark = f"Waived until {expires}: {reason}"
    return verdict | {
        "status": status,
        "sentence": f"{verdict['sentence']} {remark}",
        "waiver": {"reason": reason, "expires": expires, "state": state},
    }


def is_day(text) -> bool:
    """Whether `text` is a day of the calendar as ``2027-01-31``."""
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _paths(limit, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The names below a gate that has a limit for each of them, or the gate itself."""
    if not isinstance(limit, Mapping):
        yield path
        return
    for key, inner in limit.items():
        yield from _paths(inner, (*path, str(key)))


def _hint(gate, names: list[str]) -> str:
    below = [name for name in names if isinstance(gate, str) and name.startswith(f"{gate}.")]
    if below:
        return f"; it has one for each of {', '.join(below)}: name one of them"
    return f"; its gates are {', '.join(names)}"
