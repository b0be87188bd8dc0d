"""The page of a working folder that a person opens first."""

from pathlib import Path

# The first of these that is there: all of a corpus, of a release, of a manifest, of the raw data.
# Of several that fit one pattern, the one that was written last.
FIRST = (
    "reports/index.html",
    "reports/releases/*/index.html",
    "reports/health/*.html",
    "reports/ingest.html",
    "reports/inventory.html",
)


def first_page(folder: Path) -> Path | None:
    """That page, or None where no page stands."""
    for pattern in FIRST:
        if pages := [path for path in folder.glob(pattern) if path.is_file()]:
            return max(pages, key=lambda path: (path.stat().st_mtime_ns, path.name))
    return None
