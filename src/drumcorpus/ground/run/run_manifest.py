"""The run manifest: beside every product ``P`` stands ``P.manifest.json``: how `P` was made.

It is written last. Equal inputs, parameters and code give equal bytes: it holds no clock, no
host and no path of the machine. A job is fresh when what it would write stands there already.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import orjson

from drumcorpus.ground.files.digests import sha256_bytes, sha256_file
from drumcorpus.ground.files.json_files import canonical_json, write_json
from drumcorpus.ground.files.plain_files import is_plain_file
from drumcorpus.ground.run.commands import command

SCHEMA = "drumcorpus-run-manifest-v1"
SUFFIX = ".manifest.json"
# The input that holds products of earlier configurations, such as other releases.
EARLIER = "earlier"


def manifest_path(product: str | os.PathLike) -> Path:
    """Where the run manifest of `product` stands: the suffix is appended to the whole name."""
    return Path(f"{os.fspath(product)}{SUFFIX}")


def read_manifest(product: str | os.PathLike) -> dict | None:
    """The run manifest of `product`; None where there is none, or it was changed after writing.

    It counts by its bytes: white space, the order of keys or what follows the document are changes
    too. A link in its place is none.
    """
    path = manifest_path(product)
    try:
        if not is_plain_file(path):
            return None
        data = path.read_bytes()
        manifest = orjson.loads(data)
    except (FileNotFoundError, PermissionError, ValueError):
        return None
    return manifest if _is_run_manifest(manifest) and canonical_json(manifest) == data else None


def _is_run_manifest(document) -> bool:
    """Whether a document has at least the shape that reading it relies on."""
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return False
    wanted = {"inputs": {"kind", "path", "sha256"}, "outputs": {"bytes", "path", "rows", "sha256"}}
    has_shape = all(
        isinstance(document.get(name), list)
        and all(isinstance(row, dict) and keys <= row.keys() for row in document[name])
        for name, keys in wanted.items()
    )
    return has_shape and document.get("seal") == seal_of(document)


def recorded_output(manifest: dict | None, product: str | os.PathLike) -> dict | None:
    """What a run manifest says of one of its outputs, or None."""
    path = Path(product).as_posix()
    for output in (manifest or {}).get("outputs", ()):
        if output["path"] == path:
            return output
    return None


def describe_product(name: str, product: str | os.PathLike) -> dict:
    """A product as an input of a run, checked against the record of the run that made it.

    Raises
    ------
    ValueError
        If the product has no record, or is not what its record says.
    """
    path = Path(product).as_posix()
    remedy = f"Make it again: {command('all', forced=[path])}"
    if name == EARLIER:
        remedy = "No rule makes it any more: put it back from a copy, or move its folder away"
    record = recorded_output(read_manifest(path), path)
    if record is None:
        raise ValueError(f"{path}: has no run manifest that names it. {remedy}")
    sha256 = sha256_file(path)
    if sha256 != record["sha256"]:
        raise ValueError(
            f"{path}: is not what its run manifest says (sha256 {record['sha256'][:12]}… recorded, "
            f"{sha256[:12]}… found): it was changed after it was made. {remedy}"
        )
    return {
        "name": name,
        "path": path,
        "kind": "product",
        "sha256": sha256,
        "rows": record["rows"],
    }


def describe_file(name: str, path: str | os.PathLike, shown: str, kind: str) -> dict:
    """A hand-kept or foreign file as an input of a run; `shown` is its path below its root."""
    return {"name": name, "path": shown, "kind": kind, "sha256": sha256_file(path), "rows": None}


def describe_output(name: str, product: str | os.PathLike) -> dict:
    """A product as an output of the run that has just written it."""
    path = Path(product)
    return {
        "name": name,
        "path": path.as_posix(),
        "sha256": sha256_file(path),
        "bytes": path.stat().st_size,
        "rows": product_rows(path),
    }


def product_rows(path: Path) -> int | None:
    """Number of rows of a Parquet table or a JSON Lines file; None of anything else."""
    if path.suffix == ".parquet":
        # Loading it takes as long as everything else in a job whose products are fresh.
        from drumcorpus.ground.files.tables import count_rows

        return count_rows(path)
    if path.suffix == ".jsonl":
        with path.open("rb") as handle:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: handle.read(1 << 20), b""))
    return None


def is_fresh(
    plan: dict,
    outputs: list[tuple[str, str]],
    kept: Mapping[str, Path],
    *,
    any_software: bool = False,
) -> bool:
    """Whether all products stand unchanged and were made exactly as `plan` would make them.

    Parameters
    ----------
    plan : dict
        The run manifest before the work: everything but outputs and counters.
    outputs : list of (name, path)
    kept : mapping
        Where the product of each path lies, if it does not lie at that path.
    any_software : bool
        Whether products count that were made with other versions of the libraries.
    """
    wanted = _of_any_software(plan) if any_software else plan
    for _, path in outputs:
        product = kept.get(path, Path(path))
        manifest = read_manifest(path)
        record = recorded_output(manifest, path)
        if record is None or not is_plain_file(product):
            return False
        made_as = {key: manifest.get(key) for key in plan}
        made_as = _of_any_software(made_as) if any_software else made_as
        if canonical_json(made_as) != canonical_json(wanted):
            return False
        recorded = {output["path"] for output in manifest["outputs"]}
        if recorded != {Path(other).as_posix() for _, other in outputs}:
            return False
        if sha256_file(product) != record["sha256"]:
            return False
    return True


def other_software(manifest: dict | None, software: Mapping[str, str]) -> dict[str, str]:
    """The libraries that a product was made with in another version, with that version.

    Parameters
    ----------
    manifest : dict or None
        Run manifest of the product.
    software : mapping
        Versions by library, as they are now.
    """
    made_with = (manifest or {}).get("script", {}).get("software", {})
    return {name: made_with[name] for name in made_with if made_with[name] != software.get(name)}


def _of_any_software(plan: dict) -> dict:
    script = {key: value for key, value in plan["script"].items() if key != "software"}
    return plan | {"script": script}


def write_manifests(plan: dict, outputs: list[tuple[str, str]], counters: dict) -> None:
    """Write the run manifest of a finished run beside each of its products."""
    document = finished_manifest(plan, outputs, counters)
    for _, path in outputs:
        write_json(manifest_path(path), document)


def finished_manifest(plan: dict, outputs: list[tuple[str, str]], counters: dict) -> dict:
    """The run manifest of a run that has just written its products, sealed."""
    described = [describe_output(name, path) for name, path in outputs]
    document = plan | {"outputs": described, "counters": counters}
    return document | {"seal": seal_of(document)}


def seal_of(document: dict) -> str:
    """SHA-256 over everything else in a run manifest: a hand that edits one breaks it."""
    sealed = {key: value for key, value in document.items() if key != "seal"}
    return sha256_bytes(canonical_json(sealed))
