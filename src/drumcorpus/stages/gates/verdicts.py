"""What one gate says: figure, limit and sentence. A figure that is absent never passes."""

import math
from collections.abc import Mapping

PASS, FAIL, WAIVED = "PASS", "FAIL", "WAIVED"

N_NAMED = 5  # of many, so many are named in a sentence

Verdict = dict  # gate, status, passed, figure, limit, sentence, waiver


def at_least(gate: str, figure, limit, finding: str, advice: str) -> Verdict:
    """Verdict that passes where `figure` is there and not below `limit`."""
    return verdict(gate, figure is not None and figure >= limit, figure, limit, finding, advice)


def at_most(gate: str, figure, limit, finding: str, advice: str) -> Verdict:
    """Verdict that passes where `figure` is there and not above `limit`."""
    return verdict(gate, figure is not None and figure <= limit, figure, limit, finding, advice)


def verdict(gate: str, passed: bool, figure, limit, finding: str, advice: str) -> Verdict:
    """One verdict; advice is given only where it is needed."""
    if figure is None:
        sentence = "The report does not have this figure, hence the gate cannot pass. "
        sentence += "What it rests on was not measured, or there is nothing of it."
    else:
        sentence = finding if passed else f"{finding} {advice}"
    return {
        "gate": gate,
        "status": PASS if passed else FAIL,
        "passed": bool(passed),
        "figure": figure,
        "limit": limit,
        "sentence": sentence,
        "waiver": None,
    }


def figure_of(report: Mapping, *keys: str) -> float | None:
    """The number at `keys`, or None where there is none, or one that is not finite."""
    value = mapping_of(report, *keys[:-1])
    value = None if value is None else value.get(keys[-1])
    return value if is_number(value) else None


def mapping_of(report: Mapping, *keys: str) -> Mapping | None:
    """The mapping at `keys`, or None where there is none."""
    value = report
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value if isinstance(value, Mapping) else None


def each_number(name: str, limits) -> list[tuple[str, float]]:
    """The limits of a gate that has one for each label or split."""
    if not isinstance(limits, Mapping) or not limits:
        raise ValueError(f"{name}: {limits!r} should map names to numbers, at least one")
    return [(key, one_number(f"{name}.{key}", limit)) for key, limit in limits.items()]


def one_number(name: str, limit, largest: float = math.inf) -> float:
    """The limit of a gate, a number from 0 to `largest`."""
    if not is_number(limit) or not 0 <= limit <= largest:
        raise ValueError(f"{name}: {limit!r} should be a number from 0 to {largest}")
    return limit


def names_of(name: str, limit) -> list[str]:
    """The limit of a gate that is a list of names."""
    if not isinstance(limit, list) or not limit or not all(isinstance(n, str) for n in limit):
        raise ValueError(f"{name}: {limit!r} should be a list of names, at least one")
    return limit


def only_true(name: str, limit) -> None:
    """Refuse any limit but true of a gate that is either there or not."""
    if limit is not True:
        raise ValueError(f"{name}: {limit!r} should be true; leave the gate out to switch it off")


def is_number(value) -> bool:
    """Whether `value` is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def shown(figure: float | None) -> str:
    """A figure as people read it, such as ``12,345``."""
    return "no" if figure is None else f"{figure:,}"


def shown_share(figure: float | None) -> str:
    """A share in percent, such as ``0.5 %``."""
    return "no" if figure is None else f"{100 * figure:.4g} %"


def sessions_of(report: Mapping, *keys: str) -> list[str]:
    """The sessions that a section names by source set, as ``set/session``."""
    examples = mapping_of(report, *keys, "examples") or {}
    return [f"{name}/{session}" for name, sessions in examples.items() for session in sessions]


def named(names: list[str], separator: str = ", ", n_in_all: int | None = None) -> str:
    """`some_of` the names in brackets; nothing where there is none."""
    return f" ({some_of(names, separator, n_in_all)})" if names else ""


def some_of(names: list[str], separator: str = ", ", n_in_all: int | None = None) -> str:
    """The first names, with how many there are beyond, of `n_in_all` where not all are listed."""
    n_more = (n_in_all or len(names)) - N_NAMED
    more = f"{separator}and {n_more} more" if n_more > 0 else ""
    return f"{separator.join(names[:N_NAMED])}{more}"
