"""The page of a comparison: what differs, the worst first."""

from collections.abc import Mapping

from drumcorpus.ground.pages.render import render_page

N_ROWS = 300  # of differences shown; the report has more


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
    rows = comparison.get("differences", [])
    return render_page(
        "comparison.html.jinja",
        title=title,
        comparison=comparison,
        names=comparison["names"],
        rows=rows[:N_ROWS],
        n_more=len(rows[N_ROWS:]) + comparison.get("more_differences", 0),
    )
