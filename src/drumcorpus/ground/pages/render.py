"""What all pages for people have in common: templates that escape."""

from functools import cache

import jinja2
import markupsafe

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.pages.shown import data_size, hours, number, percent

# Templates that pages build upon; named here, the code digest of every page covers them.
COMMON_TEMPLATES = (
    *("page.html.jinja", "page.css", "charts.html.jinja"),
    *("parts.html.jinja", "parts.css", "source_sets.html.jinja"),
)
N_EXAMPLES = 10  # of each reason why something is not used
FILTERS = {"number": number, "percent": percent, "hours": hours, "data_size": data_size}


def render_page(template: str, **values) -> str:
    """A template of the package as a whole HTML document.

    Every value is escaped, and characters in names that do not print or turn the text are shown
    as escapes. A name that the template asks for and `values` lacks is an error.
    """
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> jinja2.Environment:
    """What compiles templates, each once in a process: a small page takes no longer itself."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("drumcorpus", "ground/pages/templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_without_unprinted,
    )
    environment.filters |= FILTERS
    environment.globals["n_examples"] = N_EXAMPLES
    return environment


def _without_unprinted(value):
    """Applied to whatever a template puts out; what it has put together itself stays."""
    is_name = isinstance(value, str) and not isinstance(value, markupsafe.Markup)
    return visible(value) if is_name else value
