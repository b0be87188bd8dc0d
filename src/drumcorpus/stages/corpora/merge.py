"""Merge as a function, for corpora outside the workflow: the corpus, and its run manifest."""

import os
from collections.abc import Callable, Sequence

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.stages.corpora.function_manifest import manifest_place, run_manifest
from drumcorpus.stages.corpora.inputs_and_outputs import own_folder, refuse_overwriting
from drumcorpus.stages.corpora.merging import merge_rows, merge_section, merge_settings
from drumcorpus.stages.corpora.sections import recorded_path

RULE = "merge_corpora"


def merge_corpora(
    inputs: Sequence[str | os.PathLike],
    output: str | os.PathLike,
    *,
    required_keys: Sequence[str] | None = None,
    natural_key: Sequence[str] | str | None = None,
    duplicates: str | None = None,
    manifest_out: str | os.PathLike | None = None,
    command_line: Sequence[str] | None = None,
    say: Callable[[str], object] = len,
    processes: int | None = None,
) -> dict[str, int]:
    """Merge shards of JSON Lines into one corpus, and write its run manifest.

    Parameters
    ----------
    inputs : sequence of path
        Two shards or more; of rows with one natural key the first counts, in this order.
    output : path
        The corpus: the rows as they are, in order of the natural key, each but once. It is
        replaced whole, with its run manifest, or stays as it is.
    required_keys, natural_key, duplicates : optional
        As of `merging.merge_settings`.
    manifest_out : path, optional
        Where the run manifest stands; else it is ``<output>.manifest.json``.
    command_line : sequence of str, optional
        The call as it was typed, for the run manifest.
    say
        Is called with a sentence for each of the first conflicts.
    processes : int, optional
        Processes that work at once; as many as there are cores, two at most.

    Returns
    -------
    counters : dict
        ``rows_in``, ``rows_out``, ``duplicates``, ``conflicts``, ``unique_sources``,
        ``inputs_seen``.

    Raises
    ------
    FileNotFoundError
        If a shard is not there.
    ValueError
        If a row is not as it must be, or in conflict with another where that is an error; the
        message names file and line. If a shard is no plain file, or not what its run manifest says.
    """
    processes = min(2, os.cpu_count() or 1) if processes is None else processes
    given = {
        "inputs": [recorded_path(path) for path in inputs],
        "output": recorded_path(output),
        "required_keys": required_keys,
        "natural_key": natural_key,
        "duplicates": duplicates,
        "manifest_out": None if manifest_out is None else recorded_path(manifest_out),
    }
    settings = merge_settings(required_keys, natural_key, duplicates)
    place = manifest_place(output, manifest_out)
    refuse_overwriting(inputs, output, place)
    with (
        own_folder(output) as folder,
        replacing(place) as manifest_part,
        replacing(output) as part,
    ):
        merged = merge_rows(inputs, part, folder, settings, workers=processes)
        section = merge_section(
            inputs,
            [output, place],
            settings,
            merged,
            {name: value for name, value in given.items() if value is not None},
            command_line,
        )
        document = run_manifest(
            RULE,
            __file__,
            output,
            merged.written,
            params={"merge": section["arguments"]["complete"]},
            section=section,
            counters=merged.counters,
            inputs=[("shards", shard) for shard in merged.shards],
        )
        manifest_part.write_bytes(canonical_json(document))
    for sentence in merged.conflicts:
        say(sentence)
    return merged.counters
