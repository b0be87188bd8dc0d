"""Figures that must hold: ``micro>=0.80``, ``crash.low>=0.3``."""

import math
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass

from drumcorpus.ground.files.spelling import did_you_mean

_FORM = re.compile(r"(?P<figure>[^<>=]+)(?P<sign>>=|<=|>|<)(?P<limit>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
_SIGNS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_ENDS = ("f", "low", "high")
# What a mean has, and what a class has.
_MEANS = {
    "micro": ("f", "precision", "recall", "low", "high"),
    "macro": _ENDS,
    "macro_resolvable": _ENDS,
    "track_mean": ("f",),
    "fold_mean": ("f",),
}
_PARTS = (*_MEANS["micro"], "track_mean", "fp_per_minute")


@dataclass(frozen=True)
class Requirement:
    """A figure of a report, by its place there, and what it must be."""

    text: str
    place: tuple[str, ...]
    sign: str
    limit: float

    def value(self, scores: Mapping) -> float | None:
        """What the figure is; None where it has no value."""
        value = scores
        for key in self.place:
            value = None if value is None else value.get(key)
        return None if value is None or math.isnan(value) else value

    def outcome(self, scores: Mapping) -> dict:
        """What was asked, what the figure is, and whether it holds, for the report."""
        row = {"figure": self.text, "value": self.value(scores)}
        return row | {"holds": not self.problem(scores)}

    def problem(self, scores: Mapping) -> str:
        """Why it does not hold, in words; empty where it does.

        A figure that has no value holds nothing: neither an absent class nor an interval of too
        few groups passes.
        """
        value = self.value(scores)
        if value is None:
            return f"{self.text}: has no value (absent, or not resolvable)"
        holds = _SIGNS[self.sign]
        if holds(value, self.limit):
            return ""
        # Not as a number that would hold: 0.79997 is not shown as 0.8000.
        shown = f"{value:.4f}"
        return f"{self.text}: is {f'{value:.6f}' if holds(float(shown), self.limit) else shown}"


def read_requirement(text: str, classes: tuple[str, ...]) -> Requirement:
    """What ``FIGURE>=LIMIT`` means.

    FIGURE is a mean or a class, and after a dot one of its parts; without one it is F.

    Raises
    ------
    LookupError
        If it is not of that form, or names no figure.

    Examples
    --------
    >>> read_requirement("CY+RD.low>=0.3", ("BD", "CY+RD")).place
    ('classes', 'CY+RD', 'low')
    """
    match = _FORM.fullmatch(text.replace(" ", ""))
    if match is None:
        raise LookupError(f"require: got {text!r}; wanted: FIGURE>=LIMIT, such as micro>=0.80")
    name, dot, part = match["figure"].rpartition(".")
    if not dot:
        name, part = match["figure"], "f"
    names = (*_MEANS, *classes)
    if name not in names:
        hint = did_you_mean(name, names)
        raise LookupError(f"require: {text}: no {name!r}{hint}; allowed: {', '.join(names)}")
    parts = _MEANS.get(name, _PARTS)
    if part not in parts:
        raise LookupError(f"require: {text}: no {part!r} of {name}; allowed: {', '.join(parts)}")
    place = (name, part) if name in _MEANS else ("classes", name, part)
    return Requirement(text, place, match["sign"], float(match["limit"]))


def problems_of(report: Mapping) -> list[str]:
    """Why figures that a report was asked for do not hold, in words; none where all do."""
    classes = tuple(report["protocol"]["classes"])
    scores = report["system"]["scores"]
    required = (read_requirement(row["figure"], classes) for row in report["required"])
    return [problem for each in required if (problem := each.problem(scores))]


def enforce_requirements(report: Mapping, page: str = "") -> None:
    """Stop where a figure that a report was asked for does not hold.

    Parameters
    ----------
    report : mapping
        As of `report.evaluate`, with the figures that are required.
    page : str
        Where the report is shown; empty where nobody has to be led there.

    Raises
    ------
    ValueError
        Names every such figure, with what it is.
    """
    if problems := problems_of(report):
        see = f". See {page}" if page else ""
        raise ValueError(f"does not hold: {'; '.join(problems)}{see}")
