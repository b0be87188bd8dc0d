"""Pruning: products that no rule makes under the present configuration are taken away.

A file goes only if a run manifest names it and it is what that says: never one that a person has
edited or put there, never a raw file, nothing above or beside the folders of products.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.plain_files import is_plain_file
from drumcorpus.ground.run.commands import command
from drumcorpus.ground.run.kept import kept_path
from drumcorpus.ground.run.ledger import forget, read_ledger
from drumcorpus.ground.run.must_stand import Plan
from drumcorpus.ground.run.product_walk import EXPORTS, SAMPLES, manifest_files
from drumcorpus.ground.run.run_manifest import (
    SUFFIX,
    manifest_path,
    read_manifest,
    recorded_output,
)

FOLDERS = ("results", "reports")
MODES = ("list", "delete")
OF_RUN = ("run.json", "run.log")
FILES_OF_SHARD = ".files.parquet"  # how the table of the files of a shard ends


@dataclass(frozen=True)
class Prunable:
    """What no rule makes any more.

    Attributes
    ----------
    products : list of str
        Products that are as recorded, or gone and their run manifests left.
    changed : list of str
        Products that somebody has changed since; they stay.
    files : list of Path
        Files of exports of which no rule makes the listing any more.
    forgotten : list of str
        Products of the ledger that are gone.
    """

    products: list[str]
    changed: list[str]
    files: list[Path]
    forgotten: list[str]


def find_prunable(plan: Plan, files_of: Callable[[str], Iterable[tuple[str, int]]]) -> Prunable:
    """Look for what no rule of `plan` makes.

    Parameters
    ----------
    plan
    files_of
        Path below the export and bytes of each file that the table of a shard names.
    """
    products, changed, files = [], [], []
    for sidecar in manifest_files(FOLDERS):
        product = sidecar.as_posix().removesuffix(SUFFIX)
        if product in plan.products or plan.is_lasting(product):
            continue
        record = recorded_output(read_manifest(product), product)
        if record is None:
            changed.append(sidecar.as_posix())
        elif _is_as_recorded(product, record):
            products.append(product)
            files += _own_files(product, plan, files_of)
            # What the last run added stands beside the listing, and in no record.
            for of_run in map(Path(product).with_name, OF_RUN):
                if product.startswith(f"{EXPORTS}/") and is_plain_file(of_run):
                    files += [of_run] if of_run not in files else []
        else:
            changed.append(product)
    return Prunable(products, changed, files, _gone(plan))


def take_away(prunable: Prunable) -> None:
    """Delete what was found, with run manifests, kept links and the folders that are left empty."""
    for file in prunable.files:
        file.unlink(missing_ok=True)
        _remove_empty_folders(file)
    for product in prunable.products:
        # The record goes last: a product without one would be nobody's.
        for path in (kept_path(product), Path(product), manifest_path(product)):
            if path.is_symlink() or is_plain_file(path):
                path.unlink()
            _remove_empty_folders(path)
    forget([*prunable.products, *prunable.forgotten])


def in_words(prunable: Prunable, mode: str) -> str:
    """What is to be taken away or was, by name, and the command that does it."""
    lines = []
    if prunable.products:
        n_files = f" and {len(prunable.files):,} files of exports" if prunable.files else ""
        verb = "takes away" if mode == "delete" else "would take away"
        noun = "product" if len(prunable.products) == 1 else "products"
        lines = [
            f"{verb} {len(prunable.products):,} {noun}{n_files} that no rule makes under the "
            "present configuration:",
            *prunable.products,
        ]
    if prunable.forgotten:
        verb = "forgets" if mode == "delete" else "would forget"
        lines += [f"{verb} what is gone already:", *prunable.forgotten]
    if lines and mode == "list":
        lines.append(f"To do so: {command('prune', config={'prune': 'delete'})}")
    if prunable.changed:
        lines += [
            "left standing, for they were changed after they were made (look at them, and delete "
            "them yourself):",
            *prunable.changed,
        ]
    return "\n  ".join(lines) or "there is nothing that no rule makes."


def _is_as_recorded(product: str, record: dict) -> bool:
    """Whether a product is what its record says, or not there at all."""
    path = Path(product)
    if not is_plain_file(path):
        return not path.is_symlink() and not path.exists()
    return path.stat().st_size == record["bytes"] and sha256_file(path) == record["sha256"]


def _own_files(
    table: str, plan: Plan, files_of: Callable[[str], Iterable[tuple[str, int]]]
) -> list[Path]:
    """The files of a shard, unless their export is still made: it puts itself in order then."""
    parts = Path(table).parts
    is_table = table.startswith(f"{SAMPLES}/") and table.endswith(FILES_OF_SHARD)
    if not is_table or not is_plain_file(table):
        return []
    export = Path(EXPORTS, *parts[2:4])
    if any(product.startswith(f"{export}/") for product in plan.products):
        return []
    # The top may be a link to another disk; none below it is followed.
    real_export, files = Path(parts[0]).resolve() / Path(*export.parts[1:]), []
    for relative, n_bytes in files_of(table):
        file = export / relative
        is_inside = ".." not in file.parts and file.resolve() == real_export / relative
        if is_inside and is_plain_file(file) and file.stat().st_size == n_bytes:
            files.append(file)
    return files


def _gone(plan: Plan) -> list[str]:
    """What the ledger has, no rule makes, and is gone with its run manifest."""
    try:
        finished = read_ledger() or set()
    except ValueError:
        return []
    return sorted(
        product
        for product in finished
        if product.startswith(tuple(f"{top}/" for top in FOLDERS))
        and product not in plan.products
        and not is_plain_file(product)
        and not is_plain_file(manifest_path(product))
    )


def _remove_empty_folders(path: Path) -> None:
    """Remove the folders that a file was the last in, but for those at the top."""
    for folder in path.parents:
        if len(folder.parts) < 2:
            return
        try:
            folder.rmdir()
        except OSError:  # something is left in it, or it is gone already
            if folder.exists():
                return
