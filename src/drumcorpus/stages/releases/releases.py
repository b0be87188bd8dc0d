"""A release's reports in one folder: what is filed, its digests, and one page that leads to all."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.pages.render import render_page

SCHEMA = "drumcorpus.release/1"
SHARD_OF_SOUND = "Shard of sound"
STATES = ("FAIL", "WAIVED", "PASS")  # of gates, the worst first
NOT_RUN = "not run"  # state of a training check that nobody asked for
# What is said of a document, by its folder in the release and its ending there.
TITLES = {
    ("provenance", ".html"): "Provenance audit",
    ("provenance", ".md"): "Provenance audit, as Markdown",
    ("provenance", ".json"): "Provenance audit, figures",
    ("provenance", ".diff.json"): "What differs from the blessed audit",
    ("health", ".html"): "Health report",
    ("health", ".json"): "Health report, figures and verdicts",
    ("health", ".diff.json"): "What differs from the blessed figures",
    ("sessions/index", ".html"): "Sessions to hear and see, by the reason why",
    ("sessions", ".html"): "Sessions to hear and see",
    ("splits", ".html"): "Splits and near-duplicates",
    ("splits", ".json"): "Splits and near-duplicates, figures",
    ("distribution", ".json"): "What has drifted, by source set and class",
    ("sampling", ".json"): "Sampling weights, what they are made of",
    ("sampling", ".parquet"): "Sampling weights, one per event of the weighted splits",
    ("gates", ".json"): "Gates that fail, and those that are waived",
    ("metrics", ".json"): "Metrics snapshot",
    ("inventory", ".html"): "Source sets: files, sessions, licences",
    ("inventory", ".json"): "Source sets, figures",
    ("inventory", ".csv"): "Source sets, one line each",
    ("ingest", ".html"): "What became of every source label",
    ("ingest", ".json"): "What became of every source label, figures",
    ("crash/label_changes", ".html"): "Labels of cymbals before and after",
    ("crash/label_changes", ".json"): "Labels of cymbals before and after, figures",
    ("crash/label_counts", ".parquet"): "Labels of cymbals before and after, by session",
    ("crash/agreement", ".json"): "Whether sessions sound as their sources number them",
    ("crash/assignments", ".parquet"): "Crash mapping: which cymbal every hit is",
    ("crash/kits", ".parquet"): "Cymbals of every kit",
    ("manifests", ".parquet"): "Manifest: the events",
    ("manifests", ".jsonl"): "Manifest: the events, as JSON Lines",
    ("splits", ".parquet"): "Splits, one row per session",
    ("provenance", ".jsonl"): "Provenance, one row per session",
    ("missing", ".jsonl"): "Sessions without sound or annotation",
    ("train_check", ".json"): "Training check: what the corpus teaches, figures",
    ("train_check", ".html"): "Training check: what the corpus teaches",
    ("export", ".json"): "What became of the events in an export, figures and gates",
}
# Of the files of an export, by their names.
TITLES_OF_EXPORT = {
    "README.md": "Dataset card",
    "CITE.bib": "Citations",
    "croissant.json": "Croissant metadata",
    "metadata.json": "Settings, figures, licences",
    "components.json": "Labels and class maps with their ids",
    "sessions.parquet": "Sessions",
    "files.parquet": "All files with their digests",
    "durations.csv": "Durations",
    "SHA256SUMS": "All files with their digests, for sha256sum",
    "train_labels.parquet": "Records of the training split",
    "val_labels.parquet": "Records of the validation split",
    "test_labels.parquet": "Records of the test split",
    "train_labels.json": "Records of the training split, as JSON",
    "val_labels.json": "Records of the validation split, as JSON",
    "test_labels.json": "Records of the test split, as JSON",
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
    train_checks: Mapping[str, Mapping] | None = None,
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
    train_checks : mapping, optional
        Verdict on the training check of every manifest that is held to one.

    Returns
    -------
    index : dict
        ``documents``: ``path`` relative to the folder, ``name`` (manifest or source set),
        ``title``, ``bytes`` and ``sha256``, in order of the path; ``manifests``: ``totals`` and
        ``gates`` of each; ``source_sets``: the same of those that have gates of their own;
        ``train_check``: of each manifest the state of its training check, ``not run`` where it was
        not judged.
    """
    filed = [_described(Path(path), Path(folder)) for path in documents]
    return {
        "schema": SCHEMA,
        "release": release,
        "documents": sorted(filed, key=lambda row: row["path"]),
        "manifests": _verdicts(reports),
        "source_sets": _verdicts(reports_of_sets or {}),
        "train_check": {
            name: (train_checks or {}).get(name, {}).get("state", NOT_RUN)
            for name in sorted(reports)
        },
    }


def _verdicts(reports: Mapping[str, Mapping]) -> dict:
    return {
        name: {"totals": report["totals"], "gates": report["gates"]}
        for name, report in sorted(reports.items())
    }


def render_release_page(index: Mapping, contents: Mapping, licences: Mapping) -> str:
    """The page of a release; all its links lead to documents beside it.

    Parameters
    ----------
    index : mapping
        As of `index_release`.
    contents : mapping
        As of `contents.list_contents`. Shards of sound are counted on the page and not listed.
    licences : mapping
        As of `licences.report_licences`.

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
    documents = {row["path"] for row in index["documents"]}
    held = [
        row
        for row in contents["files"]
        if row["path"] not in documents and row["what"] != SHARD_OF_SOUND
    ]
    states = [verdict["status"] for row in judged for verdict in row["gates"]]
    return render_page(
        "release.html.jinja",
        title=f"Release {index['release']}",
        index=index,
        of_manifests=[row for row in index["documents"] if _is_of_manifest(row["path"])],
        of_sets=[row for row in index["documents"] if _is_of_set(row["path"])],
        of_all=[row for row in index["documents"] if _is_of_all(row["path"])],
        held=held,
        exports=contents["exports"],
        copy_below_mb=contents["copy_below_mb"],
        judged=judged,
        licences=licences["manifests"],
        n_of={state: states.count(state) for state in STATES},
    )


def _worst(verdict: Mapping) -> int:
    return STATES.index(verdict["status"])


def _is_of_set(path: str) -> bool:
    """Whether a document is of a source set, whose name a manifest may have too."""
    folders = PurePosixPath(path).parts[:-1]
    if _is_of_all(path):
        return False
    return folders[:1] in (("metrics",), ("sessions",)) or "source_sets" in folders


def _is_of_all(path: str) -> bool:
    """Whether a document is of all source sets together."""
    return len(PurePosixPath(path).parts) == 1 or path.startswith(("crash/", "sessions/index."))


def _is_of_manifest(path: str) -> bool:
    return not _is_of_all(path) and not _is_of_set(path)


def title_of(path: str | os.PathLike) -> tuple[str, str]:
    """What a file of a release is of (manifest, source set, export), and what it is.

    Parameters
    ----------
    path : path
        Below the release's folder.

    Examples
    --------
    >>> title_of("export/prod_combined/clips/CITE.bib")
    ('prod_combined/clips', 'Citations')
    """
    path = PurePosixPath(path)
    if path.parts[0] == "export" and len(path.parts) > 3:
        return "/".join(path.parts[1:3]), TITLES_OF_EXPORT.get(path.name, "Document")
    name, _, ending = path.name.partition(".")
    folders = [part.partition(".")[0] for part in path.parts[:2]]
    kinds = ("/".join(folders), folders[0])
    titles = (TITLES.get((kind, f".{ending}")) for kind in kinds)
    return name, next(filter(None, titles), "Document")


def _described(path: Path, folder: Path) -> dict:
    relative = path.relative_to(folder).as_posix()
    name, title = title_of(relative)
    return {
        "path": relative,
        "name": name,
        "title": title,
        "bytes": path.stat().st_size,
        "sha256": sha256_file(path),
    }
