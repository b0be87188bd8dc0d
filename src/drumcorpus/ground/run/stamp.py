"""Run manifests of files that no workflow made: a person says what they were made of.

They have the schema, the seal and the paths of all others, so that whatever reads one reads them.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.json_files import canonical_json, write_json
from drumcorpus.ground.files.paths import printable, visible
from drumcorpus.ground.files.plain_files import is_plain_file, odd_kind
from drumcorpus.ground.run.run_manifest import (
    SCHEMA,
    SUFFIX,
    describe_file,
    finished_manifest,
    manifest_path,
    product_rows,
)
from drumcorpus.ground.run.sidecars import read_output

RULE = "stamp"
# Stands for the script of a file of which nobody has named one.
BY_HAND = {"path": "(by hand)", "code": "0" * 16}


def stamp(
    products: Iterable[str | os.PathLike],
    *,
    inputs: Iterable[str | os.PathLike] = (),
    parameters: Mapping[str, object] | None = None,
    script: str | os.PathLike | None = None,
    note: str = "",
    again: bool = False,
) -> list[Path]:
    """Write the run manifest of files of the present folder beside each of them.

    Parameters
    ----------
    products : iterable of paths
        What one piece of work has written. They and all inputs lie below the present folder, to
        which their paths are recorded relative.
    inputs : iterable of paths
        What they were made of. One with a run manifest is recorded as a product, so that the chain
        goes on from it; any other as external.
    parameters : mapping, optional
        Values that JSON can hold.
    script : path, optional
        What made them: recorded with its digest, and as an input.
    note : str
        Anything else that a reader should know.
    again : bool
        Whether a run manifest that says otherwise is replaced.

    Returns
    -------
    list of Path
        The run manifests that were written; not those that said the same before.

    Raises
    ------
    FileNotFoundError
        If a product or an input is not there.
    ValueError
        If one lies outside the present folder, is no file, is named twice, or is not what its own
        run manifest says; if a run manifest stands that says otherwise.
    """
    outputs = [("file", _below(path)) for path in products]
    sources = [_below(path) for path in inputs]
    program = [] if script is None else [_below(script)]
    _each_once([path for _, path in outputs], [*sources, *program])
    for _, path in outputs:
        if odd := odd_kind(os.lstat(path).st_mode):
            raise ValueError(f"{visible(path)}: is {odd}, where a file belongs")
        if path.endswith(SUFFIX):
            raise ValueError(f"{visible(path)}: is a run manifest, which has none of its own")
    described = [
        *(_describe("input", path) for path in sources),
        *(describe_file("script", path, path, "external") for path in program),
    ]
    by = {"path": program[0], "code": described[-1]["sha256"][:16]} if program else BY_HAND
    plan = {
        "schema": SCHEMA,
        "rule": RULE,
        "wildcards": {},
        "script": by | {"software": {}},
        "params": {"note": note, "parameters": dict(parameters or {})},
        "inputs": described,
    }
    document = finished_manifest(plan, outputs, {})
    data = canonical_json(document)
    wanted = [manifest_path(path) for _, path in outputs]
    differing = [path for path in wanted if not _says(path, data)]
    for path in differing:
        if os.path.lexists(path) and not (again and is_plain_file(path)):
            remedy = "move it away" if again else "to replace it: --again"
            raise ValueError(f"{visible(str(path))}: stands there and says otherwise; {remedy}")
    for path in differing:
        write_json(path, document)
    return differing


def _describe(name: str, path: str) -> dict:
    """A file as an input; its own run manifest, where it has one, must tell its digest."""
    try:
        _, record = read_output(path, path)
    except FileNotFoundError:
        return describe_file(name, path, path, "external")
    sha256 = sha256_file(path)
    if sha256 != record["sha256"]:
        raise ValueError(
            f"{visible(path)}: is not what its run manifest says (sha256 {record['sha256'][:12]}… "
            f"recorded, {sha256[:12]}… found); make or stamp it again first"
        )
    n_rows = product_rows(Path(path))
    if n_rows != record["rows"]:
        raise ValueError(
            f"{visible(path)}: has {n_rows} rows, and its run manifest says {record['rows']}; make "
            "or stamp it again first"
        )
    source = {"name": name, "path": path, "kind": "product", "sha256": sha256}
    return source | {"rows": record["rows"]}


def _below(path: str | os.PathLike) -> str:
    """A path relative to the present folder, with ``.`` and ``..`` taken out."""
    relative, shown = Path(os.path.relpath(path)), visible(printable(os.fspath(path)))
    if relative.parts[:1] == ("..",):
        raise ValueError(
            f"{shown}: lies outside the present folder, and a run manifest names no place of this "
            "machine; go to a folder that holds all files, and stamp from there"
        )
    if printable(str(relative)) != str(relative):
        raise ValueError(f"{shown}: its name is not UTF-8, which JSON cannot hold; rename it")
    return relative.as_posix()


def _each_once(outputs: list[str], sources: list[str]) -> None:
    """Refuse what is named twice, which cannot be meant."""
    named: set[str] = set()
    for path in [*outputs, *sources]:
        if path in named:
            raise ValueError(f"{visible(path)}: is named twice, as what was made or made of")
        named.add(path)


def _says(path: Path, data: bytes) -> bool:
    return is_plain_file(path) and path.read_bytes() == data
