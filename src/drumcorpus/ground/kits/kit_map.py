"""Which instrument of a kit answers to which note of the performances: proposed, written, read.

The map is the user's: a proposal is written once, and from then on the file counts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from drumcorpus.ground.files.documents import parse_yaml
from drumcorpus.ground.kits.names import ASK, Words, propose_labels
from drumcorpus.ground.kits.shots import HIGHEST, SampledKit
from drumcorpus.taxonomy import LabelMap, Taxonomy

_KEYS = {"name", "label", "notes"}
_HEAD = """\
# Which instrument of the kit answers to which notes of the performances, and what its strokes are
# called. Edit it, and run the command again.
#   notes_of  what the notes of the performances are those of
#   label     of the taxonomy; null: not played. It says what sounds: where a plain snare answers to
#             the note of a rimshot, that is a stroke of the snare. "{ask}": the name does not say
#             which cymbal it is, and nothing is played until you do
#   notes     of MIDI; one instrument answers to a note. A note without one is silent, and counted
"""


@dataclass(frozen=True)
class Answer:
    """An instrument, the label of its strokes, and the notes that it answers to."""

    name: str
    label: str | None
    notes: tuple[int, ...]


@dataclass(frozen=True)
class KitMap:
    """The answers of all instruments of a kit, in its order."""

    notes_of: str
    answers: tuple[Answer, ...]

    @property
    def of_note(self) -> dict[int, Answer]:
        """Who answers to each note."""
        return {note: answer for answer in self.answers for note in answer.notes}


def labels_of_notes(label_map: LabelMap, taxonomy: Taxonomy) -> dict[int, str]:
    """The label of each note of a note map, with a numbered cymbal's own label."""
    labels = {}
    for note, stroke in label_map.strokes.items():
        cymbals = taxonomy.cymbal_labels(stroke.label)
        is_numbered = bool(cymbals) and stroke.cymbal is not None
        labels[int(note)] = cymbals[stroke.cymbal - 1] if is_numbered else stroke.label
    return labels


def propose_map(
    kit: SampledKit,
    words: Words,
    taxonomy: Taxonomy,
    notes_of: str,
    labels: Mapping[int, str],
    own_notes: Mapping[int, str],
) -> KitMap:
    """The map that the names of a kit's instruments propose.

    Of instruments of one label the first answers; where a kit lacks a label, what `words` say.

    Parameters
    ----------
    notes_of : str
        What the notes of the performances are called.
    labels : mapping of int to str
        What they mean.
    own_notes : mapping of int to str
        What the kit's own notes mean, as of `names.propose_labels`.
    """
    proposed = propose_labels(kit, words, taxonomy, own_notes)
    first: dict[str | None, str] = {}
    for name, label in proposed.items():
        first.setdefault(label, name)
    notes: dict[str, list[int]] = {}
    for note, wanted in sorted(labels.items()):
        for label in (wanted, *words.instead.get(wanted, ())):
            if label in first:
                notes.setdefault(first[label], []).append(note)
                break
    return KitMap(
        notes_of,
        tuple(Answer(name, label, tuple(notes.get(name, ()))) for name, label in proposed.items()),
    )


def map_text(kit_map: KitMap) -> str:
    """The map as the file that people edit."""
    lines = [f"notes_of: {kit_map.notes_of}", "instruments:"]
    for answer in kit_map.answers:
        row = {"name": answer.name, "label": answer.label, "notes": list(answer.notes)}
        text = yaml.safe_dump(
            row, default_flow_style=True, sort_keys=False, allow_unicode=True, width=1_000_000
        )
        lines.append(f"- {text.strip()}")
    return _HEAD.format(ask=ASK) + "\n".join([*lines, ""])


def read_map(path: Path, kit: SampledKit, taxonomy: Taxonomy, dialects: Collection[str]) -> KitMap:
    """Read a map; instruments that it lacks are not played.

    Parameters
    ----------
    dialects : collection of str
        What `notes_of` may be.

    Raises
    ------
    ValueError
        With the file and the instrument: if it is no map, names an instrument that the kit lacks or
        a label that the taxonomy lacks, gives a note to two instruments or to one without a label,
        leaves a cymbal open, or no note is answered.
    """
    where = str(path)
    document = parse_yaml(path.read_bytes(), where)
    if not isinstance(document, dict) or document.keys() != {"notes_of", "instruments"}:
        raise ValueError(f"{where}: wanted: the keys notes_of and instruments, and no other")
    if document["notes_of"] not in dialects:
        got = document["notes_of"]
        raise ValueError(f"{where}: notes_of: got {got!r}; allowed: {', '.join(dialects)}")
    rows = document["instruments"]
    if not isinstance(rows, list):
        raise ValueError(f"{where}: instruments: wanted: a list")
    names = [instrument.name for instrument in kit.instruments]
    answers = tuple(_answer(where, row, names, taxonomy) for row in rows)
    _check_answers(where, answers)
    return KitMap(document["notes_of"], answers)


def open_questions(kit_map: KitMap) -> list[str]:
    """The instruments whose label is the user's to say."""
    return [answer.name for answer in kit_map.answers if answer.label == ASK]


def _answer(where: str, row, names: list[str], taxonomy: Taxonomy) -> Answer:
    if not isinstance(row, dict) or row.keys() != _KEYS or not isinstance(row["notes"], list):
        raise ValueError(
            f"{where}: got {str(row)[:80]}; wanted: name, label, and notes, a list of numbers"
        )
    name, label = row["name"], row["label"]
    place = f"{where}: {name!r}"
    if name not in names:
        raise ValueError(f"{place}: the kit has no such instrument; it has: {', '.join(names)}")
    if isinstance(label, str):
        label = taxonomy.aliases.get(label, label)
    is_text = isinstance(label, str | None)
    if not is_text or label not in (None, ASK, *taxonomy.families):
        raise ValueError(f"{place}: label {label!r}; allowed: {', '.join(taxonomy.labels)}, null")
    for note in row["notes"]:
        if type(note) is not int or not 0 <= note <= HIGHEST:
            raise ValueError(f"{place}: note {note!r}; wanted: a number from 0 to {HIGHEST}")
    if row["notes"] and label is None:
        raise ValueError(
            f"{place}: answers to notes {row['notes']} without a label; give it one, or no notes"
        )
    return Answer(name, label, tuple(row["notes"]))


def _check_answers(where: str, answers: tuple[Answer, ...]) -> None:
    names: set[str] = set()
    owners: dict[int, str] = {}
    for answer in answers:
        if answer.name in names:
            raise ValueError(f"{where}: {answer.name!r} stands twice")
        names.add(answer.name)
        for note in answer.notes:
            if owners.setdefault(note, answer.name) != answer.name:
                raise ValueError(
                    f"{where}: two instruments answer to note {note}: {owners[note]!r} and "
                    f"{answer.name!r}; one can"
                )
    if not owners:
        raise ValueError(f"{where}: no instrument answers to a note; nothing would sound")
