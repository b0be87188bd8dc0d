"""Verification: everything that stands is what its run manifest says, and nothing else stands."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.digests import checksum_line
from drumcorpus.ground.files.raw_files import scan_roots
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.recorded_files import (
    Expected,
    Problem,
    check_files,
    expected_products,
    expected_raw_files,
    files_below,
)
from drumcorpus.ground.run.run_manifest import SUFFIX

FOLDERS = ("results", "reports")  # where a record must name every file, except for these two:
WITHOUT_RECORD = ("results/SHA256SUMS", "reports/README.md")
EXPORTS = "results/export"


@dataclass(frozen=True)
class Verification:
    """The files that records name, and every one that is not as it should be."""

    products: list[Expected]
    raw_files: list[Expected]
    problems: list[Problem]


def verify_everything(
    verify_export: Callable[[Path, str], list[dict]],
    progress: Callable[[int, str], Progress],
    level: str,
    *,
    n_sample: int,
    workers: int,
    planned: Iterable[str],
    lasting: Iterable[str],
    roots: Mapping[str, Iterable[str]],
) -> Verification:
    """Hold every product, every export and every raw file of the working folder against its record.

    Parameters
    ----------
    verify_export
        What is wrong with the export in a folder, at a level: rows of ``path`` and ``problem``.
    progress
        Makes a `Progress` of a total and the plural noun of what is counted.
    level, n_sample, workers
        As of `check_files`.
    planned, lasting
        As of `orphans`.
    roots : mapping
        The roots of each source set.

    Raises
    ------
    ValueError
        If there is no such level.
    """
    settings = {"n_sample": n_sample, "workers": workers}
    products, problems = expected_products(FOLDERS, lasting)
    on_file = progress(len(products), "products").advance
    problems += check_files(products, level, on_file=on_file, **settings)
    recorded = {file.shown for file in products}
    problems += extra_files(FOLDERS, recorded | set(WITHOUT_RECORD), f"{EXPORTS}/")
    problems += orphans(products, planned, lasting)
    for export in sorted(Path(EXPORTS).glob("*")):
        rows = verify_export(export, level)
        problems += [export_problem(export, row["path"], row["problem"]) for row in rows]
    raw_files = []
    # An inventory that is itself damaged says nothing of the raw files.
    sound = recorded - {problem.path for problem in problems}
    for name, folders in roots.items():
        inventory = f"results/inventory/{name}.parquet"
        if inventory in sound:
            raw_files += expected_raw_files(inventory, folders)
            problems += extra_raw_files(inventory, folders)
    on_file = progress(len(raw_files), "raw files").advance
    problems += check_files(raw_files, level, on_file=on_file, **settings)
    return Verification(products, raw_files, problems)


def extra_files(folders: Iterable[str], recorded: set[str], elsewhere: str) -> list[Problem]:
    """Files below `folders` that no record names; the folder `elsewhere` has its own records."""
    return [
        Problem(path, "extra", "no run manifest names this file; move it away or delete it")
        for path in sorted(files_below(folders, ""))
        if path not in recorded and not path.endswith(SUFFIX) and not path.startswith(elsewhere)
    ]


def orphans(
    products: list[Expected], planned: Iterable[str], lasting: Iterable[str] = ()
) -> list[Problem]:
    """Products that stand as recorded and that no rule makes under the present configuration.

    Products below a folder of `lasting` do not count: they were made under an earlier
    configuration, and stay.
    """
    planned, lasting = set(planned), tuple(f"{folder}/" for folder in lasting)
    text = "no rule makes this under the present configuration; move it away or delete it"
    return [
        Problem(p.shown, "extra", text)
        for p in products
        if p.shown not in planned and not p.shown.startswith(lasting)
    ]


def extra_raw_files(inventory: str, roots: Iterable[str]) -> list[Problem]:
    """Raw files that an inventory does not list, neither as used nor as refused."""
    listed = set(read_table(inventory, ["path"])["path"].to_pylist())
    files, _ = scan_roots([Path(root) for root in roots if Path(root).is_dir()])
    text = "the inventory does not know this raw file; run `inventory` anew"
    return [
        Problem(str(file.location), "extra", text)
        for path, file in files.items()
        if path not in listed
    ]


def report_problems(problems: list[Problem], *, n_files: int, level: str) -> None:
    """Stop if there is any problem.

    Raises
    ------
    ValueError
        Naming every file with a problem.
    """
    if not problems:
        return
    lines = [f"{problem.path}: {problem.kind}: {problem.sentence}" for problem in sorted(problems)]
    targets = sorted({problem.target for problem in problems if problem.target})
    remedy = (
        "\n  To make the products again, with the options of this run: snakemake --cores all "
        f"--forcerun {' '.join(targets)} -- all"
        if targets
        else ""
    )
    raise ValueError(
        f"{len(lines)} problem(s) among {n_files} recorded files (level {level}):\n  "
        + "\n  ".join(lines)
        + remedy
    )


def export_problem(export: Path, path: str, problem: str) -> Problem:
    """What an export's own listing says of one of its files, with the product that mends it."""
    parts = Path(path).parts
    target = f"{export}/{path}"
    if "clips" in parts and len(parts) == 5:  # split/clips/source set/shard/name.wav
        target = f"results/clips/{export.name}/{parts[2]}/{parts[3]}.parquet"
    if problem == "extra":
        target = ""
    return Problem(f"{export}/{path}", problem, "by the export's SHA256SUMS", target)


def write_checksums(path: str, expected: list[Expected]) -> None:
    """Write the recorded digests in the form that ``sha256sum -c`` reads."""
    lines = [checksum_line(file.shown, file.sha256) for file in expected]
    write_text(path, "".join(sorted(lines)))
