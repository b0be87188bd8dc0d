"""The page of an evaluation: its report as figures, intervals, curves and tables.

It is made of the report alone, in the order of its protocol's classes, so that a report read back
from JSON gives the same bytes.
"""

from collections.abc import Mapping, Sequence

from drumcorpus.ground.pages.render import render_page
from drumcorpus.stages.evaluation.page_charts import (
    confusion_table,
    curve,
    error_budget,
    forest,
    symmetric_ends,
)

# What the page is put together from; named here, the code digest of the command covers them.
TEMPLATES = (
    *("evaluation.html.jinja", "evaluation_system.html.jinja", "evaluation_parts.html.jinja"),
    *("evaluation.css", "parts.css", "tables.js"),
)
ALL = "all classes"
# Slices in the order of the page, with their headings.
SLICES = {
    "kit": "By kit",
    "set": "By source set",
    "drummer": "By drummer",
    "style": "By style",
    "synthetic": "By whether the sound is synthetic",
}
MEANS = {"micro": "micro, all counts", "macro": "macro, mean over classes"}
N_NAMED = 100  # sessions of one list; the report has all of them


def render_evaluation_page(
    report: Mapping, *, home: str | None = None, neighbours: Sequence[tuple[str, str]] = ()
) -> str:
    """The page of a report.

    Parameters
    ----------
    report : mapping
        As of `report.evaluate`, or read back from JSON.
    home : str, optional
        Where the index of the corpus is, for a page that stands among others.
    neighbours : sequence of (str, str)
        Name and path of pages beside it.

    Returns
    -------
    html : str
        A whole document, every name escaped.
    """
    systems = [each for each in (report["system"], report["other"]) if each is not None]
    classes = report["protocol"]["classes"]
    return render_page(
        "evaluation.html.jinja",
        title=" and ".join(system["name"] for system in systems),
        report=report,
        systems=[system_values(system, report["protocol"]) for system in systems],
        comparison=comparison_values(report["comparison"], systems, classes),
        n_named=N_NAMED,
        home=home,
        neighbours=neighbours,
    )


def system_values(system: Mapping, protocol: Mapping) -> dict:
    """What the page shows of one system, beside the report's own parts of it."""
    scores, classes = system["scores"], protocol["classes"]
    here = [name for name in classes if _is_here(scores["classes"][name])]
    with_hits = [name for name in here if scores["classes"][name]["f"] is not None]
    return {
        "of": system,
        "classes": here,
        "silent": [name for name in classes if name not in here],
        "forest": forest(
            {ALL: scores["micro"]} | {name: scores["classes"][name] for name in here}, "f"
        ),
        "curves": {
            "means": {words: _curve(system, key) for key, words in MEANS.items()},
            "classes": {name: _curve(system, "classes", name) for name in with_hits},
        },
        "windows": [str(ms) for ms in protocol["windows_ms"]],
        "budget": error_budget(system["errors"], here),
        "confusions": confusion_table(system["errors"], here),
        "slices": [(words, system["slices"][key]) for key, words in SLICES.items()],
        "bands": {
            key: [row["band"] for row in system["recall"][key][classes[0]]]
            for key in ("velocity", "polyphony")
        },
        "with_hits": with_hits,
    }


def _is_here(row: Mapping) -> bool:
    """Whether a class was struck or said."""
    return bool(row["reference"] or row["predicted"])


def _curve(system: Mapping, key: str, name: str | None = None) -> dict | None:
    points = [
        (row["window_ms"], row[key] if name is None else row[key][name]) for row in system["curve"]
    ]
    return curve(points)


def comparison_values(
    comparison: Mapping | None, systems: Sequence[Mapping], classes: Sequence[str]
) -> dict | None:
    """Differences of F with their intervals, all classes first; None where nothing is compared."""
    if comparison is None:
        return None
    rows = {ALL: comparison["micro"]} | {
        name: comparison["classes"][name]
        for name in classes
        if comparison["classes"][name]["difference"] is not None
    }
    scores = [{ALL: system["scores"]["micro"], **system["scores"]["classes"]} for system in systems]
    return {
        "rows": [
            {"name": name, "f": [each[name]["f"] for each in scores], **row}
            for name, row in rows.items()
        ],
        "forest": forest(rows, "difference", symmetric_ends(rows)),
    }
