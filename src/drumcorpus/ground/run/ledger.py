"""The ledger: which products have been finished in this working folder, whether they stand or not.

A run manifest cannot tell that it was deleted together with its product. Each job writes the
products that it has finished into one sealed list, which only grows, until `prune` takes out what
no rule makes any more. A second list has what the last run set out to make.
"""

import fcntl
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.json_files import canonical_json, read_json
from drumcorpus.ground.files.memory_files import make_way, write_memory
from drumcorpus.ground.run.product_walk import manifest_files
from drumcorpus.ground.run.run_manifest import SUFFIX, read_manifest, recorded_output
from drumcorpus.ground.run.state_folder import STATE_FOLDER

LEDGER = Path(STATE_FOLDER, "ledger.json")
ASKED = Path(STATE_FOLDER, "asked.json")
SCHEMA = "drumcorpus-ledger-v1"


def read_ledger() -> set[str] | None:
    """The paths of the products that were finished here; None where there is no ledger.

    Raises
    ------
    ValueError
        If it is not as it was written.
    """
    return _read(LEDGER)


def read_asked() -> set[str]:
    """The products that the last run set out to make, with all that they rest on.

    Raises
    ------
    ValueError
        If the list is not as it was written.
    """
    return _read(ASKED) or set()


def record_asked(products: Iterable[str]) -> None:
    """Write down what a run sets out to make; a run without products leaves what stands there."""
    products = {Path(product).as_posix() for product in products}
    if products:
        write_memory(ASKED, _sealed(sorted(products)))


def ledger_is_lost() -> bool:
    """Whether there is no ledger, or none that can be read."""
    try:
        return read_ledger() is None
    except (ValueError, OSError):
        return True


def record_finished(products: Iterable[str]) -> None:
    """Write products into the ledger, if they are not in it.

    Where the ledger is lost, it is written anew from all products that stand with their run
    manifests: no more can be known.
    """
    products = {Path(product).as_posix() for product in products}
    known = _known()
    if known is None or not products <= known:
        with _locked():
            known = _known()
            _write((recorded_products() if known is None else known) | products)


def record_standing() -> None:
    """Write into the ledger, if there is one, what stands and is not in it.

    So it is with products of a job that was killed before it could, and with those brought here.
    """
    known = _known()
    if known is not None:
        names = {path.as_posix().removesuffix(SUFFIX) for path in manifest_files()}
        record_finished(p for p in names - known if recorded_output(read_manifest(p), p))


def forget(products: Iterable[str]) -> None:
    """Take products out of the ledger, if there is one."""
    with _locked():
        known = _known()
        if known is not None:
            _write(known - set(products))


def recorded_products() -> set[str]:
    """The products whose run manifest stands and names them."""
    products = [path.as_posix().removesuffix(SUFFIX) for path in manifest_files()]
    return {each for each in products if recorded_output(read_manifest(each), each)}


def _read(path: Path) -> set[str] | None:
    try:
        document = read_json(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not isinstance(document, dict) or document != _sealed(document.get("products")):
        raise ValueError(f"{path}: is not as it was written")
    return set(document["products"])


def _known() -> set[str] | None:
    try:
        return read_ledger()
    except (ValueError, OSError):
        return None


def _locked():
    """Hold off other jobs that write the ledger, until what is returned is closed."""
    path = LEDGER.with_suffix(".lock")
    make_way(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("w")
    with suppress(OSError):  # no locks of files here: what two jobs lose, the end of a run adds
        fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _write(products: set[str]) -> None:
    write_memory(LEDGER, _sealed(sorted(products)))


def _sealed(products: object) -> dict:
    document = {"schema": SCHEMA, "products": products}
    return document | {"seal": sha256_bytes(canonical_json(document))}
