"""Aggregate as a function, for corpora outside the workflow: the corpus, and its run manifest."""

import os
from collections.abc import Mapping, Sequence

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.stages.corpora.aggregate_settings import aggregate_settings, shard_labels
from drumcorpus.stages.corpora.aggregating import aggregate_rows, aggregate_section
from drumcorpus.stages.corpora.function_manifest import manifest_place, run_manifest
from drumcorpus.stages.corpora.inputs_and_outputs import (
    check_inputs,
    check_outputs,
    own_folder,
    paths_of,
)
from drumcorpus.stages.corpora.scales import READY, Scale, own_files, read_scales, scale_files
from drumcorpus.stages.corpora.sections import recorded_names, recorded_path, recorded_sources

RULE = "aggregate_corpora"


def aggregate_corpora(
    inputs: Sequence[str | os.PathLike],
    output: str | os.PathLike,
    *,
    scales: Mapping[str, Scale] | Sequence[str | os.PathLike] | None,
    corpus_source: Mapping[str | os.PathLike, str] | None = None,
    natural_key: Sequence[str] | None = None,
    required_keys: Sequence[str] | None = None,
    value: str | None = None,
    uncertainty: str | None = None,
    corpus: str | None = None,
    manifest_out: str | os.PathLike | None = None,
    command_line: Sequence[str] | None = None,
) -> dict[str, int]:
    """Put rated shards of JSON Lines on one axis of 0 to 100, and write the run manifest of that.

    Of several ratings of one item that of least uncertainty on the common axis stays; unknown and 0
    count as infinite. In whatever order shards are named, the corpus has the same bytes.

    Parameters
    ----------
    inputs : sequence of path
        One shard or more.
    output : path
        The corpus, in order of the natural key. It is replaced whole, with its run manifest, or
        stays as it is.
    scales : mapping, sequence of path, or None
        As of `scales.read_scales`, or the files of scales, or folders of them; those of
        ``config/corpora`` if None.
    corpus_source : mapping, optional
        Names of scales by path of shard, for shards whose rows say another or none.
    natural_key, required_keys, value, uncertainty, corpus : optional
        As of `aggregate_settings.aggregate_settings`.
    manifest_out : path, optional
        Where the run manifest stands; else it is ``<output>.manifest.json``.
    command_line : sequence of str, optional
        The call as it was typed, for the run manifest.

    Returns
    -------
    counters : dict
        ``rows_in``, ``rows_out``, and what became of the others: ``duplicates``, ``conflicts``,
        ``other_corpus``, ``dropped.out_of_range``; ``unique_sources``, ``inputs_seen``.

    Raises
    ------
    FileNotFoundError
        If a shard is not there.
    ValueError
        As of `aggregating.aggregate_rows` and `aggregate_settings.shard_labels`. If a shard is not
        what its run manifest says. As of `inputs_and_outputs.check_outputs` and `own_folder`.
    """
    inputs, corpus_source = paths_of(inputs), corpus_source or {}
    settings = aggregate_settings(required_keys, natural_key, value, uncertainty, corpus)
    places = [] if scales is None or isinstance(scales, Mapping) else paths_of(scales)
    if not isinstance(scales, Mapping):
        scales = read_scales(scale_files([READY] if scales is None else places))
    labels = shard_labels(inputs, corpus_source, scales)
    place = manifest_place(output, manifest_out)
    check_inputs(inputs, at_least=1)
    check_outputs([*inputs, *own_files(scales.values())], output, place)
    shards = recorded_names(inputs)
    names = recorded_names([*inputs, *own_files(scales.values())])
    given = {
        "inputs": list(shards.values()),
        "output": recorded_path(output),
        "scales": list(recorded_names(places).values()),
        "corpus_source": recorded_sources(corpus_source, shards),
        "natural_key": natural_key and list(natural_key),
        "required_keys": required_keys and list(required_keys),
        "value": value,
        "uncertainty": uncertainty,
        "corpus": corpus,
        "manifest_out": None if manifest_out is None else recorded_path(manifest_out),
    }
    with (
        own_folder(output, place) as folder,
        replacing(output) as part,
        # The first to take its place: a corpus alone would not be known as one that was made here.
        replacing(place) as manifest_part,
    ):
        aggregated = aggregate_rows(inputs, part, folder, scales, labels, settings)
        section = aggregate_section(
            inputs,
            [output, place],
            corpus_source,
            settings,
            aggregated,
            {name: each for name, each in given.items() if each},
            command_line,
        )
        document = run_manifest(
            RULE,
            __file__,
            output,
            aggregated.written,
            params={"aggregate": section["arguments"]["complete"]},
            section=section,
            counters=aggregated.counters,
            inputs=[("shards", shard) for shard in aggregated.shards],
            files=[("scales", scale.file) for scale in aggregated.scales if scale.file],
            names=names,
        )
        manifest_part.write_bytes(canonical_json(document))
    return aggregated.counters
