"""The audit of a manifest by the files of its source sets, each of which is named after its set."""

import os
from collections.abc import Iterable
from pathlib import Path

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.audit.manifest import audit_manifest


def audit_files(
    manifest: str | os.PathLike,
    *,
    provenance: Iterable[str],
    inventory: Iterable[str],
    missing: Iterable[str],
    cards: Iterable[str],
    **settings,
) -> dict:
    """Audit the provenance of one manifest.

    Parameters
    ----------
    manifest : path
    provenance, inventory, missing, cards : iterable of path
        Files named after their source sets, such as ``egmd.jsonl``.
    settings
        As of `manifest.audit_manifest`, whose result this returns and whose errors it raises.
    """
    return audit_manifest(
        manifest,
        _by_source_set(provenance),
        _by_source_set(inventory),
        missing_files=_by_source_set(missing),
        cards={name: read_yaml(path) for name, path in _by_source_set(cards).items()},
        **settings,
    )


def _by_source_set(paths: Iterable[str]) -> dict[str, str]:
    return {Path(path).stem: path for path in paths}
