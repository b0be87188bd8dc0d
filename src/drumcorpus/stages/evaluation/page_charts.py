"""The geometry of the charts of an evaluation: intervals, curves, error budget, confusions."""

from collections.abc import Mapping, Sequence

from drumcorpus.ground.pages.charts import stacked_bars

# What becomes of a hit or of a prediction, in the order of a bar, with the class of its colour.
FATES = {"found": "c2", "taken for another": "c1", "missed": "c5", "phantom": "c4"}
# Half widths of the axis of differences, and the number of intervals between its ticks.
_WIDTHS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def forest(rows: Mapping[str, Mapping], key: str, ends: tuple[float, float] = (0.0, 1.0)) -> dict:
    """A dot and an interval for every row, along one axis.

    Parameters
    ----------
    rows : mapping
        By name: the value under `key`, and ``low``, ``high``, ``resolvable``, ``groups`` and
        ``effective_groups`` as the report has them; ``group_range`` where there is one.
    ends : (float, float)
        Of the axis.

    Returns
    -------
    dict
        ``rows``, places in thousandths of the width, and ``ticks`` in percent. `line` of a row is
        its interval where it is resolvable, what the groups themselves have where it is not, and
        None where neither is there.
    """
    low, high = ends

    def place(value: float) -> float:
        return round(1000 * (value - low) / (high - low), 2)

    drawn = []
    for name, row in rows.items():
        value, resolvable = row[key], row["resolvable"]
        span = (row["low"], row["high"]) if resolvable else row.get("group_range")
        state = "absent" if value is None else "resolved" if resolvable else "not resolvable"
        drawn.append(
            {
                "name": name,
                "value": value,
                "state": state,
                "at": None if value is None else place(value),
                "line": None if span is None or value is None else [place(end) for end in span],
                "span": span,
                "groups": row["groups"],
                "effective_groups": row["effective_groups"],
            }
        )
    ticks = [low + share * (high - low) for share in _SHARES]
    return {
        "rows": drawn,
        "ticks": [
            {"at": 100 * share, "text": f"{tick:+g}" if low < 0 < high and tick else f"{tick:g}"}
            for share, tick in zip(_SHARES, ticks, strict=True)
        ],
    }


def symmetric_ends(rows: Mapping[str, Mapping]) -> tuple[float, float]:
    """Ends of an axis around 0 that holds every difference and interval of `rows`.

    Examples
    --------
    >>> symmetric_ends({"kick": {"difference": -0.03, "low": -0.07, "high": None}})
    (-0.1, 0.1)
    """
    values = [row[key] for row in rows.values() for key in ("difference", "low", "high")]
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    width = next((width for width in _WIDTHS if width >= largest), _WIDTHS[-1])
    return -width, width


def curve(points: Sequence[tuple[int, float | None]]) -> dict | None:
    """A line of F over windows in ms, in percent of the width and height.

    The width ends at the last window. None where no point has a value.
    """
    last = points[-1][0] if points else 0
    dots = [
        {"ms": ms, "f": f, "x": round(100 * ms / last, 3), "y": round(100 - 100 * f, 3)}
        for ms, f in points
        if f is not None
    ]
    if not dots:
        return None
    return {"path": "M" + " L".join(f"{dot['x']:g},{dot['y']:g}" for dot in dots), "dots": dots}


def error_budget(errors: Mapping[str, Mapping], classes: Sequence[str]) -> dict:
    """Bars of what became of the hits of each class, and of predictions that nothing is near.

    A hit taken for another class counts in the bar of the class that was struck alone.
    """
    rows = {}
    for name in classes:
        row = errors[name]
        counts = (row["found"], sum(row["taken_for"].values()), row["missed"], row["phantom"])
        rows[name] = dict(zip(FATES, counts, strict=True))
    return stacked_bars(rows, list(FATES), of_whole=True, colours=list(FATES.values()))


def confusion_table(errors: Mapping[str, Mapping], classes: Sequence[str]) -> list[dict]:
    """Rows of what was struck, columns of what was said; the last of both is none.

    Each cell has its count ``n`` and its share of the row; ``right`` where both are one class.
    """
    rows = []
    for name in classes:
        row = errors[name]
        counts = [row["found"] if c == name else row["taken_for"].get(c, 0) for c in classes]
        rows.append((name, [*counts, row["missed"]]))
    rows.append((None, [*(errors[name]["phantom"] for name in classes), None]))
    return [
        {
            "name": name,
            "cells": [
                {"n": n, "share": n / total if n and total else 0.0, "right": place == number}
                for place, n in enumerate(counts)
            ],
        }
        for number, (name, counts) in enumerate(rows)
        for total in [sum(n for n in counts if n is not None)]
    ]
