"""Run manifests of corpora that a function makes outside the workflow, as a job's are."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from drumcorpus.ground.run.code_digest import describe_code
from drumcorpus.ground.run.job_plan import RESOURCE, kind_of_input
from drumcorpus.ground.run.run_manifest import SCHEMA, describe_file, manifest_path, seal_of
from drumcorpus.ground.run.sidecars import read_output
from drumcorpus.stages.corpora.sections import SECTION, Shard, Written, recorded_path

_PACKAGE = Path(__file__).resolve().parents[2]


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

    Raises
    ------
    ValueError
        If an input has a run manifest and is not what that says.
    """
    code = describe_code(module, _PACKAGE)
    path = Path(module).resolve().relative_to(_PACKAGE.parent.parent).as_posix()
    sha256, n_bytes, rows = written
    document = {
        "schema": SCHEMA,
        "rule": rule,
        "wildcards": {},
        "script": {"path": path, "code": code["digest"], "software": code["software"]},
        "params": dict(params),
        "inputs": [
            *(_described(name, shard) for name, shard in inputs),
            *(_described_file(name, path) for name, path in files),
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


def _described(name: str, shard: Shard) -> dict:
    """A shard as an input: a product if it has a run manifest, which must tell its digest."""
    path = recorded_path(shard.path)
    described = {"name": name, "path": path, "kind": "external"}
    try:
        _, record = read_output(shard.path, path)
    except FileNotFoundError:
        pass
    else:
        if record["sha256"] != shard.sha256:
            raise ValueError(
                f"{path}: is not what its run manifest says (sha256 {record['sha256'][:12]}… "
                f"recorded, {shard.sha256[:12]}… found); make or stamp it again first"
            )
        described["kind"] = "product"
    return described | {"sha256": shard.sha256, "rows": shard.rows}


def _described_file(name: str, path: Path) -> dict:
    """A file as an input: one of the checkout by its place there."""
    kind, shown = kind_of_input(str(path.resolve()), _PACKAGE.parent.parent)
    return describe_file(name, path, shown if kind == RESOURCE else recorded_path(path), kind)
