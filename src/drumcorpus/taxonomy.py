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
    `soft_techniques` lists (bucket, label, technique); `cymbals` says of a label that means one
    cymbal of its family which one it is.
    """

    families: dict[str, str]
    aliases: dict[str, str]
    techniques: tuple[str, ...]
    buckets: tuple[tuple[str, float], ...]
    soft_techniques: tuple[tuple[str, str, str], ...]
    cymbals: dict[str, int] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label, in the order of the class ids."""
        return tuple(self.families)

    def cymbal_labels(self, label: str) -> list[str]:
        """The labels of the first, second, … cymbal of a label's family; none if it has none."""
        numbers = {n: name for name, n in self.cymbals.items() if self._are_akin(name, label)}
        return [numbers[number] for number in sorted(numbers)]

    def _are_akin(self, label: str, other: str) -> bool:
        return self.families[label] == self.families.get(other)


@dataclass(frozen=True)
class CymbalFamily:
    """A family of the taxonomy whose cymbals are told apart.

    Where it `is_numbered`, its labels are those of its first, second, … cymbal, in this order, as
    crash, crash2 and crash3 are. Labels of another family, such as the bow and the bell of a ride,
    stay what they are, and the cymbal is a number beside them.
    """

    name: str
    labels: tuple[str, ...]
    is_numbered: bool


@dataclass(frozen=True)
class Stroke:
    """What one source label means: the component and how it was played."""

    label: str
    strike_position: str | None = None
    cymbal: int | None = None
    techniques: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grabs:
    """What a hand on a cymbal (polyphonic aftertouch) says of its last stroke.

    `cymbals` has the source labels of each cymbal that a hand can grab. The `technique` is that of
    the last stroke on any of them, if it was struck at most `seconds` before.
    """

    technique: str
    seconds: float
    cymbals: tuple[frozenset[str], ...]


@dataclass(frozen=True)
class LabelMap:
    """From the labels or note numbers of one kit to strokes.

    `openness` is (controller, value when closed, value when open) of the hi-hat pedal, or None;
    it is read at the strokes of the source labels in `pedalled`. `drops` gives the reason why a
    source label stands for no stroke, such as the sound of a cymbal played backwards. `grabs` says
    what aftertouch means, or None.
    """

    name: str
    strokes: dict[str, Stroke]
    openness: tuple[int, float, float] | None = None
    pedalled: frozenset[str] = frozenset()
    drops: dict[str, str] = field(default_factory=dict)
    grabs: Grabs | None = None


def is_cymbal(number, labels: Collection[str]) -> bool:
    """Whether a value is a cymbal's number: from 1, and to the last of `labels` if any is given.

    Examples
    --------
    >>> [is_cymbal(number, ["crash", "crash2"]) for number in (0, 1, 2, 3)]
    [False, True, True, False]
    >>> is_cymbal(3, labels=[])
    True
    """
    return type(number) is int and 1 <= number <= (len(labels) or number)


def cymbals_wanted(labels: Collection[str], also: str = "") -> str:
    """What `is_cymbal` takes, and what is taken `also`, in words; what to do about the rest."""
    if not labels:
        return f"a number from 1{also}"
    return (
        f"a number from 1 to {len(labels)}{also}, for the labels of these cymbals are "
        f"{', '.join(labels)}; correct it, or append a label of their family, with its number "
        "under `cymbal`, to the taxonomy's components.yaml"
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
        Label to ``family`` and, where it has them, ``aliases`` and ``cymbal``; its order is that of
        the class ids.
    techniques : iterable of str
    dynamics : mapping
        ``buckets`` and ``soft_techniques``.
    names : tuple of str
        What to call the three documents in messages.

    Raises
    ------
    ValueError
        If a spelling means two labels, the cymbals of a family are not numbered from 1 on, the
        buckets do not rise to 1, or a rule names a label, bucket or technique that is not declared.
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
    aliases = _read_aliases(components_name, components)
    cymbals = _read_cymbals(components_name, components)
    return Taxonomy(families, aliases, techniques, buckets, soft, cymbals)


def cymbal_families(
    components: Mapping, names: Iterable[str], *, name: str = "components"
) -> tuple[CymbalFamily, ...]:
    """Families whose cymbals are told apart.

    Parameters
    ----------
    components : mapping
        As of `make_taxonomy`.
    names : iterable of str
        Of the families wanted, in their order.
    name : str
        What to call the document in messages.

    Raises
    ------
    ValueError
        If no label is of a family, or the cymbals of one are not numbered from 1 on.

    Examples
    --------
    >>> crashes = {label: {"family": "crash", "cymbal": n} for n, label in [(2, "b"), (1, "a")]}
    >>> rides = {label: {"family": "ride"} for label in ("bow", "bell")}
    >>> for family in cymbal_families(crashes | rides, ["crash", "ride"]):
    ...     print(family.name, family.labels, family.is_numbered)
    crash ('a', 'b') True
    ride ('bow', 'bell') False
    """
    numbers, families = _read_cymbals(name, components), []
    for wanted in names:
        labels = [label for label, entry in components.items() if entry["family"] == wanted]
        if not labels:
            allowed = ", ".join(sorted({entry["family"] for entry in components.values()}))
            raise ValueError(f"{name}: no label of family {wanted!r}; families: {allowed}")
        is_numbered = labels[0] in numbers
        if is_numbered:
            labels.sort(key=numbers.__getitem__)
        families.append(CymbalFamily(wanted, tuple(labels), is_numbered))
    return tuple(families)


def check_max_cymbals(most: int, families: Iterable[CymbalFamily], where: str = "") -> None:
    """Refuse to look for more cymbals in a session than there are labels to tell them by.

    Parameters
    ----------
    most : int
        ``crash.clustering.max_cymbals`` of the configuration.
    families : iterable of CymbalFamily
    where : str
        What the message begins with.

    Raises
    ------
    ValueError
        If a family that numbers its labels has fewer.
    """
    for family in families:
        if family.is_numbered and most > len(family.labels):
            raise ValueError(
                f"{where}crash.clustering.max_cymbals: got {most}; the taxonomy has labels for "
                f"{len(family.labels)} cymbals of the family {family.name}: "
                f"{', '.join(family.labels)}"
            )


def check_companion(
    companion: str | None, families: Iterable[CymbalFamily], where: str = ""
) -> None:
    """Refuse to take the sound of cymbals out of their own hits: none is struck beside itself.

    Parameters
    ----------
    companion : str or None
        ``crash.embedding.companion`` of the configuration.
    families : iterable of CymbalFamily
        Those whose cymbals are told apart.
    where : str
        What the message begins with.

    Raises
    ------
    ValueError
        If it is one of these that numbers its labels.
    """
    numbered = [family.name for family in families if family.is_numbered]
    if companion in numbered:
        raise ValueError(
            f"{where}crash.embedding.companion: got {companion}, whose own cymbals are told apart; "
            "write the family that is struck beside them, such as ride, or null"
        )


def number_bound(families: Iterable[CymbalFamily]) -> tuple[str, ...]:
    """The labels that bound the numbers of a file which does not say whose cymbals it numbers."""
    numbered = [family.labels for family in families if family.is_numbered]
    return max(numbered, key=len, default=())


def make_label_map(document, taxonomy: Taxonomy, *, name: str = "label map") -> LabelMap:
    """One note map (`notes`, by MIDI number) or label map (`labels`, by token).

    Parameters
    ----------
    document : mapping
    taxonomy : Taxonomy
    name : str
        What to call the document in messages.

    Raises
    ------
    ValueError
        If an entry names a label or technique that the taxonomy has not, a cymbal below 1, one for
        which a family that numbers its labels has none, a source label that is both a stroke and
        dropped, or no time and cymbals that a hand grabs.

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
        bound = taxonomy.cymbal_labels(stroke.label)
        if stroke.cymbal is not None and not is_cymbal(stroke.cymbal, bound):
            raise ValueError(
                f"{where}: cymbal: got {stroke.cymbal!r}; wanted: {cymbals_wanted(bound)}"
            )
        strokes[str(source_label)] = stroke
    drops = _read_drops(name, document.get("drops", {}), strokes)
    grabs = _read_grabs(f"{name}: grabs", document.get("grabs"), strokes, taxonomy)
    pedal = document.get("openness")
    if pedal is None:
        return LabelMap(document["name"], strokes, drops=drops, grabs=grabs)
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
        grabs,
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


def _read_grabs(where: str, entry, strokes: dict, taxonomy: Taxonomy) -> Grabs | None:
    if entry is None:
        return None
    keys = [field.name for field in fields(Grabs)]
    if not isinstance(entry, dict) or entry.keys() != set(keys):
        raise ValueError(f"{where}: got {entry!r}; wanted: {', '.join(keys)}")
    _check_declared(entry["technique"], taxonomy.techniques, f"{where}: technique")
    seconds, cymbals = entry["seconds"], entry["cymbals"]
    if type(seconds) not in (int, float) or not 0 < seconds < float("inf"):
        raise ValueError(f"{where}: seconds: got {seconds!r}; wanted: a number above 0")
    is_listed = isinstance(cymbals, list) and all(isinstance(each, list) for each in cymbals)
    if not is_listed or not cymbals or not all(cymbals):
        raise ValueError(f"{where}: cymbals: got {cymbals!r}; wanted: a list of notes for each")
    seen: set[str] = set()
    for note in (str(note) for each in cymbals for note in each):
        _check_declared(note, strokes, f"{where}: cymbals: note")
        if note in seen:
            raise ValueError(f"{where}: cymbals: {note} stands twice; leave it out once")
        seen.add(note)
    bodies = tuple(frozenset(map(str, each)) for each in cymbals)
    return Grabs(entry["technique"], float(seconds), bodies)


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


def _read_cymbals(name: str, components: Mapping) -> dict[str, int]:
    """The number under ``cymbal`` of every label that has one."""
    by_family: dict[str, dict] = {}
    for label, entry in components.items():
        by_family.setdefault(entry["family"], {})[label] = entry.get("cymbal")
    cymbals: dict[str, int] = {}
    for family, numbers in by_family.items():
        # A copy of components.yaml from before `cymbal` stood there would divide nothing, unsaid.
        is_meant = any(_stem(label) in numbers for label in numbers)
        if not is_meant and set(numbers.values()) == {None}:
            continue
        values = list(numbers.values())
        wanted = set(range(1, len(values) + 1))
        if not all(type(value) is int for value in values) or set(values) != wanted:
            pairs = ", ".join(f"{label}: {value}" for label, value in numbers.items())
            raise ValueError(
                f"{name}: the labels of family {family!r} have under `cymbal`: {pairs}; wanted: "
                f"each number from 1 to {len(values)} once, or another family for one that is no "
                "numbered cymbal"
            )
        cymbals |= numbers
    return cymbals


def _stem(label: str) -> str | None:
    """A label without the number at its end, such as crash of crash2; None without a number."""
    return label.rstrip("0123456789") if label[-1:].isdigit() else None


def _check_declared(name: str, allowed: Iterable[str], where: str) -> None:
    if name not in allowed:
        raise ValueError(f"{where} {name!r} is not declared; allowed: {', '.join(allowed)}")
