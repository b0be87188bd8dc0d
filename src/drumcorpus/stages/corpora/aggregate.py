"""Aggregate as a function, for corpora outside the workflow: the corpus, and its run manifest."""

import os
from collections.abc import Mapping, Sequence

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.stages.corpora.aggregate_settings import aggregate_settings, shard_labels
from drumcorpus.stages.corpora.aggregating import aggregate_rows, aggregate_section
from drumcorpus.stages.corpora.function_manifest import manifest_place, run_manifest
from drumcorpus.stages.corpora.inputs_and_outputs import own_folder, refuse_overwriting
from drumcorpus.stages.corpora.scales import Scale
from drumcorpus.stages.corpora.sections import recorded_path

RULE = "aggregate_corpora"


def aggregate_corpora(
    inputs: Sequence[str | os.PathLike],
    output: str | os.PathLike,
    *,
    scales: Mapping[str, Scale],
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
    scales : mapping
        As of `scales.read_scales`, such as ``read_scales(scale_files())``: those of
        ``config/corpora``.
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
        what its run manifest says.
    """
    corpus_source = corpus_source or {}
    given = {
        "inputs": [recorded_path(path) for path in inputs],
        "output": recorded_path(output),
        "corpus_source": {recorded_path(path): name for path, name in corpus_source.items()},
        "natural_key": natural_key and list(natural_key),
        "required_keys": required_keys and list(required_keys),
        "value": value,
        "uncertainty": uncertainty,
        "corpus": corpus,
        "manifest_out": None if manifest_out is None else recorded_path(manifest_out),
    }
    settings = aggregate_settings(required_keys, natural_key, value, uncertainty, corpus)
    labels = shard_labels(inputs, corpus_source, scales)
    place = manifest_place(output, manifest_out)
    refuse_overwriting(inputs, output, place)
    with (
        own_folder(output) as folder,
        replacing(place) as manifest_part,
        replacing(output) as part,
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
        )
        manifest_part.write_bytes(canonical_json(document))
    return aggregated.counters
