"""Class maps: into which class of a published set each label of the corpus falls.

Sets of one size differ from paper to paper, so that each has the name of its exact variant, and
predictions of one are never scored as another's without a word.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.spelling import did_you_mean
from drumcorpus.ground.files.yaml_files import read_yaml

# The map in which every label of the corpus is a class of its own.
CORPUS = "corpus"
NO_CLASS = -1


@dataclass(frozen=True)
class ClassMap:
    """Classes of one variant; `of` has the number of the class of every label, or `NO_CLASS`."""

    name: str
    classes: tuple[str, ...]
    of: dict[str, int]


@dataclass(frozen=True)
class Vocabulary:
    """What predictions may say: the class of the scored map for each of its words, or `NO_CLASS`.

    `name` is that of the class map whose classes the words are, or `CORPUS`.
    """

    name: str
    class_of: dict[str, int]

    def refusal(self, word: str) -> str:
        """What to say of a word that is none of these."""
        return (
            f"label {word[:60]!r}{did_you_mean(word, self.class_of)}; allowed in vocabulary "
            f"{self.name}: {', '.join(self.class_of)}"
        )


def class_map_names(folder: str | os.PathLike) -> list[str]:
    """The names of the class maps that a folder has, and `CORPUS`."""
    return sorted({path.stem for path in Path(folder).glob("*.yaml")} | {CORPUS})


def load_class_map(name: str, folder: str | os.PathLike, labels: Sequence[str]) -> ClassMap:
    """The class map of a name, from its file in a folder; that of the corpus from its labels.

    Raises
    ------
    LookupError
        If there is none of that name; the message has those that there are.
    ValueError
        If the file is not YAML, or as of `make_class_map`.
    """
    if name == CORPUS:
        return ClassMap(CORPUS, tuple(labels), {label: n for n, label in enumerate(labels)})
    names = class_map_names(folder)
    if name not in names:
        hint = did_you_mean(name, names)
        raise LookupError(f"no class map {name!r}{hint}; allowed: {', '.join(names)}")
    path = Path(folder) / f"{name}.yaml"
    return make_class_map(read_yaml(path), labels, name=path.name)


def make_class_map(document: Mapping, labels: Sequence[str], *, name: str) -> ClassMap:
    """A class map from the content of its file, held against the labels of the taxonomy.

    Raises
    ------
    ValueError
        If a label has no line, a line is of no label, or names no class; if a class has no label.

    Examples
    --------
    >>> document = {"name": "one", "classes": ["BD"], "of": {"kick": "BD", "snare": None}}
    >>> make_class_map(document, ["kick", "snare"], name="one.yaml").of
    {'kick': 0, 'snare': -1}
    """
    classes, of = document.get("classes"), document.get("of")
    if not isinstance(classes, list) or not isinstance(of, dict):
        raise ValueError(f"{name}: wanted: the keys name, classes (a list) and of (a mapping)")
    if odd := sorted(set(of) ^ set(labels)):
        raise ValueError(f"{name}: of: labels that only one side has: {', '.join(map(str, odd))}")
    if odd := sorted(set(of.values()) - {None} ^ set(classes)):
        raise ValueError(f"{name}: classes that only one of classes and of has: {', '.join(odd)}")
    numbers = {None: NO_CLASS} | {each: n for n, each in enumerate(classes)}
    return ClassMap(
        document["name"], tuple(classes), {label: numbers[of[label]] for label in labels}
    )


def make_vocabulary(spoken: ClassMap, scored: ClassMap) -> Vocabulary:
    """The vocabulary of predictions that speak the classes of one map and are scored by another.

    Labels of the corpus can be scored by every map. Classes can where all labels of each fall into
    one class of the map that is scored.

    Raises
    ------
    ValueError
        If the labels of a class fall into several classes.

    Examples
    --------
    >>> fine = ClassMap("fine", ("open", "closed"), {"hat_open": 0, "hat_closed": 1})
    >>> coarse = ClassMap("coarse", ("HH",), {"hat_open": 0, "hat_closed": 0})
    >>> make_vocabulary(fine, coarse).class_of
    {'open': 0, 'closed': 0}
    """
    class_of: dict[str, int] = {}
    for number, word in enumerate(spoken.classes):
        labels = [label for label, spoken_class in spoken.of.items() if spoken_class == number]
        classes = {scored.of[label] for label in labels}
        if len(classes) > 1:
            parts = ", ".join(f"{label} ({_shown(scored, label)})" for label in labels)
            raise ValueError(
                f"vocabulary {spoken.name}, class map {scored.name}: {word} is not of one class "
                f"there: {parts}; score by {spoken.name}, or let the system say finer labels"
            )
        class_of[word] = classes.pop()
    return Vocabulary(spoken.name, class_of)


def _shown(scored: ClassMap, label: str) -> str:
    number = scored.of[label]
    return "no class" if number == NO_CLASS else scored.classes[number]
