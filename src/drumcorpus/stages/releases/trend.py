"""The page of how source sets have changed: their metrics snapshots from release to release."""

import os
from collections.abc import Iterable, Mapping, Sequence

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.natural_order import natural_key
from drumcorpus.ground.pages.charts import COLOURS, nice_ticks
from drumcorpus.ground.pages.render import render_page
from drumcorpus.ground.pages.shown import short

SCHEMA = "drumcorpus.metrics/1"
OTHERS = "all others"


def read_snapshots(
    paths: Iterable[tuple[str, str | os.PathLike]],
) -> dict[str, dict[str, dict]]:
    """Metrics snapshots by source set and release, both in order of their names.

    Numbers in the name of a release count as numbers.

    Parameters
    ----------
    paths : iterable of (str, path)
        Release and path of each snapshot.

    Raises
    ------
    ValueError
        If a file is not JSON or no metrics snapshot; the message names it.
    """
    snapshots: dict[str, dict[str, dict]] = {}
    for release, path in paths:
        snapshot = read_json(path)
        schema = snapshot.get("schema") if isinstance(snapshot, dict) else None
        if schema != SCHEMA:
            raise ValueError(f"{path}: got the schema {schema!r}; wanted: {SCHEMA!r}")
        snapshots.setdefault(snapshot["source_set"], {})[release] = snapshot
    return {
        name: {release: of_set[release] for release in sorted(of_set, key=natural_key)}
        for name, of_set in sorted(snapshots.items())
    }


def render_trend_page(snapshots: Mapping[str, Mapping[str, Mapping]]) -> str:
    """The page of all source sets over all releases.

    Parameters
    ----------
    snapshots : mapping
        As of `read_snapshots`.

    Returns
    -------
    html : str
        A whole document, every name escaped.
    """
    names = {release for of_set in snapshots.values() for release in of_set}
    releases = sorted(names, key=natural_key)
    charts = {
        name: line_chart(
            releases, classes_by_release(of_set), [of_set.get(r, {}).get("hits") for r in releases]
        )
        for name, of_set in snapshots.items()
    }
    return render_page(
        "trend.html.jinja",
        title="Source sets over the releases",
        releases=releases,
        snapshots=snapshots,
        charts=charts,
    )


def classes_by_release(of_set: Mapping[str, Mapping]) -> dict[str, dict[str, int]]:
    """Hits of the classes with most of them, by release; the rest of them taken together."""
    peaks: dict[str, int] = {}
    for snapshot in of_set.values():
        for label, n in snapshot["classes"].items():
            peaks[label] = max(n, peaks.get(label, 0))
    ranked = sorted(peaks, key=lambda label: (-peaks[label], label))
    n_own = len(COLOURS) if len(ranked) <= len(COLOURS) else len(COLOURS) - 1
    series = {
        label: {release: row["classes"].get(label, 0) for release, row in of_set.items()}
        for label in ranked[:n_own]
    }
    if ranked[n_own:]:
        series[OTHERS] = {
            release: sum(row["classes"].get(label, 0) for label in ranked[n_own:])
            for release, row in of_set.items()
        }
    return series


def line_chart(
    releases: Sequence[str],
    series: Mapping[str, Mapping[str, int]],
    totals: Sequence[int | None],
) -> dict | None:
    """Lines over releases, one per series; positions in percent of the width and height.

    A release without a figure breaks the line. None where there is nothing to draw.
    """
    if not series or not any(totals):
        return None
    ticks = nice_ticks(max(n for line in series.values() for n in line.values()))
    places = [100 * (number + 0.5) / len(releases) for number in range(len(releases))]
    lines = []
    for (name, line), colour in zip(series.items(), COLOURS, strict=False):
        dots = [
            {
                "release": release,
                "n": line[release],
                "x": round(x, 3),
                "y": round(100 - 100 * line[release] / ticks[-1], 3),
                "after_gap": number == 0 or releases[number - 1] not in line,
            }
            for number, (release, x) in enumerate(zip(releases, places, strict=True))
            if release in line
        ]
        lines.append({"name": name, "colour": colour, "dots": dots, "path": _path(dots)})
    return {
        "lines": lines,
        "legend": [{"name": line["name"], "colour": line["colour"]} for line in lines],
        "x_labels": _labels(releases, places),
        "y_ticks": [{"at": 100 * tick / ticks[-1], "text": short(tick)} for tick in ticks],
    }


def _path(dots: Sequence[Mapping]) -> str:
    """The line through some dots, as SVG writes it."""
    return " ".join(f"{'M' if dot['after_gap'] else 'L'}{dot['x']},{dot['y']}" for dot in dots)


def _labels(releases: Sequence[str], places: Sequence[float], n_labels: int = 6) -> list[dict]:
    """The names below the chart: the last and some before it, so that they do not touch."""
    every = -(-len(releases) // n_labels)
    kept = range(len(releases) - 1, -1, -every)
    return [{"at": round(places[number], 3), "text": releases[number]} for number in sorted(kept)]
