"""What predictions that become events say, and the label that each of their words means.

A class of a published set holds several labels, and an event has one: which of them a class becomes
is said by whoever stages the predictions, and a class of which nothing is said is refused.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.spelling import did_you_mean
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.ground.predictions.class_maps import (
    CORPUS,
    ClassMap,
    Vocabulary,
    load_class_map,
    make_vocabulary,
)
from drumcorpus.ground.predictions.note_maps import load_note_map
from drumcorpus.taxonomy import LabelMap, Stroke, Taxonomy
from drumcorpus.vocabulary import CLASS_OF_SEVERAL_LABELS

_TAXONOMY = ("components", "techniques", "dynamics")


@dataclass(frozen=True)
class Meanings:
    """`label_map` has the stroke of every word or note that predictions may say.

    `vocabulary` numbers the words in their order; it is None where predictions are MIDI. `files`
    are those that were read.
    """

    label_map: LabelMap
    vocabulary: Vocabulary | None
    files: tuple[Path, ...]


def read_meanings(
    resources: str | os.PathLike,
    taxonomy_folder: str | os.PathLike,
    *,
    class_map: str | None = None,
    note_map: str | None = None,
    labels: Mapping[str, str | None] | None = None,
) -> Meanings:
    """Look up what predictions say.

    Parameters
    ----------
    resources : path
        The folder of resources of a checkout, which has the class maps.
    taxonomy_folder : path
    class_map : str, optional
        Whose classes they say; ``corpus``, the labels themselves, if neither this nor `note_map` is
        given.
    note_map : str, optional
        What the notes of MIDI files mean.
    labels : mapping, optional
        The label that a class becomes, one of its own; None for a class that becomes none.

    Raises
    ------
    LookupError
        If there is no map of that name.
    ValueError
        If both maps are named, `labels` names no class or a label that is not of it, or a class of
        several labels is not in it.
    """
    folder = Path(taxonomy_folder)
    files = [folder / f"{name}.yaml" for name in _TAXONOMY]
    taxonomy = load_taxonomy(*files)
    if note_map is not None:
        if class_map is not None or labels:
            raise ValueError(
                "note_map: is given beside class_map or labels; the notes of MIDI files have their "
                "labels from note_map, the words of other files theirs from class_map and labels"
            )
        notes, path = load_note_map(note_map, folder, taxonomy)
        return Meanings(notes, None, (*files, path))
    maps = Path(resources) / "evaluation/class_maps"
    spoken = load_class_map(class_map or CORPUS, maps, taxonomy.labels)
    if spoken.name != CORPUS:
        files.append(maps / f"{spoken.name}.yaml")
    label_map = _label_map(spoken, labels or {}, taxonomy)
    return Meanings(label_map, make_vocabulary(spoken, spoken), tuple(files))


def _label_map(spoken: ClassMap, chosen: Mapping[str, str | None], taxonomy: Taxonomy) -> LabelMap:
    """The label of every class: its only one, or the one that was chosen."""
    if odd := [name for name in chosen if name not in spoken.classes]:
        raise ValueError(
            f"labels: {odd[0]!r}{did_you_mean(odd[0], spoken.classes)} is no class of "
            f"{spoken.name}; its classes: {', '.join(spoken.classes)}"
        )
    strokes, drops, open_classes = {}, {}, []
    for number, name in enumerate(spoken.classes):
        own = [label for label in taxonomy.labels if spoken.of[label] == number]
        if name not in chosen and len(own) > 1:
            open_classes.append((name, own))
        elif name in chosen and chosen[name] is None:
            drops[name] = CLASS_OF_SEVERAL_LABELS
        elif (label := chosen.get(name, own[0])) in own:
            strokes[name] = Stroke(label)
        else:
            raise ValueError(
                f"labels.{name}: got {label!r}{did_you_mean(label, own)}; allowed: a label of this "
                f"class ({', '.join(own)}), or null for none"
            )
    if open_classes:
        each = "; ".join(f"{name} ({', '.join(own)})" for name, own in open_classes)
        name, own = open_classes[0]
        raise ValueError(
            f"labels: says nothing of classes of {spoken.name} that hold several labels: {each}; "
            f"say which label each becomes, or null for none, such as labels: {{{name}: {own[0]}}}"
        )
    return LabelMap(spoken.name, strokes, drops=drops)
