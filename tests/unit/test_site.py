"""The site of the documentation: its generated pages say all, and it is built without a warning."""

import importlib.util
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from checkout import REPO

from drumcorpus import schemas

SITE = REPO / "docs/site"
SCHEMA = yaml.safe_load((REPO / "workflow/schemas/config.schema.yaml").read_text())
CONFIG = yaml.safe_load((REPO / "config/config.yaml").read_text())


@pytest.fixture
def site(monkeypatch):
    """The modules that gather the pages."""
    monkeypatch.syspath_prepend(SITE)
    import build
    import columns
    import pages
    import settings

    yield {"build": build, "columns": columns, "pages": pages, "settings": settings}
    for name in ("build", "columns", "pages", "settings"):
        sys.modules.pop(name)


def rows_of(page):
    """Cells of every row of every table, without the heads."""
    lines = [line for line in page.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_column_of_every_schema_is_explained(site):
    page = site["columns"].columns_page()
    assert [row for row in rows_of(page) if not row[2]] == []
    for name in site["columns"].FILES:
        part = page.split(f"## {name.lower().replace('_', ' ').capitalize()}\n")[1].split("\n## ")[
            0
        ]
        columns = [row[0].strip("`") for row in rows_of(part)]
        whole = [column for column in columns if "." not in column]
        assert whole == getattr(schemas, name).names


def test_a_column_says_what_its_comment_says(site):
    source = (
        "# One row each.\n"
        "A = pa.schema(\n"
        "    [\n"
        '        ("x", pa.string()),  # beside it\n'
        "        # Above it,\n"
        "        # and on.\n"
        '        ("y", pa.int32()),\n'
        "    ]\n"
        ")\n"
    )
    remarks = site["columns"].remarks_of(source)
    assert remarks["A", ""] == "One row each."
    assert remarks["A", "x"] == "beside it"
    assert remarks["A", "y"] == "Above it, and on."
    assert site["columns"].tables(source) == ["A"]


def test_every_table_has_a_place(site):
    source = (REPO / "src/drumcorpus/schemas.py").read_text()
    assert set(site["columns"].tables(source)) == set(site["columns"].FILES)


def leaves(prefix, value):
    if not isinstance(value, dict) or not value:
        return [prefix]
    return [leaf for key, inner in value.items() for leaf in leaves(f"{prefix}.{key}", inner)]


def stands_in(described, parts):
    """Whether a setting is described: by its own name, or by <name> where users give names."""
    names = [{part, "<name>"} for part in parts]
    return any(
        len(path) >= len(parts) and all(map(set.__contains__, names, path)) for path in described
    )


def test_every_setting_stands_in_the_reference_with_its_value(site):
    rows = {
        row[0].strip("`"): row for row in rows_of(site["settings"].settings_page(SCHEMA, CONFIG))
    }
    described = {tuple(path.split(".")) for path in rows}
    settings = [leaf for key in CONFIG for leaf in leaves(key, CONFIG[key])]
    assert [leaf for leaf in settings if not stands_in(described, leaf.split("."))] == []
    assert rows["splits.shares.train"][1:3] == ["`0.8`", "number ≥ 0 ≤ 1"]
    assert rows["gates"][2] == "`enforce`, `report`"
    assert "source_sets.<name>.tier" in rows and "exports.<name>.unit" in rows


def test_messages_are_those_of_the_pages(site):
    pages = {
        "a": "# A\n\n## When it stops you\n\n- `no x`: do y.\n\n## Known limits\n\n- none\n",
        "b": "# B\n\n## Files\n",
    }
    page = site["pages"].messages_page(pages)
    assert "## [a](a.md)\n\n- `no x`: do y." in page
    assert "(b.md)" not in page and "Known limits" not in page


def test_every_page_stands_in_a_chapter_once(site):
    chapters = site["build"].chapters((REPO / "docs/README.md").read_text())
    names = [name for names in chapters.values() for name in names]
    assert len(names) == len(set(names))
    made = {"columns", "settings", "messages", "source_sets", "library"}
    assert set(names) - made == {path.stem for path in REPO.glob("docs/*.md")} - {"README"}
    assert not made & {path.stem for path in REPO.glob("docs/*.md")}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('[a](health.png "A title")', None),
        ("[a](<health.png>)", None),
        ("[a](../src 'A title')", "a"),
        ('[a](reach.yaml "A title")', None),
        ("[a](https://example.org/b 'A title')", None),
    ],
    ids=["titled", "in_angles", "folder", "nowhere", "elsewhere"],
)
def test_a_link_may_have_a_title(site, tmp_path, text, written):
    site["build"].write_page(tmp_path, "docs/page.md", text)
    assert (tmp_path / "docs/page.md").read_text() == (written or text)
    assert (tmp_path / "docs/health.png").is_file() == ("health" in text)


class Links(HTMLParser):
    """Where a page leads, and the places in it that can be led to."""

    def __init__(self, text):
        super().__init__()
        self.links, self.places, self.loads = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            self.places.add(attrs["id"])
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        loaded = attrs.get("src") or (attrs.get("href") if tag == "link" else None)
        if loaded:
            self.loads.append(loaded)


@pytest.mark.long
def test_the_site_is_built_without_a_warning_and_its_links_lead_somewhere(tmp_path):
    missing = [n for n in ("sphinx", "myst_parser", "furo") if importlib.util.find_spec(n) is None]
    if missing:
        reason = f"{', '.join(missing)} not installed; make site-generator installs it"
        print(reason)
        pytest.skip(reason)
    out = tmp_path / "site"
    command = [sys.executable, SITE / "build.py", out]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {path: Links(path.read_text(encoding="utf-8")) for path in out.rglob("*.html")}
    assert len(pages) > len(list(REPO.glob("docs/*.md")))
    broken = []
    for path, page in pages.items():
        for link in [*page.links, *page.loads]:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https", "mailto", "data"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                broken.append((path.name, link))
                continue
            places = pages[target].places | {"", "top"} if target in pages else set()
            if places and unquote(parts.fragment) not in places:
                broken.append((path.name, link))
    assert broken == []
    assert [link for page in pages.values() for link in page.loads if "://" in link] == []
    assert "double_trigger" in (out / "searchindex.js").read_text()
    library = (out / "docs/library.html").read_text()
    assert "open_export" in library
    assert not any(str(REPO) in Path(path).read_text() for path in pages)
