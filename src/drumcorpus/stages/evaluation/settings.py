"""What an evaluation is asked to do, and what it rests on beside the corpus and the predictions."""

import os
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.predictions.class_maps import (
    CORPUS,
    NO_CLASS,
    ClassMap,
    Vocabulary,
    load_class_map,
    make_vocabulary,
)
from drumcorpus.ground.predictions.note_maps import load_note_map
from drumcorpus.stages.evaluation.boundary_tags import label_numbers
from drumcorpus.stages.evaluation.evaluate import Resampling
from drumcorpus.stages.evaluation.named_splits import NamedSplit, read_named_split
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import SPLITS


@dataclass(frozen=True)
class Settings:
    """`class_map` is what is scored, `vocabulary` what predictions may say.

    `files` are the files of the checkout that were read for it. `unknown` are the numbers of the
    labels that no system is asked for, where an open set is asked for, and else None; `calibration`
    says whether it is asked how far scores are probabilities. `cymbals` are the classes that have
    labels of cymbals alone. `model_labels` says whether labels that a model made may be scored by.
    `named` is the split, where it is none of the corpus's own.
    """

    split: str
    labels: tuple[str, ...]
    class_map: ClassMap
    vocabulary: Vocabulary
    note_map: LabelMap | None
    resampling: Resampling
    files: tuple[Path, ...]
    unknown: frozenset[int] | None = None
    calibration: bool = False
    cymbals: tuple[str, ...] = ()
    model_labels: bool = False
    named: NamedSplit | None = None

    @property
    def with_scores(self) -> bool:
        """Whether scores of predictions are needed."""
        return self.unknown is not None or self.calibration


def make_settings(
    resources: str | os.PathLike,
    *,
    taxonomy_folder: str | os.PathLike | None = None,
    split: str,
    class_map: str,
    vocabulary: str | None = None,
    note_map: str | None = None,
    resampling: Resampling | None = None,
    open_set: bool = False,
    calibration: bool = False,
    model_labels: bool = False,
) -> Settings:
    """Settings by names, looked up in the folder of resources of a checkout.

    Parameters
    ----------
    split : str
        One of `vocabulary.SPLITS`, or a named split, which is scored by its own class map.
    taxonomy_folder : path, optional
        Where labels and note maps stand; that of the resources if not given.
    class_map, vocabulary : str
        Names of class maps, or ``corpus``; `vocabulary` is that of the class map if not given.
    note_map : str, optional
        A note map of the taxonomy, or ``general_midi``.
    open_set : bool
        Whether it is asked how well scores tell sounds that are known from others.
    calibration : bool
        Whether it is asked how far scores are probabilities.
    model_labels : bool
        Whether labels that a model made are scored by as if they were truth.

    Raises
    ------
    LookupError
        If there is nothing of such a name; the message has the names that there are. If a named
        split is to be scored by another class map than its own.
    ValueError
        If a file is not as it must be, or predictions of that vocabulary cannot be scored so.
    """
    resources = Path(resources)
    named = None
    if split not in SPLITS:
        named = read_named_split(split, resources / "evaluation/splits")
        if class_map not in (CORPUS, named.class_map):
            raise LookupError(
                f"class_map: got {class_map!r}; the split {split} is scored by {named.class_map}"
            )
        class_map = named.class_map
    folder = Path(taxonomy_folder or resources / "taxonomy")
    maps = resources / "evaluation/class_maps"
    files = [folder / f"{name}.yaml" for name in ("components", "techniques", "dynamics")]
    taxonomy = load_taxonomy(*files)
    spoken = vocabulary or class_map
    scored = load_class_map(class_map, maps, taxonomy.labels)
    words = make_vocabulary(load_class_map(spoken, maps, taxonomy.labels), scored)
    files += [maps / f"{name}.yaml" for name in sorted({class_map, spoken} - {CORPUS})]
    notes = None
    if note_map is not None:
        notes, path = load_note_map(note_map, folder, taxonomy)
        files.append(path)
    if named is not None:
        files.append(named.path)
    files.append(resources / "evaluation/boundary_tags.yaml")
    words_of_tags = read_yaml(files[-1])
    unknown = None
    if open_set:
        unnamed = label_numbers(words_of_tags["unknown"], taxonomy.families)
        outside = {n for n, label in enumerate(taxonomy.labels) if scored.of[label] == NO_CLASS}
        unknown = unnamed | outside
    return Settings(
        *(split, taxonomy.labels, scored, words, notes, resampling or Resampling(), tuple(files)),
        unknown,
        calibration,
        _classes_of(label_numbers(words_of_tags["cymbals"], taxonomy.families), scored),
        model_labels,
        named,
    )


def _classes_of(numbers: frozenset[int], scored: ClassMap) -> tuple[str, ...]:
    """The classes all of whose labels are of these numbers."""
    others = {of for n, of in enumerate(scored.of.values()) if n not in numbers}
    return tuple(name for n, name in enumerate(scored.classes) if n not in others)
