"""The geometry of charts that a page draws in SVG, stretched to its width."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence

from drumcorpus.ground.pages.shown import short
from drumcorpus.vocabulary import NO_VALUE

COLOURS = [f"c{index}" for index in range(8)]  # classes in page.css for names without order
RAMP = [f"r{index}" for index in range(6)]  # for names from soft to loud
NO_COLOUR = "none"  # for what has no value, whatever the other colours mean
MIN_GAP = 8  # between the last two names below a histogram, in percent of the width
SHADES = (0.05, 0.2, 0.5, 1.0)  # of the largest count of a row, upper ends
N_NAMED = 4  # places of a row that are named in words
N_TICK_LABELS = 7  # below a histogram, so that they do not touch on a phone


def in_order(rows: Mapping[str, Mapping], more: Iterable[str], first: Sequence[str]) -> list[str]:
    """All names of series in `rows` and `more`: those of `first` in their order, then the rest.

    What has no value comes last.
    """
    names = {*more, *(name for counts in rows.values() for name in counts)}
    return [name for name in first if name in names] + sorted(
        names - set(first), key=lambda name: (name == NO_VALUE, name)
    )


def stacked_bars(
    rows: Mapping[str, Mapping[str, int]],
    series: Sequence[str],
    of_whole: bool = False,
    colours: Sequence[str] = COLOURS,
) -> dict:
    """Lying bars, one per row, cut into `series`.

    Lengths are in thousandths of the width: of the largest row's tick or, with `of_whole`, of the
    row's own total. `colours` are CSS classes, used in turn; what has no value has a colour of its
    own, which stands for no place in an order.
    """
    named = [key for key in series if key != NO_VALUE]
    colour = dict(zip(named, itertools.cycle(colours), strict=False)) | {NO_VALUE: NO_COLOUR}
    totals = {name: sum(counts.values()) for name, counts in rows.items()}
    ticks = [0, 0.5, 1] if of_whole else nice_ticks(max(totals.values(), default=0))
    bars = []
    for name, counts in rows.items():
        scale = 1000 / (totals[name] if of_whole else ticks[-1]) if totals[name] else 0.0
        start, segments = 0.0, []
        for key in series:
            n = counts.get(key, 0)
            if n:
                share = n / totals[name]
                segment = {"series": key, "n": n, "share": share, "colour": colour[key]}
                segments.append({**segment, "x": round(start, 2), "width": round(n * scale, 2)})
            start += n * scale
        bars.append({"name": name, "total": totals[name], "segments": segments})
    return {
        "legend": [{"name": key, "colour": colour[key]} for key in series],
        "rows": bars,
        "ticks": [
            {"at": 100 * tick / ticks[-1], "text": f"{100 * tick:g} %" if of_whole else short(tick)}
            for tick in ticks
        ],
    }


def histogram(
    bins: Sequence[tuple[str, int]],
    end: str | None = None,
    centred: bool = False,
    edges: Sequence[float] | None = None,
) -> dict | None:
    """Standing columns, one per (name, count); names stand at the left edge of their column.

    Positions are in percent of the width and height; `end` names the right edge of the last
    column, and `centred` sets the names below the middle. None where there is nothing to draw.
    Bins of unequal width have `edges`, one more than there are bins and all above 0: they stand on
    a logarithmic axis, and a column is as high as its count for a factor of ten.
    """
    if not any(n for _, n in bins):
        return None
    if edges is not None:
        return _on_logarithmic_axis(bins, [math.log10(edge) for edge in edges])
    ticks = nice_ticks(max(n for _, n in bins))
    width = 100 / len(bins)
    every = math.ceil(len(bins) / N_TICK_LABELS)
    labels = [
        {"at": round((index + centred / 2) * width, 3), "text": name}
        for index, (name, _) in enumerate(bins)
        if index % every == 0
    ]
    if end is not None:
        labels = [label for label in labels if label["at"] < 100 - max(width / 2, MIN_GAP)]
        labels.append({"at": 100, "text": end})
    return {
        "columns": [
            {
                "name": name,
                "n": n,
                "x": round(index * width + 0.06 * width, 3),
                "width": round(0.88 * width, 3),
                "height": round(100 * n / ticks[-1], 3),
            }
            for index, (name, n) in enumerate(bins)
        ],
        "x_labels": labels,
        "y_ticks": [{"at": 100 * tick / ticks[-1], "text": short(tick)} for tick in ticks],
    }


def _on_logarithmic_axis(bins: Sequence[tuple[str, int]], places: Sequence[float]) -> dict:
    spans = [right - left for left, right in itertools.pairwise(places)]
    heights = [n / span for (_, n), span in zip(bins, spans, strict=True)]
    ticks = nice_ticks(max(heights))
    at = [100 * (place - places[0]) / (places[-1] - places[0]) for place in places]
    labels = [{"at": 0.0, "text": bins[0][0]}]
    for place, (name, _) in zip(at, bins, strict=False):
        if place - labels[-1]["at"] >= 100 / N_TICK_LABELS and place < 100 - MIN_GAP:
            labels.append({"at": round(place, 3), "text": name})
    return {
        "columns": [
            {
                "name": name,
                "n": n,
                "x": round(left + 0.03 * (right - left), 3),
                "width": round(0.94 * (right - left), 3),
                "height": round(100 * height / ticks[-1], 3),
            }
            for (name, n), left, right, height in zip(bins, at[:-1], at[1:], heights, strict=True)
        ],
        "x_labels": labels,
        "y_ticks": [{"at": 100 * tick / ticks[-1], "text": short(tick)} for tick in ticks],
    }


def ranges(
    rows: Mapping[str, Sequence[float]], zero: bool = False, reach: Sequence[float] = ()
) -> dict | None:
    """A line, a box and a stroke for each row of five quantiles in order, on one axis.

    Positions are in thousandths of the width; with `zero` the axis reaches to 0, and always to the
    values of `reach`, so that several charts can have one axis. None where there is no row.
    """
    if not rows:
        return None
    low = min(values[0] for values in rows.values())
    high = max(values[-1] for values in rows.values())
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    low, high = min([low, *reach]), max([high, *reach])
    step = 10.0 ** math.floor(math.log10(max(high - low, 1e-6)))
    step = next(part * step for part in (0.2, 0.5, 1, 2, 5) if (high - low) / (part * step) <= 5)
    first, last = math.floor(low / step), max(math.ceil(high / step), math.floor(low / step) + 1)

    def place(value: float) -> float:
        return round(1000 * (value / step - first) / (last - first), 2)

    return {
        "rows": [
            {
                "name": name,
                "values": list(values),
                "line": [place(values[0]), place(values[-1])],
                "box": [place(values[1]), round(place(values[3]) - place(values[1]), 2)],
                "middle": place(values[2]),
            }
            for name, values in rows.items()
        ],
        "ticks": [
            {"at": round(100 * n / (last - first), 3), "text": f"{round((first + n) * step, 6):g}"}
            for n in range(last - first + 1)
        ],
    }


def shaded_places(
    rows: Mapping[str, Sequence[int]], names: Sequence[str], per_name: int
) -> dict | None:
    """A strip of squares for each row, the darker the larger the count at its place.

    Counts are held against the largest of their row. None where there is no row.

    Parameters
    ----------
    rows : mapping
        Of each row the counts, `per_name` for each of `names`.
    names : sequence of str
        Of the places below the strips, each at the first of its own.
    per_name : int
    """
    if not rows:
        return None
    n_places = len(names) * per_name
    strips = []
    for name, counts in rows.items():
        top = max(counts)
        by_shade: list[list[int]] = [[] for _ in SHADES]
        for place, n in enumerate(counts):
            if n:
                by_shade[next(i for i, most in enumerate(SHADES) if n <= most * top)].append(place)
        strips.append(
            {
                "name": name,
                "total": sum(counts),
                "shades": [
                    {"colour": RAMP[shade], "path": "".join(f"M{place} 0h1v1h-1z" for place in of)}
                    for shade, of in enumerate(by_shade)
                    if of
                ],
                "most": [
                    {"at": round(1 + place / per_name, 2), "n": counts[place]}
                    for place in sorted(range(n_places), key=lambda p: (-counts[p], p))[:N_NAMED]
                    if counts[place]
                ],
            }
        )
    parts = zip(RAMP, [0.0, *SHADES], SHADES, strict=False)
    return {
        "n_places": n_places,
        "rows": strips,
        "ticks": [{"at": 100 * n / len(names), "text": name} for n, name in enumerate(names)],
        "legend": [
            {"colour": colour, "name": f"{100 * low:g} to {100 * high:g} %"}
            for colour, low, high in parts
        ],
    }


def nice_ticks(largest: float) -> list[float]:
    """Ticks of whole numbers from 0 to at least `largest`: 3 to 6 of them, steps of 1, 2 or 5."""
    if largest <= 2:
        return [0, 1, 2]
    power = 10 ** math.floor(math.log10(largest / 4))
    step = next(m * power for m in (1, 2, 5, 10) if m * power * 5 >= largest)
    step = max(int(step), 1)
    return [step * index for index in range(math.ceil(largest / step) + 1)]
