"""What the workflow must know before it plans: the state of its records, and the day."""

import datetime
from collections.abc import Iterable
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_bytes, sha256_file
from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.memory_files import make_way, read_memory, write_memory
from drumcorpus.ground.files.natural_order import natural_key
from drumcorpus.ground.files.plain_files import is_plain_file
from drumcorpus.ground.run.kept import KEPT, is_kept, keep
from drumcorpus.ground.run.ledger import ledger_is_lost, record_standing
from drumcorpus.ground.run.product_walk import manifest_files
from drumcorpus.ground.run.run_manifest import SUFFIX, read_manifest, recorded_output
from drumcorpus.ground.run.software import here
from drumcorpus.ground.run.state_folder import STATE_FOLDER

MANIFESTS_LEFT = Path(STATE_FOLDER, "manifests.json")
PLANNED = Path(STATE_FOLDER, "planned.json")
PYTHON_FILES = Path(STATE_FOLDER, "python_files.json")


def day_of_planning(*, is_main: bool, works: bool) -> str:
    """The day on which the run was planned, such as ``2027-01-31``.

    The main process reads the clock, and if it works it writes the day down; its jobs read what it
    wrote, so that a run over midnight has one day.
    """
    today = datetime.date.today().isoformat()
    if works:
        write_memory(PLANNED, {"day": today})
    if is_main:
        return today
    planned, _ = read_memory(PLANNED)
    try:
        return datetime.date.fromisoformat(planned["day"]).isoformat()
    except (KeyError, TypeError, ValueError):  # of `verify` where nothing was made yet, or damaged
        return today


def records_are_lost() -> bool:
    """Whether Snakemake's records of how the products were made are gone, or of other products.

    They are when the run manifests are not those that the last run left: brought here from
    elsewhere, edited, deleted, or written by a run that was killed. So are they without the ledger.
    """
    records = Path(".snakemake/metadata")
    has_records = records.is_dir() and any(records.iterdir())
    left, _ = read_memory(MANIFESTS_LEFT)
    return not has_records or ledger_is_lost() or left != {"stamp": manifests_stamp()}


def nothing_is_kept() -> bool:
    """Whether the folder of what is kept is gone."""
    return not KEPT.is_dir()


def manifests_stamp() -> str:
    """A digest of the stat records of all run manifests."""
    rows = []
    for path in manifest_files():
        stat = path.lstat()
        rows.append([path.as_posix(), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns])
    return sha256_bytes(canonical_json(rows))


def keep_recorded_products(folders: Iterable[str]) -> None:
    """Keep the products that stand as recorded and are not what is kept.

    So it is with products that were brought here from elsewhere, or put back from a backup.
    """
    for path in manifest_files(folders):
        product = path.with_name(path.name.removesuffix(SUFFIX))
        if not is_plain_file(product) or is_kept(product):
            continue
        record = recorded_output(read_manifest(product), product)
        is_sized = record and product.stat().st_size == record["bytes"]
        if is_sized and sha256_file(product) == record["sha256"]:
            keep(product)


def other_software_in_words() -> str:
    """How many products were made with other versions of libraries than are here, and which.

    Empty where there is none.
    """
    n_products, versions = 0, set()
    for path in manifest_files():
        manifest = read_manifest(path.with_name(path.name.removesuffix(SUFFIX)))
        made_with = (manifest or {}).get("script", {}).get("software", {})
        others = {name: version for name, version in made_with.items() if version != here(name)}
        n_products += bool(others)
        versions |= set(others.items())
    if not versions:
        return ""
    libraries = ", ".join(
        f"{name} {version} (here {here(name) or 'none'})"
        for name, version in sorted(versions, key=lambda pair: (pair[0], natural_key(pair[1])))
    )
    return (
        f"{n_products:,} product{'s' if n_products != 1 else ''} made with other versions of "
        f"libraries: {libraries}. They stand, for the config says `software: recorded`."
    )


def forget_the_records() -> None:
    """Let every job be asked anew, as where `records_are_lost`."""
    make_way(MANIFESTS_LEFT)
    MANIFESTS_LEFT.unlink(missing_ok=True)


def remember_manifests() -> None:
    """Write down which run manifests a run leaves, and the products that stand with them."""
    record_standing()
    write_memory(MANIFESTS_LEFT, {"stamp": manifests_stamp()})
