"""The health report as one self-contained page: no script, no network, light and dark.

Text is HTML and bars are SVG stretched to the width, so that numbers stay readable on a phone.
"""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence

import jinja2

N_ROWS = 25  # of a long table; the report holds the rest
COLOURS = [f"c{index}" for index in range(8)]  # classes in page.css for names without order
RAMP = [f"r{index}" for index in range(6)]  # for names from soft to loud
N_TICK_LABELS = 7  # below a histogram, so that they do not touch on a phone


def render_health_page(report: Mapping, verdicts: Sequence[Mapping], title: str) -> str:
    """The page of a health report.

    Parameters
    ----------
    report : mapping
        Report of `drumcorpus.health.measure_health`, as it is or read back from JSON.
    verdicts : sequence of mappings
        Verdicts of `drumcorpus.gates.check_gates` on this report; may be empty.
    title : str
        Heading of the page, such as the name of the manifest.

    Returns
    -------
    html : str
        A whole document. All names from the data are escaped.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("drumcorpus"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "percent": percent, "hours": hours}
    return environment.get_template("health.html.jinja").render(
        title=title,
        report=report,
        verdicts=sorted(verdicts, key=lambda verdict: verdict["passed"]),
        n_failed=sum(not verdict["passed"] for verdict in verdicts),
        charts=health_charts(report),
        n_rows=N_ROWS,
    )


def health_charts(report: Mapping) -> dict:
    """The geometry of all charts of the page, by their names in the template."""
    ranked = sorted(report["labels"].items(), key=lambda item: (-item[1]["total"], item[0]))
    present = {label: counts for label, counts in ranked if counts["total"]}
    by_split = {label: counts["by_split"] for label, counts in present.items()}
    by_source = {label: counts["by_source_set"] for label, counts in present.items()}
    dynamics = {label: counts["dynamics"] for label, counts in present.items()}
    techniques = {name: counts["by_split"] for name, counts in report["techniques"].items()}
    splits = in_order(by_split, report["splits"], first=("train", "validation", "test"))
    buckets = in_order(dynamics, (), first=report["dynamic_buckets"])
    return {
        "splits": stacked_bars(by_split, splits),
        "source_sets": stacked_bars(by_source, list(report["source_sets"]), of_whole=True),
        "dynamics": stacked_bars(dynamics, buckets, of_whole=True, colours=RAMP),
        "techniques": stacked_bars(techniques, splits),
        "openness": {
            family: histogram([(f"{b['from']:g}", b["components"]) for b in counts["bins"]], "1")
            for family, counts in report["openness"].items()
        },
        "hits": hits_histogram(report["hits_per_session"]),
        "tempo": histogram([(str(b["from_bpm"]), b["events"]) for b in report["tempo"]["bins"]]),
        "components": histogram(list(report["components_per_event"].items()), centred=True),
    }


def in_order(rows: Mapping[str, Mapping], more: Iterable[str], first: Sequence[str]) -> list[str]:
    """All names of series in `rows` and `more`: those of `first` in their order, then the rest."""
    names = {*more, *(name for counts in rows.values() for name in counts)}
    return [name for name in first if name in names] + sorted(names - set(first))


def stacked_bars(
    rows: Mapping[str, Mapping[str, int]],
    series: Sequence[str],
    of_whole: bool = False,
    colours: Sequence[str] = COLOURS,
) -> dict:
    """Lying bars, one per row, cut into `series`.

    Lengths are in thousandths of the width: of the largest row's tick or, with `of_whole`, of the
    row's own total. `colours` are CSS classes, used in turn.
    """
    colour = dict(zip(series, itertools.cycle(colours), strict=False))
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
    bins: Sequence[tuple[str, int]], end: str | None = None, centred: bool = False
) -> dict | None:
    """Standing columns, one per (name, count); names stand at the left edge of their column.

    Positions are in percent of the width and height; `end` names the right edge of the last
    column, and `centred` sets the names below the middle. None where there is nothing to draw.
    """
    if not any(n for _, n in bins):
        return None
    ticks = nice_ticks(max(n for _, n in bins))
    width = 100 / len(bins)
    every = math.ceil(len(bins) / N_TICK_LABELS)
    labels = [
        {"at": round((index + centred / 2) * width, 3), "text": name}
        for index, (name, _) in enumerate(bins)
        if index % every == 0
    ]
    if end is not None:
        labels = [label for label in labels if label["at"] < 100 - width / 2]
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


def hits_histogram(hits: Mapping | None) -> dict | None:
    """Histogram of hits per session, without the empty bins at both ends."""
    if hits is None:
        return None
    bins = [(short(b["from"]), b["sessions"]) for b in hits["bins"]]
    filled = [index for index, (_, n) in enumerate(bins) if n]
    return histogram(bins[filled[0] : filled[-1] + 1]) if filled else None


def nice_ticks(largest: float) -> list[float]:
    """Ticks of whole numbers from 0 to at least `largest`: 3 to 6 of them, steps of 1, 2 or 5."""
    if largest <= 2:
        return [0, 1, 2]
    power = 10 ** math.floor(math.log10(largest / 4))
    step = next(m * power for m in (1, 2, 5, 10) if m * power * 5 >= largest)
    step = max(int(step), 1)
    return [step * index for index in range(math.ceil(largest / step) + 1)]


def short(value: float) -> str:
    """A number in few letters: 1500 is ``1.5k``, 2000000 is ``2M``."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def number(value: float | None) -> str:
    """A number with thousands separators; a dash where there is none."""
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1 else f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,}"


def percent(value: float | None) -> str:
    """A share in percent; a dash where there is none."""
    return "—" if value is None else f"{100 * value:.3g} %"


def hours(seconds: float | None) -> str:
    """A duration in hours, minutes and seconds, such as ``1:02:03``; a dash where there is none."""
    if seconds is None:
        return "—"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60:,}:{minutes % 60:02d}:{rest:02d}"
