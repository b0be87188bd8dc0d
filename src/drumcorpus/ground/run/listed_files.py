"""Files without a run manifest of their own, which the listing of an export or a release names."""

import os
from pathlib import Path

from drumcorpus.ground.files.digests import checksum_line
from drumcorpus.ground.files.paths import printable, visible
from drumcorpus.ground.run.recorded_files import Expected, check_files
from drumcorpus.ground.run.run_manifest import manifest_path
from drumcorpus.ground.run.verify_products import LISTING, Verified, verify_file

# Of an export, and of the folder of a release; each is a product with a run manifest.
LISTINGS = (LISTING, "contents.sha256")


def listing_of(file: str | os.PathLike) -> tuple[Path, str, str]:
    """(listing, path in it, digest) of a file, by the nearest listing above that names it.

    Raises
    ------
    FileNotFoundError
        If the file is not there, and if no listing with a run manifest names it.
    """
    absolute = Path(os.path.abspath(file))  # noqa: PTH100 (links are kept)
    for folder in absolute.parents:
        for listing in (folder / name for name in LISTINGS):
            if listing.is_file() and manifest_path(listing).is_file():
                path = absolute.relative_to(folder).as_posix()
                if sha256 := _digest_in(listing, path):
                    return listing, path, sha256
    if not os.path.lexists(absolute):
        raise FileNotFoundError(2, "No such file or directory", os.fspath(file))
    raise LookupError(
        f"{visible(printable(os.fspath(file)))}: has no run manifest, and no listing of an export "
        "or a release names it; `stamp` writes one"
    )


def verify_listed(file: str | os.PathLike, level: str, **settings) -> Verified:
    """Hold a file against the listing that names it, and this and its chain as `verify_file` does.

    Parameters
    ----------
    file : path
    level, settings
        As of `verify_folder`; of other files of its export nothing is asked.

    Raises
    ------
    FileNotFoundError, LookupError
        As of `listing_of`.
    """
    listing, _, sha256 = listing_of(file)
    settings["verify_export"] = lambda folder, level: []
    verified = verify_file(listing, level, **settings)
    shown = visible(printable(os.fspath(file)))
    expected = Expected(Path(file), shown, None, sha256, shown)
    verified.inputs.append(expected)
    level = "full" if level == "sample" else level  # it is the one that was asked for
    verified.problems = sorted(
        {*verified.problems, *check_files([expected], level, n_sample=0, workers=1)}
    )
    return verified


def _digest_in(listing: Path, path: str) -> str:
    """The digest that a listing gives a path; empty if it does not name it."""
    wanted = checksum_line(path, "0" * 64)
    escaped = wanted.startswith("\\")
    ending = os.fsencode(wanted[64 + escaped :])
    with listing.open("rb") as lines:
        for line in lines:
            if line.endswith(ending) and len(line) == 64 + escaped + len(ending):
                return line[escaped : 64 + escaped].decode("ascii", "replace")
    return ""
