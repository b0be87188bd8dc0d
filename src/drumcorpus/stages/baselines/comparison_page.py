"""The page of a comparison: what differs, by what it is about, the worst first."""

from collections.abc import Iterable, Mapping

from drumcorpus.ground.pages.charts import stacked_bars
from drumcorpus.ground.pages.render import render_page

N_ROWS = 50  # of differences shown of one subject; the report has more
BEYOND, WITHIN = "beyond tolerance", "within"


def render_comparison_page(comparison: Mapping, title: str) -> str:
    """The page of a comparison of two health reports or two manifests.

    Parameters
    ----------
    comparison : mapping
        As of `compare_files.compare_files`, as it is or read back from JSON.
    title : str
        Heading of the page.

    Returns
    -------
    html : str
        A whole document. All names from the data are escaped.
    """
    groups = by_subject(comparison.get("differences", []))
    counts = {
        group["name"]: {BEYOND: group["n_beyond"], WITHIN: group["n"] - group["n_beyond"]}
        for group in groups
    }
    return render_page(
        "comparison.html.jinja",
        title=title,
        comparison=comparison,
        names=comparison["names"],
        groups=groups,
        chart=stacked_bars(counts, [BEYOND, WITHIN], colours=["c5", "c7"]),
        n_rows=N_ROWS,
        n_more=comparison.get("more_differences", 0),
    )


def by_subject(rows: Iterable[Mapping]) -> list[dict]:
    """Differences by the section of the report that they stand in.

    Parameters
    ----------
    rows : iterable of mapping
        `figure`, a path with dots; `beyond`; `relative`, or None; and what else is shown.

    Returns
    -------
    groups : list of dict
        ``name``, ``n``, ``n_beyond`` and ``rows``: the group with most beyond tolerance first, and
        in it those beyond, the largest relative difference first.
    """
    groups: dict[str, list[Mapping]] = {}
    for row in rows:
        groups.setdefault(row["figure"].partition(".")[0].replace("_", " "), []).append(row)
    described = [
        {
            "name": name,
            "n": len(members),
            "n_beyond": sum(bool(row["beyond"]) for row in members),
            "rows": sorted(members, key=_worst),
        }
        for name, members in groups.items()
    ]
    return sorted(described, key=lambda group: (-group["n_beyond"], -group["n"], group["name"]))


def _worst(row: Mapping) -> tuple:
    relative = row["relative"]
    return not row["beyond"], -abs(relative) if relative is not None else 0.0, row["figure"]
