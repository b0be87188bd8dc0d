"""Run manifests of corpora that a function makes outside the workflow, as a job's are."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from drumcorpus.ground.files.paths import ELSEWHERE
from drumcorpus.ground.files.project_files import (
    package_folder,
    path_of_module,
    project_folder,
)
from drumcorpus.ground.run.code_digest import describe_code
from drumcorpus.ground.run.job_plan import RESOURCE, kind_of_input
from drumcorpus.ground.run.lineage import place_in
from drumcorpus.ground.run.run_manifest import (
    SCHEMA,
    describe_file,
    manifest_path,
    product_rows,
    seal_of,
)
from drumcorpus.ground.run.sidecars import read_output, read_sidecar
from drumcorpus.stages.corpora.sections import SECTION, Shard, Written, recorded_path

_PACKAGE = package_folder(project_folder())


def run_manifest(
    rule: str,
    module: str | os.PathLike,
    output: str | os.PathLike,
    written: Written,
    *,
    params: Mapping[str, object],
    section: Mapping[str, object],
    counters: Mapping[str, object],
    inputs: Iterable[tuple[str, Shard]],
    files: Iterable[tuple[str, Path]] = (),
    names: Mapping[str, str],
) -> dict:
    """The run manifest of a corpus that a function has made outside the workflow, sealed.

    Parameters
    ----------
    rule : str
        The rule that does the same.
    module : path
        Of the function, ``__file__`` there: its code is recorded as a script's is.
    output : path
        Where the corpus stands.
    written : Written
        What was written.
    params, section, counters : mapping
        Parameters that shape the corpus, of `corpus_section`, and what was counted.
    inputs : iterable of (str, Shard)
        Inputs by name.
    files : iterable of (str, Path)
        What else was read, such as scales of ratings.
    names : mapping
        As of `sections.recorded_names`, of everything that was read.

    Raises
    ------
    ValueError
        If an input has a run manifest and is not what that says.
    """
    code = describe_code(module, _PACKAGE)
    path = path_of_module(module)
    sha256, n_bytes, rows = written
    document = {
        "schema": SCHEMA,
        "rule": rule,
        "wildcards": {},
        "script": {"path": path, "code": code["digest"], "software": code["software"]},
        "params": dict(params),
        "inputs": [
            *(_described(name, shard, names) for name, shard in inputs),
            *(_described_file(name, path, names) for name, path in files),
        ],
        SECTION: dict(section),
        "outputs": [
            {
                "name": "corpus",
                "path": recorded_path(output),
                "sha256": sha256,
                "bytes": n_bytes,
                "rows": rows,
            }
        ],
        "counters": dict(counters),
    }
    return document | {"seal": seal_of(document)}


def manifest_place(output: str | os.PathLike, manifest_out: str | os.PathLike | None) -> Path:
    """Where the run manifest of `output` stands: at `manifest_out`, or beside it."""
    return manifest_path(output) if manifest_out is None else Path(manifest_out)


def _described(name: str, shard: Shard, names: Mapping[str, str]) -> dict:
    """A shard as an input, which must be what its run manifest says, if it has one.

    It is a product then, unless it lies elsewhere: no chain goes on from there.
    """
    path = names[shard.path]
    is_elsewhere = path.startswith(ELSEWHERE)
    described = {"name": name, "path": path, "kind": "external"}
    try:
        if is_elsewhere:
            _, record = place_in(read_sidecar(shard.path), os.path.abspath(shard.path))  # noqa: PTH100
        else:
            _, record = read_output(shard.path, path)
    except FileNotFoundError:
        pass
    else:
        if record["sha256"] != shard.sha256:
            raise ValueError(
                f"{path}: is not what its run manifest says (sha256 {record['sha256'][:12]}… "
                f"recorded, {shard.sha256[:12]}… found); make or stamp it again first"
            )
        # Rows are counted by line ends, of which the last line may have none.
        if record["rows"] not in (None, shard.rows, product_rows(Path(shard.path))):
            raise ValueError(
                f"{path}: has {shard.rows:,} rows, and its run manifest says {record['rows']:,}; "
                "make or stamp it again first"
            )
        described["kind"] = "external" if is_elsewhere else "product"
    return described | {"sha256": shard.sha256, "rows": shard.rows}


def _described_file(name: str, path: Path, names: Mapping[str, str]) -> dict:
    """A file as an input: one of the checkout by its place there."""
    kind, shown = kind_of_input(str(path.resolve()), project_folder())
    if kind != RESOURCE:
        shown = names.get(os.fspath(path)) or recorded_path(path)
    return describe_file(name, path, shown, kind)
