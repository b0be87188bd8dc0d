"""What is declared of a source set and the vocabulary, as ingestion takes it."""

import os
from collections.abc import Iterable, Mapping

from drumcorpus.ground.files.taxonomy_files import load_label_map, load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.cards import read_options


def read_declarations(
    card: str | os.PathLike,
    label_maps: Iterable[str | os.PathLike],
    taxonomy: Iterable[str | os.PathLike],
    references: Iterable[str | os.PathLike],
    settings: Mapping,
) -> dict:
    """The arguments of `ingest.ingest_sessions` that stand in files and settings.

    Parameters
    ----------
    card : path
        Of the source set.
    label_maps, references : iterable of paths
        The files that the card names, in its order.
    taxonomy : iterable of paths
        As of `taxonomy_files.load_taxonomy`.
    settings : mapping
        The source set's own settings.

    Raises
    ------
    ValueError
        If a file is not what it should be; the message names it.
    """
    card, taxonomy = read_yaml(card), load_taxonomy(*taxonomy)
    names = zip(card["label_maps"], label_maps, strict=True)
    return {
        "label_maps": {name: load_label_map(path, taxonomy) for name, path in names},
        "taxonomy": taxonomy,
        "options": read_options(card, references, settings),
        **{name: card[name] for name in ("label_method", "license", "redistributable")},
    }
