"""Merge as a function, for corpora outside the workflow: the corpus, and its run manifest."""

import os
from collections.abc import Callable, Sequence

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.stages.corpora.function_manifest import manifest_place, run_manifest
from drumcorpus.stages.corpora.inputs_and_outputs import (
    check_inputs,
    check_outputs,
    own_folder,
    paths_of,
)
from drumcorpus.stages.corpora.merging import merge_rows, merge_section, merge_settings
from drumcorpus.stages.corpora.sections import recorded_names, recorded_path

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
        As of `inputs_and_outputs.check_outputs` and `own_folder`.
    """
    processes = min(2, os.cpu_count() or 1) if processes is None else processes
    inputs = paths_of(inputs)
    settings = merge_settings(required_keys, natural_key, duplicates)
    place = manifest_place(output, manifest_out)
    check_inputs(inputs, at_least=2)
    check_outputs(inputs, output, place)
    names = recorded_names(inputs)
    given = {
        "inputs": list(names.values()),
        "output": recorded_path(output),
        "required_keys": required_keys and list(required_keys),
        "natural_key": natural_key if isinstance(natural_key, str | None) else list(natural_key),
        "duplicates": duplicates,
        "manifest_out": None if manifest_out is None else recorded_path(manifest_out),
    }
    with (
        own_folder(output, place) as folder,
        replacing(output) as part,
        # The first to take its place: a corpus alone would not be known as one that was made here.
        replacing(place) as manifest_part,
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
            names=names,
        )
        manifest_part.write_bytes(canonical_json(document))
    for sentence in merged.conflicts:
        say(sentence)
    return merged.counters
