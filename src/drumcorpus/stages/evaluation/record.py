"""The run manifest of an evaluation, as all products have one."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.project_files import (
    package_folder,
    path_of_module,
    project_folder,
)
from drumcorpus.ground.files.recorded_paths import recorded_path
from drumcorpus.ground.run.code_digest import describe_code
from drumcorpus.ground.run.job_plan import EXTERNAL, PRODUCT, RESOURCE, kind_of_input
from drumcorpus.ground.run.run_manifest import SCHEMA, describe_file, write_manifests
from drumcorpus.stages.evaluation.predictions import Predictions
from drumcorpus.stages.evaluation.reference import Corpus

EVALUATE = "evaluate"
BOUNDARY_PACK = "boundary_pack"
# What an output is called, by the command that writes it.
OUTPUTS = {EVALUATE: "evaluation", BOUNDARY_PACK: "boundary_pack"}
_PACKAGE = package_folder(project_folder())


def write_record(
    outputs: Iterable[str | os.PathLike],
    corpora: Iterable[Corpus],
    predictions: Iterable[Predictions],
    tables: Iterable[Path],
    files: Iterable[Path],
    params: Mapping[str, object],
    *,
    rule: str = EVALUATE,
) -> None:
    """Write the run manifest beside each of the outputs, which lie below the present folder.

    Inputs that lie elsewhere are named without their folder.

    Parameters
    ----------
    corpora : iterable of Corpus
        Whose manifests and tables of splits were read.
    tables : iterable of path
        Tables of sessions that were read.
    files : iterable of path
        What else was read.
    params : mapping
        The arguments that shape the outputs.
    rule : str
        The module of the command that writes them.
    """
    code = describe_code(__file__, _PACKAGE, [f"drumcorpus.commands.{rule}"])
    of_corpora = [
        (name, corpus.folder / path, sha256)
        for corpus in corpora
        for name, path, sha256 in (
            ("corpus", corpus.manifest, corpus.sha256),
            ("splits", corpus.splits, corpus.splits_sha256),
        )
    ]
    inputs = [_table(*each) for each in of_corpora]
    inputs += [_table("sessions", path, sha256_file(path)) for path in tables]
    for said in predictions:
        folder = said.path if said.path.is_dir() else said.path.parent
        inputs += [_row("predictions", folder / path, sha) for path, sha in said.files.items()]
        if said.statement.path is not None:
            path = said.statement.path
            inputs.append(describe_file("statement", path, recorded_path(path), EXTERNAL))
    for path in files:
        kind, shown = kind_of_input(str(Path(path).resolve()), project_folder())
        shown = shown if kind == RESOURCE else recorded_path(path)
        inputs.append(describe_file("settings", path, shown, kind))
    plan = {
        "schema": SCHEMA,
        "rule": rule,
        "wildcards": {},
        "script": {
            "path": path_of_module(__file__),
            "code": code["digest"],
            "software": code["software"],
        },
        "params": dict(params),
        "inputs": inputs,
    }
    write_manifests(plan, [(OUTPUTS[rule], recorded_path(path)) for path in outputs], {})


def _row(name: str, path: Path, sha256: str) -> dict:
    shown = recorded_path(path)
    return {"name": name, "path": shown, "kind": EXTERNAL, "sha256": sha256, "rows": None}


def _table(name: str, path: Path, sha256: str) -> dict:
    """A product of the corpus; as a file from elsewhere where it does not lie below this folder."""
    row = _row(name, path, sha256)
    is_here = not row["path"].startswith("…")
    return row | {"kind": PRODUCT if is_here else EXTERNAL}
