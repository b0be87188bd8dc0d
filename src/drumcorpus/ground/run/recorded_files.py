"""Files that a record names with size and digest, and whether the files agree with it.

Levels: ``quick`` looks at presence and size, ``sample`` takes some digests as well, ``full`` takes
every one.
"""

import random
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.plain_files import odd_kind
from drumcorpus.ground.run.product_walk import Found
from drumcorpus.ground.run.read_ahead import reading_ahead
from drumcorpus.ground.run.run_manifest import SUFFIX, read_manifest, recorded_output
from drumcorpus.ground.run.sidecars import read_output

LEVELS = ("quick", "sample", "full")


@dataclass(frozen=True, order=True)
class Problem:
    """One file that is not as it should be; `kind` is missing, extra, changed, stale or circle.

    `target` is the product that must be made again, where that is the remedy.
    """

    path: str
    kind: str
    sentence: str
    target: str = ""


@dataclass(frozen=True)
class Expected:
    """A file with the size and digest that its record states; `shown` is its name in messages.

    `target` is the product to make again if it is not so. Of an input, no size is recorded.
    """

    location: Path
    shown: str
    bytes: int | None
    sha256: str
    target: str = ""


def expected_products(
    found: Iterable[Found], lasting: Iterable[str] = ()
) -> tuple[list[Expected], list[Problem], set[str]]:
    """Every product by its run manifest, of what was `found`, and what the manifests contradict.

    A run manifest that is none is `changed`; a product made from another version of an input than
    the one that stands there is `stale`, unless it is below a folder of `lasting`: a product there
    was made from the inputs of its own time. Also returns the paths of all products that others
    were made from, those of lasting ones left out.
    """
    lasting = tuple(f"{folder}/" for folder in lasting)
    expected, problems = [], []
    made_from: dict[str, list[tuple[str, str]]] = {}  # path and digest of the inputs, by product
    sidecars = [each for each in found if each.path.endswith(SUFFIX)]
    with reading_ahead([each.path for each in sidecars if not each.odd]):
        for each in sidecars:
            product = each.path.removesuffix(SUFFIX)
            shown = each.shown.removesuffix(SUFFIX)
            try:
                manifest, record = _read_output(each, product)
            except ValueError as error:
                problems.append(Problem(each.shown, "changed", str(error), shown))
                continue
            size, sha256 = record["bytes"], record["sha256"]
            expected.append(Expected(Path(product), shown, size, sha256, shown))
            if not product.startswith(lasting):
                inputs = [row for row in manifest["inputs"] if row["kind"] == "product"]
                made_from[shown] = [(row["path"], row["sha256"]) for row in inputs]
    problems += _stale(made_from, {file.shown: file.sha256 for file in expected})
    return expected, problems, {path for inputs in made_from.values() for path, _ in inputs}


def _read_output(each: Found, product: str) -> tuple[dict, dict]:
    """A run manifest that was found, and what it says of its product.

    Raises
    ------
    ValueError
        With what is to be said of it, after its name, if it is none.
    """
    if each.odd:
        raise ValueError(f"is {each.odd}, where a run manifest belongs; move it away")
    text = "is not the run manifest that was written for the file it stands beside"
    try:
        return read_output(product, product)
    except ValueError as error:
        reason = str(error).removeprefix(visible(each.path)).lstrip(": ")
        raise ValueError(f"{text}: {reason}") from error
    except OSError as error:
        raise ValueError(f"{text}: cannot be read: {error.strerror}") from error


def _stale(made_from: dict[str, list[tuple[str, str]]], digests: dict[str, str]) -> list[Problem]:
    """Products that were made from other inputs than those of which `digests` are recorded."""
    problems = []
    for product, inputs in made_from.items():
        for path, sha256 in inputs:
            digest = digests.get(path) or _digest_elsewhere(path)
            if digest is None:
                text = f"was made from {path}, which has no run manifest now"
                problems.append(Problem(product, "stale", text, product))
            elif digest != sha256:
                text = f"was made from another version of {path}"
                problems.append(Problem(product, "stale", text, product))
    return problems


def _digest_elsewhere(product: str) -> str | None:
    """The recorded digest of a product outside the folders that are walked, as of a demo corpus."""
    record = recorded_output(read_manifest(product), product)
    return record["sha256"] if record else None


def expected_raw_files(inventory: str, roots: Iterable[str]) -> list[Expected]:
    """Every raw file that an inventory lists, at the first root that has it."""
    from drumcorpus.ground.files.tables import read_table  # takes as long as to read 1,000 records

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
    # Not seeded: another run takes other files, and no product depends on the choice.
    digested = set(random.SystemRandom().sample(range(len(expected)), n_digests))

    def check(number: int) -> Problem | None:
        problem = _check_file(expected[number], number in digested)
        on_file()
        return problem

    numbers = range(len(expected))
    if not digested:  # threads cost more than to ask for a size
        return sorted(problem for problem in map(check, numbers) if problem is not None)
    with ThreadPoolExecutor(workers) as pool:
        return sorted(problem for problem in pool.map(check, numbers) if problem is not None)


def _check_file(file: Expected, take_digest: bool) -> Problem | None:
    try:
        record = file.location.lstat() if file.target else file.location.stat()
        if odd := odd_kind(record.st_mode):
            text = f"is {odd}, where a file belongs; move it away"
            return Problem(file.shown, "changed", text, file.target)
        n_bytes = record.st_size
        is_as_long = file.bytes in (None, n_bytes)
        sha256 = sha256_file(file.location) if take_digest and is_as_long else None
    except FileNotFoundError:
        return Problem(file.shown, "missing", "is recorded and not there", file.target)
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
        return Problem(file.shown, "missing", text, file.target)
    if not is_as_long:
        text = f"has {n_bytes} bytes, {file.bytes} are recorded"
        return Problem(file.shown, "changed", text, file.target)
    if sha256 is not None and sha256 != file.sha256:
        text = f"has sha256 {sha256[:12]}…, {file.sha256[:12]}… is recorded"
        return Problem(file.shown, "changed", text, file.target)
    return None
