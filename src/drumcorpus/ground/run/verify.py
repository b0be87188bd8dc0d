"""Verification: everything that stands is what its run manifest says, and nothing else stands.

Levels: ``quick`` looks at presence and size, ``sample`` takes some digests as well, ``full`` takes
every one.
"""

import os
import random
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.digests import checksum_line, sha256_file
from drumcorpus.ground.files.paths import printable
from drumcorpus.ground.files.raw_files import scan_roots
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.run.run_manifest import SUFFIX, read_manifest, recorded_output

LEVELS = ("quick", "sample", "full")


@dataclass(frozen=True, order=True)
class Problem:
    """One file that is not as it should be; `kind` is missing, extra, changed or stale.

    `target` is the product that must be made again, where that is the remedy.
    """

    path: str
    kind: str
    sentence: str
    target: str = ""


@dataclass(frozen=True)
class Expected:
    """A file with the size and digest that some record gives it; `shown` names it to people.

    `target` is the product to make again if it is not so.
    """

    location: Path
    shown: str
    bytes: int
    sha256: str
    target: str = ""


def expected_products(
    folders: Iterable[str], lasting: Iterable[str] = ()
) -> tuple[list[Expected], list[Problem]]:
    """Every product below `folders` by its run manifest, and what the manifests contradict.

    A manifest without its product is `missing`, a product without its manifest `extra`; a product
    made from another version of an input than the one that stands there is `stale`, unless it is
    below a folder of `lasting`: what is filed there was made from what stood then.
    """
    lasting = tuple(f"{folder}/" for folder in lasting)
    expected, problems = [], []
    for manifest_file in sorted(_files(folders, SUFFIX)):
        product = manifest_file[: -len(SUFFIX)]
        manifest = read_manifest(product)
        record = recorded_output(manifest, product)
        if record is None:
            text = "is not the run manifest that was written for the file it stands beside"
            problems.append(Problem(manifest_file, "changed", text, product))
            continue
        size, sha256 = record["bytes"], record["sha256"]
        expected.append(Expected(Path(product), product, size, sha256, product))
        if not product.startswith(lasting):
            problems += _stale_inputs(product, manifest)
    return expected, problems


def extra_files(folders: Iterable[str], known: set[str], elsewhere: str) -> list[Problem]:
    """Files below `folders` that no record knows; the folder `elsewhere` has its own records."""
    return [
        Problem(path, "extra", "no run manifest names this file; move it away or delete it")
        for path in sorted(_files(folders, ""))
        if path not in known and not path.endswith(SUFFIX) and not path.startswith(elsewhere)
    ]


def orphans(
    products: list[Expected], planned: Iterable[str], lasting: Iterable[str] = ()
) -> list[Problem]:
    """Products that stand as recorded and that no rule makes under the present configuration.

    Those below a folder of `lasting` are none: they were made under an earlier one, and stay.
    """
    planned, lasting = set(planned), tuple(f"{folder}/" for folder in lasting)
    text = "no rule makes this under the present configuration; move it away or delete it"
    return [
        Problem(p.shown, "extra", text)
        for p in products
        if p.shown not in planned and not p.shown.startswith(lasting)
    ]


def extra_raw_files(inventory: str, roots: Iterable[str]) -> list[Problem]:
    """Raw files that an inventory does not know: neither as used nor as refused."""
    known = set(read_table(inventory, ["path"])["path"].to_pylist())
    files, _ = scan_roots([Path(root) for root in roots if Path(root).is_dir()])
    text = "the inventory does not know this raw file; run `inventory` anew"
    return [
        Problem(str(file.location), "extra", text)
        for path, file in files.items()
        if path not in known
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


def expected_raw_files(inventory: str, roots: Iterable[str]) -> list[Expected]:
    """Every raw file that an inventory lists, at the first root that has it."""
    roots = [Path(root) for root in roots]
    expected = []
    for row in read_table(inventory, ["path", "bytes", "sha256"]).to_pylist():
        places = [root / row["path"] for root in roots]
        place = next((place for place in places if place.is_file()), places[0])
        expected.append(Expected(place, str(place), row["bytes"], row["sha256"]))
    return expected


def check_files(
    expected: list[Expected],
    level: str,
    *,
    n_sample: int,
    workers: int,
    on_file: Callable[[], None] = lambda: None,
) -> list[Problem]:
    """Hold files against their records.

    Parameters
    ----------
    level : str
        quick, sample or full.
    n_sample : int
        Files whose digest is taken at level sample: other ones each time.
    on_file
        Called after each file, for progress.

    Raises
    ------
    ValueError
        If there is no such level.
    """
    if level not in LEVELS:
        raise ValueError(f"verify level {level!r}; allowed: {', '.join(LEVELS)}")
    n_digests = {"quick": 0, "sample": min(n_sample, len(expected)), "full": len(expected)}[level]
    # Not seeded: what one run leaves out another is to find, and no product depends on it.
    digested = set(random.SystemRandom().sample(range(len(expected)), n_digests))

    def check(number: int) -> Problem | None:
        problem = _check_file(expected[number], number in digested)
        on_file()
        return problem

    with ThreadPoolExecutor(workers) as pool:
        problems = pool.map(check, range(len(expected)))
        return sorted(problem for problem in problems if problem is not None)


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


def _check_file(file: Expected, take_digest: bool) -> Problem | None:
    try:
        n_bytes = file.location.stat().st_size
        found = sha256_file(file.location) if take_digest and n_bytes == file.bytes else None
    except FileNotFoundError:
        return Problem(file.shown, "missing", "is recorded and not there", file.target)
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
        return Problem(file.shown, "missing", text, file.target)
    if n_bytes != file.bytes:
        text = f"has {n_bytes} bytes, {file.bytes} are recorded"
        return Problem(file.shown, "changed", text, file.target)
    if found is not None and found != file.sha256:
        text = f"has sha256 {found[:12]}…, {file.sha256[:12]}… is recorded"
        return Problem(file.shown, "changed", text, file.target)
    return None


def _stale_inputs(product: str, manifest: dict) -> list[Problem]:
    problems = []
    for made_from in manifest["inputs"]:
        if made_from["kind"] != "product":
            continue
        record = recorded_output(read_manifest(made_from["path"]), made_from["path"])
        if record is None:
            text = f"was made from {made_from['path']}, which has no run manifest now"
            problems.append(Problem(product, "stale", text, product))
        elif record["sha256"] != made_from["sha256"]:
            text = f"was made from another version of {made_from['path']}; run `all`, or delete it"
            problems.append(Problem(product, "stale", text, product))
    return problems


def _files(folders: Iterable[str], suffix: str) -> list[str]:
    return [
        printable(os.path.join(folder, name))  # noqa: PTH118 (os.walk is twice as fast)
        for top in folders
        for folder, _, names in os.walk(top)
        for name in names
        if name.endswith(suffix)
    ]
