"""Verification: everything that stands is what its run manifest says, and nothing else stands."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.digests import checksum_line
from drumcorpus.ground.files.leftovers import NO_LEFTOVERS, Leftovers, read_leftovers
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.raw_files import scan_roots
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.run.commands import command
from drumcorpus.ground.run.left_files import left_in_words, without_leftovers
from drumcorpus.ground.run.must_stand import NOT_MADE, Plan, missing_products
from drumcorpus.ground.run.product_walk import EXPORTS, LOOSE, SAMPLES, Found, walk_products
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.prune import FILES_OF_SHARD
from drumcorpus.ground.run.recorded_files import (
    Expected,
    Problem,
    check_files,
    expected_products,
    expected_raw_files,
)
from drumcorpus.ground.run.released import copies_in_releases
from drumcorpus.ground.run.run_manifest import SUFFIX

FOLDERS = ("results", "reports")  # where a record must name every file, except for these two:
WITHOUT_RECORD = ("results/SHA256SUMS", "reports/README.md")
LISTING = "SHA256SUMS"  # of an export
# A tar or Parquet shard: split, source set, shard, number.
_SHARD = re.compile(r"(?:train|validation|test)-(.+)-(\d{3})-\d{6}\.(?:tar|parquet)")


@dataclass(frozen=True)
class Verification:
    """The files that records name, the exports, and every file that is not as it should be.

    `not_built` has the number of products that were never made, by the target that makes them;
    `left` the number of files that other programs have left among the products, by their kind.
    """

    products: list[Expected]
    raw_files: list[Expected]
    problems: list[Problem]
    exports: list[str] = field(default_factory=list)
    not_built: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)


def verify_everything(
    verify_export: Callable[[Path, str], list[dict]],
    absent_files: Callable[[str, Path], int],
    progress: Callable[[int, str], Progress],
    level: str,
    *,
    n_sample: int,
    workers: int,
    plan: Plan,
    roots: Mapping[str, Iterable[str]],
    not_of_the_set: str | None = None,
) -> Verification:
    """Hold every product, every export and every raw file of the working folder against its record.

    Parameters
    ----------
    verify_export
        What is wrong with the export in a folder, at a level: rows of ``path`` and ``problem``.
    absent_files
        How many of the files that the table of a shard names are not in the folder of an export.
    progress
        Makes a `Progress` of a total and the plural noun of what is counted.
    level, n_sample, workers
        As of `check_files`.
    plan
        What the rules make.
    roots : mapping
        The roots of each source set.
    not_of_the_set : path, optional
        The reviewed list of what is not of a source set. What is on it is no problem among the
        products either, unless a record names it.

    Raises
    ------
    ValueError
        If there is no such level, or nothing has been built here.
    """
    settings = {"n_sample": n_sample, "workers": workers}
    leftovers = read_leftovers(not_of_the_set) if not_of_the_set else NO_LEFTOVERS
    found = walk_products(FOLDERS)
    products, problems, used = expected_products(found, plan.lasting)
    copies, untold = copies_in_releases(products)
    held = [*products, *copies]
    on_file = progress(len(held), "products").advance
    problems += check_files(held, level, on_file=on_file, **settings)
    recorded = {file.shown for file in held}
    exports = sorted(
        path.removesuffix(f"/{LISTING}") for path in recorded if _is_listing_of_export(path)
    )
    # The contents of a release tell its files, but not that a run manifest of its own is gone.
    with_record = recorded - (plan.products.keys() - {file.shown for file in products})
    problems += odd_and_extra(
        found, with_record, plan, [*exports, *untold], {problem.path for problem in problems}
    )
    problems += orphans(products, plan)
    standing = recorded | {each.shown.removesuffix(SUFFIX) for each in found}
    missing, not_built = missing_products(plan, standing, used)
    problems += missing
    if not products and all(problem.sentence == NOT_MADE for problem in problems):
        raise ValueError(
            f"nothing has been built here: of the {len(plan.products):,} products of this config "
            f"none stands in {Path.cwd()}. To build: {command('all')}"
        )
    problems += files_without_export(recorded, exports, absent_files, leftovers)
    for export in exports:
        rows = verify_export(Path(export), level)
        problems += [export_problem(export, row["path"], row["problem"]) for row in rows]
    problems, left = without_leftovers(problems, recorded | plan.products.keys(), leftovers)
    raw_files: list[Expected] = []
    # An inventory that is itself damaged says nothing of the raw files.
    sound = recorded - {problem.path for problem in problems}
    for name, folders in roots.items():
        inventory = f"results/inventory/{name}.parquet"
        refused = f"results/quarantine/{name}/inventory.parquet"
        if inventory in sound:
            try:
                raw_files += expected_raw_files(inventory, folders)
                known = [inventory, *([refused] if refused in sound else [])]
                problems += extra_raw_files(known, folders, leftovers)
            except (ValueError, OSError) as error:
                problems.append(Problem(inventory, "changed", str(error), inventory))
    on_file = progress(len(raw_files), "raw files").advance
    problems += check_files(raw_files, level, on_file=on_file, **settings)
    return Verification(held, raw_files, problems, exports, not_built, left)


def odd_and_extra(
    found: Iterable[Found],
    recorded: set[str],
    plan: Plan,
    exports: Iterable[str],
    named: set[str],
) -> list[Problem]:
    """What was found that no record names, and what is no plain file; not what is `named` already.

    What lies within one of the `exports` is held against its listing, and within a release whose
    contents are not as recorded nobody can tell; both stand among `exports`. A shard of an export
    that is not assembled is told by its table of files.
    """
    problems, listed = [], tuple(f"{export}/" for export in exports)
    for each in found:
        path = each.shown
        if path in named or (path in WITHOUT_RECORD and not each.odd):
            continue
        if each.odd:
            text = f"is {each.odd}, which no run manifest names; move it away"
            problems.append(Problem(path, "extra", text, path if path in plan.products else ""))
        elif path in recorded or path.endswith(SUFFIX):
            continue
        elif path in plan.products:
            problems.append(Problem(path, "extra", "no run manifest names this file", path))
        elif not path.startswith(listed) and not _is_told(path, recorded):
            text = "no run manifest names this file; move it away or delete it"
            problems.append(Problem(path, "extra", text))
    return problems


def files_without_export(
    recorded: set[str],
    exports: Collection[str],
    absent_files: Callable[[str, Path], int],
    leftovers: Leftovers = NO_LEFTOVERS,
) -> list[Problem]:
    """What is wrong with files of exports whose listing does not stand, by the tables of shards.

    A folder of an export that no table speaks of is extra.
    """
    problems, told = [], set()
    for table in sorted(recorded):
        if not (table.startswith(f"{SAMPLES}/") and table.endswith(FILES_OF_SHARD)):
            continue
        export = Path(EXPORTS, *Path(table).parts[2:4])
        told.add(export)
        if export.as_posix() not in exports and (n_absent := absent_files(table, export)):
            text = f"{n_absent:,} of its files are not below {export}"
            problems.append(Problem(table, "stale", text, table))
    text = "neither a listing nor a table of files stands for this export; move it away"
    for folder in sorted(Path(EXPORTS).glob("*/*/")):
        below = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
        holds = any(leftovers.kind_of_either(path) is None for path in below)
        if holds and folder.as_posix() not in exports and folder not in told:
            problems.append(Problem(folder.as_posix(), "extra", text))
    return problems


def orphans(products: Iterable[Expected], plan: Plan) -> list[Problem]:
    """Products that stand as recorded and that no rule makes under the present configuration.

    Products below a lasting folder of the plan do not count.
    """
    text = "no rule makes this under the present configuration; `prune` takes it away"
    return [
        Problem(product.shown, "extra", text)
        for product in products
        if product.shown not in plan.products and not plan.is_lasting(product.shown)
    ]


def extra_raw_files(
    tables: Iterable[str], roots: Iterable[str], leftovers: Leftovers = NO_LEFTOVERS
) -> list[Problem]:
    """Raw files that none of the tables of an inventory lists, neither as used nor as refused."""
    listed = {path for each in tables for path in read_table(each, ["path"])["path"].to_pylist()}
    folders = [Path(root) for root in roots if Path(root).is_dir()]
    files, _ = scan_roots(folders, leftovers.kind_of_entry)
    text = "the inventory does not know this raw file; take it anew (target `inventory`)"
    return [
        Problem(str(file.location), "extra", text)
        for path, file in files.items()
        if path not in listed
    ]


def export_problem(export: str, path: str, problem: str) -> Problem:
    """What an export's own listing says of one of its files, with the product that mends it."""
    target = "" if problem == "extra" else f"{export}/{path}"
    if shard := _shard_of(path):
        target = (
            target and f"{SAMPLES}/{export.removeprefix(f'{EXPORTS}/')}/{shard}{FILES_OF_SHARD}"
        )
    return Problem(f"{export}/{path}", problem, "by the export's SHA256SUMS", target)


def _is_told(path: str, recorded: Collection[str]) -> bool:
    """Whether a shard of an export has a table of files that stands as recorded."""
    if not path.startswith(f"{EXPORTS}/"):
        return False
    manifest, export, *rest = [*path.split("/")[2:], "", ""]
    shard = _shard_of("/".join(rest).rstrip("/"))
    return f"{SAMPLES}/{manifest}/{export}/{shard}{FILES_OF_SHARD}" in recorded


def _shard_of(path: str) -> str | None:
    """Source set and shard of a file of sound, by its path below an export; None of others."""
    parts = path.split("/")
    if len(parts) > 4 and parts[1] in LOOSE:  # split/clips/source set/shard/…
        return "/".join(parts[2:4])
    named = _SHARD.fullmatch(parts[-1]) if len(parts) == 2 else None
    return f"{named[1]}/{named[2]}" if named else None


def report_problems(verified: Verification, plan: Plan, *, level: str) -> None:
    """Stop if there is any problem.

    Raises
    ------
    ValueError
        Naming every file with a problem, and the command that makes those again that the present
        configuration can make.
    """
    if not verified.problems:
        return
    problems = sorted(set(verified.problems))
    lines = [f"{visible(p.path)}: {p.kind}: {p.sentence}" for p in problems]
    targets = sorted({problem.target for problem in problems if problem.target})
    planned = plan.products
    forced = [target for target in targets if target in planned]
    # What `all` does not ask for must be asked for by its name.
    others = sorted({planned[target] for target in forced} & set(plan.apart))
    remedies = [f"To make the products again: {command('all', *others, forced=forced)}"]
    if not forced:
        remedies = []
    if any(target not in planned for target in targets):
        remedies.append(
            "No rule of this config makes some of them: put them back from a copy, or let `prune` "
            "forget them."
        )
    if any("`inventory`" in problem.sentence for problem in problems):
        remedies.append(f"To take the inventory anew: {command('inventory')}")
    if any("`prune`" in problem.sentence for problem in problems) or len(forced) < len(targets):
        remedies.append(f"To see what `prune` would take away: {command('prune')}")
    n_files = len(verified.products) + len(verified.raw_files)
    raise ValueError(
        f"{len(lines)} problem(s) among {n_files} recorded files (level {level}):\n  "
        + "\n  ".join([*lines, *left_in_words(verified.left), *remedies])
    )


def in_words(verified: Verification, plan: Plan, *, level: str) -> str:
    """What was verified and found as recorded, and what is not built yet."""
    n_exports = len(verified.exports)
    exports = f"{n_exports} export{'s' if n_exports != 1 else ''}" if n_exports else "no export"
    sentence = (
        f"{len(verified.products)} products, {len(verified.raw_files)} raw files and {exports} are "
        f"as recorded (level {level})."
    )
    sentence = "\n  ".join([sentence, *left_in_words(verified.left)])
    if verified.not_built:
        listed = ", ".join(f"{n} of {target}" for target, n in verified.not_built.items())
        n_left = sum(verified.not_built.values())
        apart = [target for target in verified.not_built if target in plan.apart]
        targets = [*(["all"] if len(apart) < len(verified.not_built) else []), *apart]
        sentence += (
            f"\n  Not built yet: {n_left} of the {len(plan.products)} products of this config "
            f"({listed}). To build them: {command(*targets)}"
        )
    return sentence


def write_checksums(path: str, expected: list[Expected]) -> None:
    """Write the recorded digests in the form that ``sha256sum -c`` reads."""
    lines = [checksum_line(file.shown, file.sha256) for file in expected]
    write_text(path, "".join(sorted(lines)))


def _is_listing_of_export(path: str) -> bool:
    return path.startswith(f"{EXPORTS}/") and path.endswith(f"/{LISTING}")
