"""What all pages for people have in common: templates that escape, and how quarantine is told."""

import jinja2
import markupsafe
import pyarrow as pa

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.pages.shown import data_size, hours, number, percent

# Templates that pages build upon; named here, the code digest of every page covers them.
COMMON_TEMPLATES = (
    *("page.html.jinja", "page.css", "charts.html.jinja"),
    *("parts.html.jinja", "parts.css"),
)
FILTERS = {"number": number, "percent": percent, "hours": hours, "data_size": data_size}
N_EXAMPLES = 10  # files shown of each reason of quarantine


def render_page(template: str, **values) -> str:
    """A template of the package as a whole HTML document.

    Every value is escaped, and characters in names that do not print or turn the text are shown
    as escapes. A name that the template asks for and `values` lacks is an error.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("drumcorpus", "ground/pages/templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_without_unprinted,
    )
    environment.filters |= FILTERS
    return environment.get_template(template).render(**values)


def quarantine_by_reason(quarantine: pa.Table) -> dict:
    """Files that are not used, by reason, each with its first examples.

    Parameters
    ----------
    quarantine : pa.Table
        QUARANTINE schema, of one source set.

    Returns
    -------
    dict
        ``files`` in all, and ``by_reason`` in order of the name: ``files`` and ``examples`` of
        ``path``, ``session_id``, ``stage`` and ``detail``, in order of path.
    """
    order = [(name, "ascending") for name in ("reason", "path", "stage", "detail")]
    by_reason: dict[str, dict] = {}
    for batch in quarantine.sort_by(order).to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            group = by_reason.setdefault(row["reason"] or "(none)", {"files": 0, "examples": []})
            group["files"] += 1
            if len(group["examples"]) < N_EXAMPLES:
                keys = ("path", "session_id", "stage", "detail")
                group["examples"].append({key: row[key] for key in keys})
    return {"files": quarantine.num_rows, "by_reason": dict(sorted(by_reason.items()))}


def _without_unprinted(value):
    """Applied to whatever a template puts out; what it has put together itself stays."""
    is_name = isinstance(value, str) and not isinstance(value, markupsafe.Markup)
    return visible(value) if is_name else value
