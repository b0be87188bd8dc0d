"""Bless: the candidates of a run become the figures that later runs are held against."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from drumcorpus.ground.files.blessings import blessing
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.figures import (
    differences,
    figures_of,
    in_words,
    read_baseline,
    write_baseline,
)
from drumcorpus.ground.files.json_files import canonical_json, write_json
from drumcorpus.ground.run.commands import command
from drumcorpus.ground.run.run_manifest import describe_product


def bless(plan: Mapping[str, Mapping], notes: Mapping[str, Mapping], release: str) -> list[str]:
    """Put the candidates where the blessed files are; all are read before the first is written.

    Parameters
    ----------
    plan : mapping
        By the name of the baseline: ``candidate`` (path of a product), ``blessed`` (path of what
        is blessed now, or None) and ``target`` (path of what will be).
    notes : mapping
        By the name of a manifest: ``table`` (path of its events), ``figures`` (name in `plan` of
        its health report) and ``target`` (path of the note on when it was blessed).
    release : str
        Name of the present release, which the notes have.

    Returns
    -------
    changes : list of str
        One line per file that is new, per figure that changes and per manifest whose note does;
        empty where all is as blessed at this release.

    Raises
    ------
    ValueError
        If a candidate or a manifest is missing or is not as its run manifest says, or a file is
        not a JSON object; nothing is blessed then.
    """
    wanted = {
        "candidate": [row["candidate"] for row in plan.values()],
        "manifest": [note["table"] for _, note in sorted(notes.items())],
    }
    for what, paths in wanted.items():
        if missing := [path for path in paths if not Path(path).is_file()]:
            raise ValueError(
                f"there is no {what} {', '.join(missing)}: nothing is blessed. Make it first: "
                + command("health")
            )
    for row in plan.values():
        describe_product("candidate", row["candidate"])
    tables = {
        name: describe_product("manifest", note["table"])["sha256"]
        for name, note in sorted(notes.items())
    }
    lines: list[str] = []
    to_write = []
    for name, row in sorted(plan.items()):
        candidate = read_baseline(row["candidate"])
        changed = list(_lines(name, candidate, row["blessed"]))
        lines += changed
        if changed:
            to_write.append((row["target"], candidate))
    for target, candidate in to_write:
        write_baseline(target, candidate)
    for name, sha256 in tables.items():
        target, figures = notes[name]["target"], plan[notes[name]["figures"]]
        # Where no figure has changed nothing was written, and what is blessed may lie elsewhere.
        where = figures["target"] if Path(figures["target"]).exists() else figures["blessed"]
        note = blessing(release, sha256_file(where), sha256)
        if not _says(target, note):
            write_json(target, note)
            lines.append(f"{name}: blessed at release {release}")
    return lines


def _says(path: str | os.PathLike, document: Mapping) -> bool:
    return Path(path).is_file() and Path(path).read_bytes() == canonical_json(document)


def _lines(name: str, candidate: Mapping, blessed: str | os.PathLike | None) -> Iterator[str]:
    """What blessing one candidate changes."""
    if blessed is None:
        n_figures = len(figures_of(candidate))
        yield f"{name}: new, {n_figures:,} figure{'s' if n_figures != 1 else ''}"
        return
    for change in differences(read_baseline(blessed), candidate):
        yield f"{name}: {in_words(change)}"
