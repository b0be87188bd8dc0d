"""The page of the networks of a training check: how they learned, and every class."""

from collections.abc import Mapping, Sequence

from drumcorpus.ground.pages.render import render_page

# What the page is put together from; named here, the code digest covers them.
TEMPLATES = (
    *("network_check.html.jinja", "evaluation_parts.html.jinja", "charts.html.jinja"),
    *("parts.css", "evaluation.css"),
)


def render_network_page(report: Mapping) -> str:
    """The page of a report.

    Parameters
    ----------
    report : mapping
        As of `network_report.report_networks` or `not_run`, with ``manifest`` and ``export``.

    Returns
    -------
    html : str
        A whole document, every name escaped.
    """
    rows = [{"name": name, **report["by_class"][name]} for name in report.get("classes", [])]
    for row in rows:
        row["others"] = sorted(row["confused_with"].items(), key=lambda pair: (-pair[1], pair[0]))
    return render_page(
        "network_check.html.jinja",
        title=f"{report['manifest']}/{report['export']}",
        report=report,
        curves=learning_curves(report.get("seeds", [])),
        scored=[row for row in rows if row["state"] == "scored"],
        silent=[row for row in rows if row["state"] != "scored" and any(row["strokes"].values())],
        n_without=sum(not any(row["strokes"].values()) for row in rows),
    )


def learning_curves(seeds: Sequence[Mapping]) -> dict | None:
    """Lines of the loss over epochs, in percent of the width and height; None without a seed.

    Returns
    -------
    dict
        ``lines``, each with ``name``, ``path`` and ``colour``; ``highest``, the loss at the top,
        and ``epochs``, those of the width.
    """
    losses = [loss for each in seeds for point in each["curve"] for loss in point]
    if not losses:
        return None
    highest, n_epochs = max(losses), max(len(each["curve"]) for each in seeds)
    lines = []
    for colour, name in enumerate(("train", "validation")):
        for each in seeds:
            points = [
                (
                    round(100 * epoch / max(n_epochs - 1, 1), 3),
                    round(100 - 100 * point[colour] / (highest or 1), 3),
                )
                for epoch, point in enumerate(each["curve"])
            ]
            path = "M" + " L".join(f"{x:g},{y:g}" for x, y in points)
            words = f"{name}, seed {each['seed']}"
            lines.append({"name": words, "path": path, "colour": colour})
    return {"lines": lines, "highest": highest, "epochs": n_epochs}
