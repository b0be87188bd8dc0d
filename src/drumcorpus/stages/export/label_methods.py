"""How the labels of an export came about: above all, which of them a model made."""

from collections.abc import Mapping, Sequence

from drumcorpus.vocabulary import MODEL, SPLITS


def label_methods(rows: Sequence[tuple]) -> dict:
    """Samples and strokes by split, source set and label method.

    Parameters
    ----------
    rows : sequence of tuple
        Split, source set, label method, records and strokes, in order.
    """
    methods: dict = {split: {} for split in SPLITS}
    for split, source_set, method, records, strokes in rows:
        of_set = methods[split].setdefault(source_set, {})
        of_set[method] = {"records": records, "strokes": int(strokes)}
    return methods


def labelled_by_model(figures: Mapping) -> dict[str, dict]:
    """By source set whose labels a model made: samples and strokes, and the splits they are in.

    Parameters
    ----------
    figures : mapping
        As of `statistics.measure_samples`.
    """
    of_sets: dict[str, dict] = {}
    for split, sets in figures["label_methods"].items():
        for name, methods in sets.items():
            if MODEL in methods:
                said = of_sets.setdefault(name, {"records": 0, "strokes": 0, "splits": []})
                for amount in ("records", "strokes"):
                    said[amount] += methods[MODEL][amount]
                said["splits"].append(split)
    return dict(sorted(of_sets.items()))


def model_labels_in_words(figures: Mapping, models: Mapping[str, Mapping]) -> str:
    """What a model made of an export's labels, in a sentence; empty where it made none.

    Parameters
    ----------
    figures : mapping
        As of `statistics.measure_samples`.
    models : mapping
        By source set, the `model` and its `version`.
    """
    parts = []
    for name, said in labelled_by_model(figures).items():
        model = f" ({model_in_words(models[name])})" if name in models else ""
        parts.append(
            f"{said['records']:,} samples of {name} with {said['strokes']:,} strokes, in "
            f"{' and '.join(said['splits'])}{model}"
        )
    if not parts:
        return ""
    return (
        f"A model made the labels of {'; '.join(parts)}: predictions that nobody has checked, and "
        f"no truth to score by (label_method: {MODEL})."
    )


def model_in_words(model: Mapping) -> str:
    """The name of a model with its version."""
    return f"{model['model']} {model['version']}"
