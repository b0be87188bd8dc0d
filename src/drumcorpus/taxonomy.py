"""Labels, techniques, dynamics and label maps: the names of what is struck, and how."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields

from drumcorpus.vocabulary import BEFORE_START, DOUBLE_TRIGGER, IN_EVENT, UNMAPPED_LABEL

# Outcomes that ingestion itself assigns; the reasons of a label map must be other ones.
RESERVED_OUTCOMES = (IN_EVENT, DOUBLE_TRIGGER, BEFORE_START, UNMAPPED_LABEL)


@dataclass(frozen=True)
class Taxonomy:
    """The vocabulary of the corpus.

    `families` maps each label to its family, in the order of the class ids; `aliases` each
    other spelling to its label; `buckets` lists (name, highest velocity), softest first;
    `soft_techniques` lists (bucket, label, technique).
    """

    families: dict[str, str]
    aliases: dict[str, str]
    techniques: tuple[str, ...]
    buckets: tuple[tuple[str, float], ...]
    soft_techniques: tuple[tuple[str, str, str], ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label, in the order of the class ids."""
        return tuple(self.families)


@dataclass(frozen=True)
class Stroke:
    """What one source label means: the component and how it was played."""

    label: str
    strike_position: str | None = None
    cymbal: int | None = None
    techniques: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabelMap:
    """From the labels or note numbers of one kit to strokes.

    `openness` is (controller, value when closed, value when open) of the hi-hat pedal, or None;
    it is read at the strokes of the source labels in `pedalled`. `drops` gives the reason why a
    source label stands for no stroke, such as the sound of a cymbal played backwards.
    """

    name: str
    strokes: dict[str, Stroke]
    openness: tuple[int, float, float] | None = None
    pedalled: frozenset[str] = frozenset()
    drops: dict[str, str] = field(default_factory=dict)


def is_cymbal(number, crash_labels: Collection[str]) -> bool:
    """Whether a value is a cymbal's number: from 1, and to the last crash label if any is given.

    Examples
    --------
    >>> [is_cymbal(number, ["crash", "crash2"]) for number in (0, 1, 2, 3)]
    [False, True, True, False]
    >>> is_cymbal(3, crash_labels=[])
    True
    """
    return type(number) is int and 1 <= number <= (len(crash_labels) or number)


def cymbals_wanted(crash_labels: Collection[str], also: str = "") -> str:
    """What `is_cymbal` takes, and what is taken `also`, in words; what to do about the rest."""
    if not crash_labels:
        return f"a number from 1{also}"
    return (
        f"a number from 1 to {len(crash_labels)}{also}, for the crash labels are "
        f"{', '.join(crash_labels)}; correct it, or append a label of their family to the "
        "taxonomy's components.yaml"
    )


def make_taxonomy(
    components: Mapping,
    techniques: Iterable[str],
    dynamics: Mapping,
    *,
    names: tuple[str, str, str] = ("components", "techniques", "dynamics"),
) -> Taxonomy:
    """The vocabulary that three documents of ``resources/taxonomy/`` give.

    Parameters
    ----------
    components : mapping
        Label to ``family`` and, where it has them, ``aliases``; its order is that of the class ids.
    techniques : iterable of str
    dynamics : mapping
        ``buckets`` and ``soft_techniques``.
    names : tuple of str
        What to call the three documents in messages.

    Raises
    ------
    ValueError
        If a spelling means two labels, the buckets do not rise to 1, or a rule names a label,
        bucket or technique that is not declared.
    """
    components_name, _, dynamics_name = names
    techniques = tuple(techniques)
    buckets = tuple((bucket["name"], float(bucket["up_to"])) for bucket in dynamics["buckets"])
    bounds = [up_to for _, up_to in buckets]
    if bounds != sorted(set(bounds)) or bounds[-1:] != [1.0]:
        raise ValueError(f"{dynamics_name}: buckets must rise to 1.0, got {bounds}")
    soft = tuple(
        (rule["bucket"], label, rule["technique"])
        for rule in dynamics["soft_techniques"]
        for label in rule["labels"]
    )
    for bucket, label, technique in soft:
        _check_declared(bucket, [name for name, _ in buckets], f"{dynamics_name}: bucket")
        _check_declared(label, components, f"{dynamics_name}: label")
        _check_declared(technique, techniques, f"{dynamics_name}: technique")
    families = {label: entry["family"] for label, entry in components.items()}
    return Taxonomy(families, _read_aliases(components_name, components), techniques, buckets, soft)


def labels_of_family(components: Mapping, family: str, *, name: str = "components") -> list[str]:
    """The labels of one family, in the order of the class ids.

    Raises
    ------
    ValueError
        If no label is of that family.

    Examples
    --------
    >>> components = {"kick": {"family": "kick"}, "crash": {"family": "crash"}}
    >>> labels_of_family(components | {"crash2": {"family": "crash"}}, "crash")
    ['crash', 'crash2']
    """
    labels = [label for label, entry in components.items() if entry["family"] == family]
    if not labels:
        families = sorted({entry["family"] for entry in components.values()})
        raise ValueError(f"{name}: no label of family {family!r}; families: {', '.join(families)}")
    return labels


def make_label_map(
    document, taxonomy: Taxonomy, crash_labels: Collection[str] = (), *, name: str = "label map"
) -> LabelMap:
    """One note map (`notes`, by MIDI number) or label map (`labels`, by token).

    Parameters
    ----------
    document : mapping
    taxonomy : Taxonomy
    crash_labels : collection of str, optional
        Labels of the first, second, … crash of a kit; no crash has a number above theirs. The
        cymbals of other labels are not bound by them.
    name : str
        What to call the document in messages.

    Raises
    ------
    ValueError
        If an entry names a label or technique that the taxonomy has not, a cymbal below 1 or
        without a crash label, or a source label that is both a stroke and dropped.

    Examples
    --------
    >>> components = {"kick": {"family": "kick"}, "snare": {"family": "snare"}}
    >>> dynamics = {"buckets": [{"name": "any", "up_to": 1.0}], "soft_techniques": []}
    >>> taxonomy = make_taxonomy(components, ["flam"], dynamics)
    >>> notes = {36: {"label": "kick"}, 38: {"label": "snare", "techniques": ["flam"]}}
    >>> kit = make_label_map({"name": "small_kit", "notes": notes}, taxonomy)
    >>> kit.strokes["38"].label, kit.strokes["38"].techniques
    ('snare', ('flam',))
    """
    if not isinstance(document, dict) or ("notes" in document) == ("labels" in document):
        raise ValueError(f"{name}: wanted: one of the keys notes and labels")
    strokes = {}
    for source_label, entry in document.get("notes", document.get("labels")).items():
        where = f"{name}: {source_label}"
        stroke = _read_stroke(where, entry)
        _check_declared(stroke.label, taxonomy.labels, f"{where}: label")
        for technique in stroke.techniques:
            _check_declared(technique, taxonomy.techniques, f"{where}: technique")
        bound = crash_labels if stroke.label in crash_labels else ()
        if stroke.cymbal is not None and not is_cymbal(stroke.cymbal, bound):
            raise ValueError(
                f"{where}: cymbal: got {stroke.cymbal!r}; wanted: {cymbals_wanted(bound)}"
            )
        strokes[str(source_label)] = stroke
    drops = _read_drops(name, document.get("drops", {}), strokes)
    pedal = document.get("openness")
    if pedal is None:
        return LabelMap(document["name"], strokes, drops=drops)
    if pedal["closed"] == pedal["open"]:
        raise ValueError(f"{name}: openness: closed and open are both {pedal['open']}")
    for note in pedal["notes"]:
        _check_declared(str(note), strokes, f"{name}: openness: note")
    return LabelMap(
        document["name"],
        strokes,
        (pedal["controller"], float(pedal["closed"]), float(pedal["open"])),
        frozenset(map(str, pedal["notes"])),
        drops,
    )


def _read_drops(name: str, entries: dict, strokes: dict) -> dict[str, str]:
    drops = {str(source_label): reason for source_label, reason in entries.items()}
    for source_label, reason in drops.items():
        where = f"{name}: drops: {source_label}"
        if source_label in strokes:
            raise ValueError(f"{where}: is also a stroke; leave one of the two out")
        if reason in RESERVED_OUTCOMES:
            raise ValueError(f"{where}: {reason!r} is what ingestion itself says of a stroke")
        if not isinstance(reason, str) or not re.fullmatch("[a-z]+(_[a-z]+)*", reason):
            raise ValueError(f"{where}: got {reason!r}; wanted: a reason such as reversed_sound")
    return drops


def _read_stroke(where: str, entry) -> Stroke:
    allowed = [field.name for field in fields(Stroke)]
    if not isinstance(entry, dict) or "label" not in entry or not entry.keys() <= set(allowed):
        raise ValueError(f"{where}: got {entry!r}; wanted: label, and of {', '.join(allowed[1:])}")
    return Stroke(**{**entry, "techniques": tuple(entry.get("techniques", ()))})


def _read_aliases(name: str, components: dict) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for label, entry in components.items():
        for alias in entry.get("aliases", ()):
            if alias in components or alias in aliases:
                other = aliases.get(alias, alias)
                raise ValueError(f"{name}: {alias!r} is an alias of {label!r} and of {other!r}")
            aliases[alias] = label
    return aliases


def _check_declared(name: str, allowed: Iterable[str], where: str) -> None:
    if name not in allowed:
        raise ValueError(f"{where} {name!r} is not declared; allowed: {', '.join(allowed)}")
