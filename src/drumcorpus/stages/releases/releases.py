"""A release's reports in one folder: what is filed, its digests, and one page that leads to all."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.pages.render import render_page

SCHEMA = "drumcorpus.release/1"
STATES = ("FAIL", "WAIVED", "PASS")  # of gates, the worst first
# What is said of a document, by its folder in the release and its ending there.
TITLES = {
    ("provenance", ".html"): "Provenance audit",
    ("provenance", ".md"): "Provenance audit, as Markdown",
    ("provenance", ".json"): "Provenance audit, figures",
    ("provenance", ".diff.json"): "What differs from the blessed audit",
    ("health", ".html"): "Health report",
    ("health", ".json"): "Health report, figures and verdicts",
    ("health", ".diff.json"): "What differs from the blessed figures",
    ("splits", ".html"): "Splits and near-duplicates",
    ("splits", ".json"): "Splits and near-duplicates, figures",
    ("distribution", ".json"): "What has drifted, by source set and class",
    ("sampling", ".json"): "Sampling weights, what they are made of",
    ("sampling", ".parquet"): "Sampling weights, one per event of the weighted splits",
    ("gates", ".json"): "Gates that fail, and those that are waived",
    ("metrics", ".json"): "Metrics snapshot",
}


def file_document(source: str | os.PathLike, target: str | os.PathLike) -> None:
    """Copy a document into a release, whole or not at all."""
    with replacing(target) as part:
        shutil.copyfile(source, part)


def index_release(
    release: str,
    folder: str | os.PathLike,
    documents: Sequence[str | os.PathLike],
    reports: Mapping[str, Mapping],
    reports_of_sets: Mapping[str, Mapping] | None = None,
) -> dict:
    """What a release's folder holds.

    Parameters
    ----------
    release : str
        Its name.
    folder : path
        The release's folder.
    documents : sequence of paths
        The filed documents, in that folder.
    reports : mapping
        Health report of every manifest, by its name.
    reports_of_sets : mapping, optional
        The same of every source set that has gates of its own.

    Returns
    -------
    index : dict
        ``documents``: ``path`` relative to the folder, ``name`` (manifest or source set),
        ``title``, ``bytes`` and ``sha256``, in order of the path; ``manifests``: ``totals`` and
        ``gates`` of each; ``source_sets``: the same of those that have gates of their own.
    """
    filed = [_described(Path(path), Path(folder)) for path in documents]
    return {
        "schema": SCHEMA,
        "release": release,
        "documents": sorted(filed, key=lambda row: row["path"]),
        "manifests": _verdicts(reports),
        "source_sets": _verdicts(reports_of_sets or {}),
    }


def _verdicts(reports: Mapping[str, Mapping]) -> dict:
    return {
        name: {"totals": report["totals"], "gates": report["gates"]}
        for name, report in sorted(reports.items())
    }


def render_release_page(index: Mapping) -> str:
    """The page of a release; all its links lead to documents beside it.

    Parameters
    ----------
    index : mapping
        As of `index_release`.

    Returns
    -------
    html : str
        A whole document. All names are escaped.
    """
    judged = [
        {"name": name, "totals": summary["totals"], "gates": sorted(summary["gates"], key=_worst)}
        for kind in ("manifests", "source_sets")
        for name, summary in index[kind].items()
    ]
    states = [verdict["status"] for row in judged for verdict in row["gates"]]
    return render_page(
        "release.html.jinja",
        title=f"Release {index['release']}",
        index=index,
        of_manifests=[row for row in index["documents"] if not _is_of_set(row["path"])],
        of_sets=[row for row in index["documents"] if _is_of_set(row["path"])],
        judged=judged,
        n_of={state: states.count(state) for state in STATES},
    )


def _worst(verdict: Mapping) -> int:
    return STATES.index(verdict["status"])


def _is_of_set(path: str) -> bool:
    """Whether a document is of a source set, whose name a manifest may have too."""
    folders = PurePosixPath(path).parts[:-1]
    return folders[0] == "metrics" or "source_sets" in folders


def _described(path: Path, folder: Path) -> dict:
    relative = PurePosixPath(path.relative_to(folder).as_posix())
    name, _, ending = relative.name.partition(".")
    return {
        "path": str(relative),
        "name": name,
        "title": TITLES.get((relative.parts[0], f".{ending}"), "Document"),
        "bytes": path.stat().st_size,
        "sha256": sha256_file(path),
    }
