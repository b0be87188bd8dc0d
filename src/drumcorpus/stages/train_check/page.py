"""The page of a training check: what was learned of every class, and how sure that is."""

from collections.abc import Mapping

from drumcorpus.ground.pages.render import render_page

# What the page is put together from; named here, the code digest covers them.
TEMPLATES = ("train_check.html.jinja", "evaluation_parts.html.jinja", "parts.css")
N_CONFUSED = 3  # other classes that are named in a row


def render_training_page(report: Mapping) -> str:
    """The page of a report.

    Parameters
    ----------
    report : mapping
        As of `check.check_training`, with ``manifest`` and ``export``, or read back from JSON.

    Returns
    -------
    html : str
        A whole document, every name escaped.
    """
    rows = [{"name": name, **report["by_class"][name]} for name in report["classes"]]
    for row in rows:
        others = sorted(row["confused_with"].items(), key=lambda pair: (-pair[1], pair[0]))
        row["others"] = others[:N_CONFUSED]
    return render_page(
        "train_check.html.jinja",
        title=f"{report['manifest']}/{report['export']}",
        report=report,
        scored=[row for row in rows if row["state"] == "scored"],
        silent=[row for row in rows if row["state"] != "scored" and any(row["events"].values())],
        n_without=sum(not any(row["events"].values()) for row in rows),
    )
