"""What a release holds: small files as copies, large ones by digest and the place they lie at."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.digests import checksum_line
from drumcorpus.ground.files.tables import iter_batches
from drumcorpus.ground.run.product_walk import LOOSE
from drumcorpus.ground.run.released import place_in_release
from drumcorpus.stages.releases.releases import SHARD_OF_SOUND, file_document, title_of

SCHEMA = "drumcorpus.release-contents/1"
MEGABYTE = 1_000_000  # bytes
# Files of an export: loose ones may be millions and stand in its own listing; shards are few.
_LOOSE = f"^[^/]+/(?:{'|'.join(LOOSE)})/"
_COLUMNS = ["path", "sha256", "bytes", "n_samples"]
_SHARD = r"^[^/]+/[^/]+-[0-9]{6}[.](?:tar|parquet)$"


def hold_files(
    folder: str | os.PathLike, products: Iterable[Mapping], *, copy_below_mb: float
) -> list[dict]:
    """Copy products into a release, unless they are large, and describe all of them.

    Parameters
    ----------
    folder : path
        Of the release.
    products : iterable of mapping
        As of `run_manifest.describe_product`: ``path``, ``sha256`` and ``rows``.
    copy_below_mb : float
        A product of so many megabytes (10^6 bytes) or more stays where it lies; infinity for none.

    Returns
    -------
    list of dict
        One row of the contents for each, as of `list_contents`.
    """
    rows = [_row(each) for each in products]
    for row in rows:
        row["copied"] = row["bytes"] < copy_below_mb * MEGABYTE
        if row["copied"]:
            file_document(row["place"], Path(folder, row["path"]))
    return rows


def describe_sound(export: str | os.PathLike) -> tuple[list[dict], dict]:
    """The sound of an export, by its table of files.

    Parameters
    ----------
    export : path
        Its folder, ``results/export/<manifest>/<export>``.

    Returns
    -------
    shards : list of dict
        Rows of the contents, one for each tar and Parquet shard, with its samples as ``rows``; none
        is copied.
    summary : dict
        ``manifest``, ``export``, ``place``, ``files`` and ``bytes`` of all that is in it,
        ``shards``, ``loose_files`` and ``loose_bytes``, and the ``listing`` of all of them in the
        release.
    """
    place = PurePosixPath(export)
    shards: list[dict] = []
    counts = dict.fromkeys(("files", "bytes", "loose_files", "loose_bytes"), 0)
    for batch in iter_batches(Path(export, "files.parquet"), _COLUMNS):
        loose = batch.filter(pc.match_substring_regex(batch["path"], _LOOSE))
        counts["files"] += batch.num_rows
        counts["bytes"] += _sum(batch)
        counts["loose_files"] += loose.num_rows
        counts["loose_bytes"] += _sum(loose)
        of_sound = batch.filter(pc.match_substring_regex(batch["path"], _SHARD))
        shards += [_shard(place, row) for row in of_sound.to_pylist()]
    summary = {
        **{"manifest": place.parts[-2], "export": place.parts[-1], "place": place.as_posix()},
        **counts,
        "shards": len(shards),
        "listing": f"{place_in_release(place)}/SHA256SUMS",
    }
    return shards, summary


def list_contents(
    release: str,
    files: Iterable[Mapping],
    exports: Iterable[Mapping],
    *,
    copy_below_mb: float,
) -> dict:
    """What a release holds, as one document.

    Parameters
    ----------
    release : str
        Its name.
    files, exports
        Rows, as of the functions above.
    copy_below_mb : float
        As of `hold_files`.

    Returns
    -------
    contents : dict
        ``files`` in order of ``path`` (below the release's folder), each with ``name`` (what it is
        of), ``what`` it is, ``sha256``, ``bytes``, ``rows`` (None of what has none), whether it is
        ``copied``, and the ``place`` below the working folder that it was taken from, or lies at.
    """
    return {
        "schema": SCHEMA,
        "release": release,
        "copy_below_mb": copy_below_mb,
        "files": sorted(files, key=lambda row: row["path"]),
        "exports": sorted(exports, key=lambda row: (row["manifest"], row["export"])),
    }


def checksums(contents: Mapping, others: Sequence[tuple[str, str]] = ()) -> tuple[str, str]:
    """The contents as ``sha256sum -c`` reads them.

    Parameters
    ----------
    contents : mapping
        As of `list_contents`.
    others : sequence of (path, sha256)
        Further files of the folder.

    Returns
    -------
    here, elsewhere : str
        Of what is in the folder, to be read in it; and of what is not, to be read in the working
        folder.
    """
    rows = contents["files"]
    here = [*others, *((row["path"], row["sha256"]) for row in rows if row["copied"])]
    elsewhere = [(row["place"], row["sha256"]) for row in rows if not row["copied"]]
    return tuple(
        "".join(checksum_line(*entry) for entry in sorted(entries)) for entries in (here, elsewhere)
    )


def _row(product: Mapping) -> dict:
    place = product["path"]
    path = place_in_release(place)
    name, what = title_of(path)
    return {
        **{"path": path, "name": name, "what": what},
        "sha256": product["sha256"],
        "bytes": Path(place).stat().st_size,
        "rows": product["rows"],
        "place": place,
    }


def _shard(export: PurePosixPath, row: Mapping) -> dict:
    place = (export / row["path"]).as_posix()
    return {
        **{
            "path": place_in_release(place),
            "name": "/".join(export.parts[-2:]),
            "what": SHARD_OF_SOUND,
        },
        **{"sha256": row["sha256"], "bytes": row["bytes"], "rows": row["n_samples"]},
        **{"place": place, "copied": False},
    }


def _sum(batch: pa.RecordBatch) -> int:
    return pc.sum(batch["bytes"]).as_py() or 0
