"""What the run manifest of a merged or aggregated corpus says beside what all of them say.

Under ``corpus`` it has the section that `corpus_section` makes. It is sealed with everything else,
holds no clock and no host, and paths are relative to the working folder.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from drumcorpus.ground.files.recorded_paths import recorded_names, recorded_path
from drumcorpus.ground.run.run_manifest import manifest_path

MERGE, AGGREGATE = "merge", "aggregate"
SECTION = "corpus"


class Shard(NamedTuple):
    """An input as it was read: its path, the SHA-256 of its bytes, and its rows."""

    path: str
    sha256: str
    rows: int


class Written(NamedTuple):
    """An output before it has its place: the SHA-256 of its bytes, their number, its rows."""

    sha256: str
    n_bytes: int
    rows: int


def corpus_section(
    kind: str,
    shards: Iterable[Shard],
    outputs: Iterable[str | os.PathLike],
    *,
    given: Mapping[str, object],
    complete: Mapping[str, object],
    required_keys: Sequence[str],
    natural_key: Sequence[str],
    duplicates: str,
    conflicts: Sequence[str] = (),
    scale_conversions: Sequence[Mapping] = (),
    source_overrides: Mapping[str, str] | None = None,
    command_line: Sequence[str] | None = None,
) -> dict:
    """The section ``corpus`` of a run manifest.

    Parameters
    ----------
    kind : str
        `MERGE` or `AGGREGATE`.
    shards : iterable of Shard
        In the order in which they were named.
    outputs : iterable of path
        What was written: the corpus and its run manifest; where this is not beside it, the command
        line says where.
    given, complete : mapping
        The arguments as they were given, and with defaults filled in; values of JSON, with paths as
        of `recorded_path`.
    required_keys : sequence of str
        As of `json_rows.read_fields`.
    natural_key : sequence of str
        Fields by which a row is the same.
    duplicates : str
        Name of the policy for rows of one natural key.
    conflicts : sequence of str
        A sentence for each of the first conflicts.
    scale_conversions, source_overrides
        Of an aggregate: the scales that were used, and labels by path.
    command_line : sequence of str, optional
        The call as it was typed; without it, that which does the same.
    """
    shards = list(shards)
    names = recorded_names(path for path, _, _ in shards)
    places = [recorded_path(path) for path in outputs]
    if places[1:] and places[1] != manifest_path(places[0]).as_posix():
        complete = {**complete, "manifest_out": places[1]}
    return {
        "kind": kind,
        "input_shards": [
            {"path": names[path], "sha256": sha256, "rows": rows} for path, sha256, rows in shards
        ],
        "arguments": {"given": dict(given), "complete": dict(complete)},
        "output_paths": places,
        "required_keys": list(required_keys),
        "natural_key": list(natural_key),
        "duplicates": duplicates,
        "conflicts_shown": list(conflicts),
        "scale_conversions": [dict(scale) for scale in scale_conversions],
        "source_overrides": dict(source_overrides or {}),
        "command_line": list(command_line or command_of(kind, complete)),
    }


def recorded_sources(
    corpus_source: Mapping[str | os.PathLike, str], names: Mapping[str, str]
) -> dict[str, str]:
    """Names of scales by the recorded name of their shard, whatever path leads to it.

    Parameters
    ----------
    corpus_source : mapping
        As of `aggregate_settings.shard_labels`.
    names : mapping
        `recorded_names` of the shards.
    """
    by_file = {os.path.realpath(path): name for path, name in names.items()}
    recorded = {
        by_file.get(os.path.realpath(path), recorded_path(path)): label
        for path, label in corpus_source.items()
    }
    return dict(sorted(recorded.items()))


def recorded_block(block: Mapping) -> dict:
    """The block of a merge or an aggregate in a configuration, without places of this machine."""
    names = recorded_names(block["inputs"])
    recorded = dict(block) | {"inputs": [names[os.fspath(path)] for path in block["inputs"]]}
    if block.get("corpus_source"):
        recorded["corpus_source"] = recorded_sources(block["corpus_source"], names)
    return recorded


def command_of(command: str, arguments: Mapping[str, object]) -> list[str]:
    """The words of ``python -m drumcorpus COMMAND`` with these arguments.

    An argument `natural_key` is the option ``--natural-key``; a list gives its values one after the
    other, a mapping gives KEY=VALUE. What is None or empty is left out. A value that would be read
    as an option, for it begins with a hyphen, is joined to its own.
    """
    words = ["python", "-m", "drumcorpus", command]
    for name, value in arguments.items():
        if value is None or value in ([], {}, ()):
            continue
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, Mapping):
            values = [f"{key}={each}" for key, each in value.items()]
        else:
            values = [str(each) for each in (value if isinstance(value, list | tuple) else [value])]
        if any(each.startswith("-") for each in values):
            words += [f"{option}={each}" for each in values]
        else:
            words += [option, *values]
    return words
