"""What the folder of a release holds beside its documents: files that its contents list.

Whether a file is copied into a release follows from its size, which no rule knows beforehand. So
these copies are no outputs of a rule and have no run manifest: ``contents.json``, which has one,
names each with size and digest.
"""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.plain_files import is_plain_file
from drumcorpus.ground.run.recorded_files import Expected

RELEASES = "reports/releases"
CONTENTS = "contents.json"


def copies_in_releases(products: Iterable[Expected]) -> tuple[list[Expected], list[str]]:
    """The files that the contents of releases name, and of which releases nobody can tell.

    Parameters
    ----------
    products : iterable of Expected
        Those of the working folder; a copy that is one of them is left out.

    Returns
    -------
    copies : list of Expected
        With the contents as the product to make again.
    untold : list of str
        Folders of releases whose contents are not as recorded.
    """
    products = list(products)
    recorded = {file.shown for file in products}
    copies, untold = [], []
    for file in products:
        path = PurePosixPath(file.shown)
        if path.name != CONTENTS or path.parent.parent.as_posix() != RELEASES:
            continue
        if not _is_as_recorded(file):
            untold.append(path.parent.as_posix())
            continue
        for row in copied_files(read_json(file.location)):
            shown = f"{path.parent}/{row['path']}"
            if shown not in recorded:
                entry = Expected(Path(shown), shown, row["bytes"], row["sha256"], file.shown)
                copies.append(entry)
    return copies, untold


def place_in_release(place: str | os.PathLike) -> str:
    """Where a product is filed, below the folder of a release: as below results or reports.

    Examples
    --------
    >>> place_in_release("results/manifests/prod_combined.parquet")
    'manifests/prod_combined.parquet'
    """
    return PurePosixPath(*PurePosixPath(place).parts[1:]).as_posix()


def half_copied(folder: str | os.PathLike, places: Iterable[str | os.PathLike]) -> list[Path]:
    """What a killed job may have left in the folder of a release of copies of these products."""
    copies = (Path(folder, place_in_release(place)) for place in places)
    return [copy.with_name(f".{copy.name}.part") for copy in copies]


def copied_files(contents: Mapping) -> list[Mapping]:
    """The rows of the contents of a release whose files are in its folder."""
    return [row for row in contents["files"] if row["copied"]]


def copies_stand(
    folder: str | os.PathLike, contents: Mapping, outputs: Collection[str | os.PathLike]
) -> bool:
    """Whether the files that a release is said to hold are in its folder, as they are listed.

    Those that are `outputs` of a rule are left out: Snakemake and the job look after them.
    """
    places = [(Path(folder, row["path"]), row) for row in copied_files(contents)]
    outputs = {Path(output) for output in outputs}
    places = [(place, row) for place, row in places if place not in outputs]
    return all(
        is_plain_file(place)
        and place.stat().st_size == row["bytes"]
        and sha256_file(place) == row["sha256"]
        for place, row in places
    )


def remove_other_copies(folder: str | os.PathLike, earlier: Mapping, contents: Mapping) -> None:
    """Remove what the earlier contents of a release list as copied, and the present ones do not."""
    kept = {row["path"] for row in copied_files(contents)}
    for row in copied_files(earlier):
        if row["path"] not in kept:
            Path(folder, row["path"]).unlink(missing_ok=True)


def _is_as_recorded(file: Expected) -> bool:
    return is_plain_file(file.location) and sha256_file(file.location) == file.sha256
