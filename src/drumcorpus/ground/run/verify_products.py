"""Verification of one product with its chain, or of a folder, by run manifests and nothing else.

`verify` holds what stands against what the rules of a configuration make. Here is neither a rule
nor a configuration: files are held against their run manifests, wherever they lie.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from drumcorpus.ground.files.paths import ELSEWHERE, printable, visible
from drumcorpus.ground.run.lineage import (
    Lineage,
    Record,
    circle_in_words,
    circle_of,
    lineage_of,
    place_in,
    record_of,
    sidecar_files,
)
from drumcorpus.ground.run.read_ahead import reading_ahead
from drumcorpus.ground.run.recorded_files import (
    Expected,
    Problem,
    check_files,
    expected_raw_files,
)
from drumcorpus.ground.run.run_manifest import SUFFIX, manifest_path, product_rows
from drumcorpus.ground.run.sidecars import read_sidecar
from drumcorpus.ground.run.stamp import RULE as STAMP

INVENTORY = "files"  # what a rule that lists raw files calls the table of them
LISTING = "SHA256SUMS"  # of an export
EXPORTS = "assemble_export"  # the rule that writes one


@dataclass
class Verified:
    """What was held against run manifests, and how it came out.

    `inputs` are files that products were made of and that no rule has made; `unseen` has those, and
    the raw files, that could not be looked at, by what they are.
    """

    products: list[Expected] = field(default_factory=list)
    inputs: list[Expected] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unseen: dict[str, set[str]] = field(default_factory=dict)
    exports: list[str] = field(default_factory=list)
    # Number of rows that are recorded, by the place of the product.
    rows: dict[Path, int] = field(default_factory=dict)
    # Tables of raw files that were read.
    inventories: set[Path] = field(default_factory=set)


def verify_file(
    product: str | os.PathLike, level: str, *, at: str | os.PathLike | None = None, **settings
) -> Verified:
    """Hold a product, and all that it rests on, against their run manifests.

    Parameters
    ----------
    product : path
        Of a file that has a run manifest.
    at : path, optional
        Where the run manifest stands, if not beside the file.
    level, settings
        As of `verify_folder`.

    Raises
    ------
    FileNotFoundError
        If it has no run manifest.
    ValueError
        If its run manifest lies: the chain cannot be told then.
    """
    lineage, path = lineage_of(product, at)
    records = list(lineage.upstream([path], any_version=True))
    return _hold([(lineage, records)], level, **settings)


def verify_folder(folder: str | os.PathLike, level: str, **settings) -> Verified:
    """Hold every file below a folder that has a run manifest against it.

    Parameters
    ----------
    folder : path
    level : str
        quick, sample or full: how many digests are taken. The schema and the seal of every run
        manifest, the size of every file, and whether products were made from the versions of
        others that are recorded, are looked at always; rows are counted where all digests are.
    n_sample, workers : int
        As of `check_files`.
    roots : mapping
        Folders of the raw files of each source set; others are not looked at.
    verify_export : callable
        What is wrong with the export in a folder, at a level: rows of ``path`` and ``problem``.

    Raises
    ------
    FileNotFoundError
        If there is no run manifest below the folder.
    """
    lineages: dict[str, tuple[Lineage, list[Record]]] = {}
    problems = []
    top = os.path.abspath(folder)  # noqa: PTH100 (links are kept)
    sidecars = list(sidecar_files(top))
    if not sidecars:
        raise FileNotFoundError(2, "no run manifest stands below this folder", os.fspath(folder))
    with reading_ahead(sidecars):
        for sidecar in sidecars:
            product = sidecar.removesuffix(SUFFIX)
            try:
                manifest = read_sidecar(product)
                place, row = place_in(manifest, product)
            except (ValueError, OSError) as error:
                problems.append(_of_sidecar(Path(product), str(error)))
                continue
            lineage, records = lineages.setdefault(place, (Lineage(place), []))
            record = record_of(manifest, row)
            lineage.add(record.path, record)
            records.append(record)
    verified = _hold(list(lineages.values()), level, **settings)
    verified.problems = sorted({*verified.problems, *problems})
    return verified


def _hold(
    lineages: list[tuple[Lineage, list[Record]]],
    level: str,
    *,
    n_sample: int,
    workers: int,
    roots: Mapping[str, Iterable[str]],
    verify_export: Callable[[Path, str], list[dict]],
) -> Verified:
    verified = Verified()
    for lineage, records in lineages:
        prefix = _shown_folder(lineage.folder)
        for record in records:
            _expect(verified, lineage, prefix, record, roots)
        verified.problems += [
            _of_sidecar(lineage.folder / path, sentence)
            for path, sentence in lineage.problems.items()
            if sentence
        ]
        if circle := circle_of(records):
            shown = prefix + visible(circle[0])
            words = circle_in_words(circle).partition(": ")[2]
            verified.problems.append(Problem(shown, "circle", words))
    expected = [*verified.products, *dict.fromkeys(verified.inputs)]
    of_files = check_files(expected, level, n_sample=n_sample, workers=workers)
    verified.problems += of_files
    wrong = {problem.path for problem in of_files}
    for export in verified.exports:
        place = Path(export).parent
        verified.problems += [
            Problem(f"{_shown(place / row['path'])}", row["problem"], f"by the export's {LISTING}")
            for row in verify_export(place, level)
        ]
    if level == "full":
        for file in verified.products:
            if file.shown not in wrong and file.location in verified.rows:
                verified.problems += _wrong_rows(file, verified.rows[file.location])
    verified.problems = sorted(set(verified.problems))
    return verified


def _expect(
    verified: Verified,
    lineage: Lineage,
    prefix: str,
    record: Record,
    roots: Mapping[str, Iterable[str]],
) -> None:
    """Note down what a record says of its product, and of each thing that this was made of."""
    place = Path(f"{lineage.folder}/{record.path}")
    shown = prefix + visible(record.path)
    verified.products.append(Expected(place, shown, record.bytes, record.sha256, record.path))
    if record.rows is not None:
        verified.rows[place] = record.rows
    if record.rule == EXPORTS and place.name == LISTING:
        verified.exports.append(os.fspath(place))
    named = record.rule == STAMP or record.is_corpus  # else an external file is known by its name
    for source in record.inputs:
        made = lineage.record(source.path) if source.kind == "product" else None
        if made is not None and made.sha256 == source.sha256:
            continue
        there = lineage.folder / source.path
        file = Expected(there, prefix + visible(source.path), None, source.sha256)
        if made is not None:
            text = f"was made from another version of {file.shown}"
            verified.problems.append(Problem(shown, "stale", text))
        elif source.kind == "product":
            verified.problems += _of_lost(verified, lineage, file, source.path, shown)
        elif source.kind == "raw":
            if source.path in roots:
                _expect_raw_files(verified, lineage, prefix, place, roots[source.path])
            else:
                _unseen(verified, "raw files of", visible(source.path))
        elif source.path.startswith(ELSEWHERE):
            _unseen(verified, "lies elsewhere:", visible(source.path))
        elif source.kind == "external" and named and os.path.lexists(there):
            verified.inputs.append(file)
        elif source.kind == "external":
            _unseen(verified, "not here:", visible(source.path))


def _expect_raw_files(
    verified: Verified, lineage: Lineage, prefix: str, product: Path, roots: Iterable[str]
) -> None:
    """Note down the raw files that an inventory lists, which was made along with a product."""
    for row in read_sidecar(product)["outputs"]:
        table = lineage.folder / row["path"]
        if row["name"] != INVENTORY or table in verified.inventories:
            continue
        verified.inventories.add(table)
        shown = prefix + visible(row["path"])
        expected = Expected(table, shown, row["bytes"], row["sha256"], row["path"])
        # One that is itself damaged says nothing of the raw files.
        problems = check_files([expected], "full", n_sample=0, workers=1)
        verified.problems += problems
        if not problems:
            verified.inputs += expected_raw_files(os.fspath(table), roots)


def _of_lost(
    verified: Verified, lineage: Lineage, file: Expected, path: str, user: str
) -> list[Problem]:
    """What is wrong with a product without a record, of which another, `user`, was made."""
    if lineage.problems[path]:  # its run manifest lies, which is said of it
        return []
    if os.path.lexists(file.location):
        verified.inputs.append(file)
        return [Problem(file.shown, "extra", f"has no run manifest now; {user} was made from it")]
    _unseen(verified, "not here:", file.shown)
    return []


def _unseen(verified: Verified, what: str, name: str) -> None:
    verified.unseen.setdefault(what, set()).add(name)


def _of_sidecar(product: Path, sentence: str) -> Problem:
    """What is wrong with a run manifest, by a sentence that begins with its name."""
    sidecar = manifest_path(product)
    sentence = sentence.removeprefix(visible(printable(os.fspath(sidecar)))).removeprefix(": ")
    sentence = re.sub(r"^:(\d+):(\d+): ", r"line \1, column \2: ", sentence)
    return Problem(_shown(sidecar), "changed", sentence)


def _wrong_rows(file: Expected, recorded: int) -> list[Problem]:
    try:
        n_rows = product_rows(file.location)
    except (ValueError, OSError) as error:
        return [Problem(file.shown, "changed", f"cannot be read as a table: {error}")]
    if n_rows in (None, recorded):
        return []
    return [Problem(file.shown, "changed", f"has {n_rows} rows, {recorded} are recorded")]


def _shown_folder(folder: Path) -> str:
    """What stands before the paths of a working folder in messages; nothing for the present one."""
    here = Path.cwd()
    if folder == here:
        return ""
    place = folder.relative_to(here) if folder.is_relative_to(here) else folder
    return f"{visible(printable(os.fspath(place)))}/"


def _shown(path: Path) -> str:
    return f"{_shown_folder(path.parent)}{visible(printable(path.name))}"
