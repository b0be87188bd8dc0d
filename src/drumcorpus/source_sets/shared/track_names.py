"""What a track holds, told by its name: the rules of a data file, applied word by word.

A name is divided into words at signs, digits and CamelCase. Rules hold whole words, never parts of
them (no tom in ``BOTTOM``, no ride in ``TheBride``), the longest entry first (a ``BassDrum`` is no
bass), and what the names of a session have in common at their ends belongs to the song.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace

from drumcorpus.source_sets.shared.track_rules import Rules

# What a track is to its session: a close microphone of one instrument; a sample of it or a trigger
# for it; a close microphone in the kit whose name does not say of which drum; a microphone of
# more than one thing; a track of something else; a name without a word of the rules.
CLOSE, COPY, UNCLEAR, KIT, OTHER, UNKNOWN = "close", "copy", "unclear", "kit", "other", "unknown"

_TRACK_NUMBER = re.compile(r"\s*_?\s*\d{1,3}(?=[\s._-])")
_RUN = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TAKES = re.compile(r"\d+-\d+\s*$")  # OVER_04-07: takes 4 to 7 of one track


@dataclass(frozen=True)
class TrackName:
    """What a name says. `kind` is one of this module's constants and `reason` is for people;
    `instance` is 0 where the name has no number; `position` counts from 0, the best place; `role`
    is that of a track of more than one thing; `played_otherwise` is the instrument that an
    unclear track names."""

    kind: str
    reason: str
    instrument: str | None = None
    instance: int = 0
    position: int = 0
    side: str = ""
    role: str | None = None
    played_otherwise: str | None = None


@dataclass(frozen=True)
class _Word:
    text: str
    run: int  # which run of letters, or of digits, it is a part of
    beside_digit: bool
    of_takes: bool


@dataclass(frozen=True)
class _Match:
    section: str
    entry: str
    start: int
    end: int


def read_track_names(names: list[str], rules: Rules) -> list[TrackName]:
    """What each track of one session holds; names stand without their extension."""
    prefix, suffix = shared_words(names, rules)
    readings = [_read(_cut(_divide(name), prefix, suffix), rules, rules.words) for name in names]
    for instrument, ranks in rules.document["ranked"].items():
        readings = _rank(readings, instrument, ranks)
    return readings


def read_one_shot_names(names: list[str], pack: str, rules: Rules) -> list[TrackName]:
    """What each file of a sample pack holds; numbers are serial numbers here.

    Where no file of the pack names an instrument, and the pack's own name names just one and no
    kit, then every file whose name has no word of the rules holds that instrument.
    """
    spellings = rules.one_shot_words
    readings = [_read(_divide(name), rules, spellings) for name in names]
    # A sample is what every file of a pack is.
    readings = [
        TrackName(CLOSE, reading.instrument, reading.instrument) if reading.instrument else reading
        for reading in readings
    ]
    matches = _match(_divide(pack), rules, spellings)
    instruments = {match.entry for match in matches if match.section == "instruments"}
    is_mixed = any(match.section in ("kit", "not_drums", "roles") for match in matches)
    if len(instruments) != 1 or is_mixed or any(reading.instrument for reading in readings):
        return readings
    (instrument,) = instruments
    by_pack = TrackName(CLOSE, f"{instrument}, by the name of the pack", instrument)
    return [by_pack if reading.kind == UNKNOWN else reading for reading in readings]


def shared_words(names: list[str], rules: Rules) -> tuple[list[str], list[str]]:
    """The words at which most names of a session begin and end, where these would mislead.

    They mislead where they are words of the rules and most names still say what the track holds
    without them. ``Kick 1`` to ``Kick 4`` would not: these are four kicks, and the word stays.
    """
    divided = [_divide(name) for name in names]
    texts = [[word.text for word in words] for words in divided]
    prefix = _shared_start(texts, rules)
    suffix = _shared_start([words[::-1] for words in texts], rules)[::-1]
    return (
        prefix if _misleads(divided, prefix, [], rules) else [],
        suffix if _misleads(divided, [], suffix, rules) else [],
    )


def _divide(name: str) -> list[_Word]:
    """The words of a name, in small letters and without its track number."""
    numbered = _TRACK_NUMBER.match(name)
    name = name[numbered.end() :] if numbered else name
    takes = _TAKES.search(name)
    words = []
    for run, match in enumerate(_RUN.finditer(name)):
        of_takes = takes is not None and match.start() >= takes.start()
        start = match.start()
        for part in _CAMEL.split(match.group()):
            end = start + len(part)
            beside = name[max(start - 1, 0) : start] + name[end : end + 1]
            beside_digit = any(sign.isdecimal() for sign in beside)
            words.append(_Word(part.casefold(), run, beside_digit, of_takes))
            start = end
    return words


def _match(words: list[_Word], rules: Rules, spellings: dict) -> list[_Match]:
    """The entries of the rules in a name, from left to right, at each place the longest."""
    matches: list[_Match] = []
    start = 0
    while start < len(words):
        ends = range(min(start + rules.longest, len(words)), start, -1)
        candidates = (_match_between(words, start, end, matches, rules, spellings) for end in ends)
        match = next((match for match in candidates if match is not None), None)
        if match is not None:
            matches.append(match)
        start = start + 1 if match is None else match.end
    return matches


def _match_between(
    words: list[_Word], start: int, end: int, matches: list[_Match], rules: Rules, spellings: dict
) -> _Match | None:
    part = words[start:end]
    spelling = "".join(word.text for word in part)
    hit = spellings.get(spelling)
    # One word may be divided by its capitals (RIde is a ride), but not by signs (no tom in TO M80).
    is_one_run = len({word.run for word in part}) == 1
    if hit is None or not (is_one_run or spelling in rules.of_several):
        return None
    # Letters alone are mostly something else: of a microphone (i5), of a take, of a song.
    is_letter = len(spelling) == 1
    if is_letter and (
        part[0].beside_digit
        or (hit[0] == "positions" and not _follows_instrument(words, start, matches))
    ):
        return None
    return _Match(*hit, start, end)


def _follows_instrument(words: list[_Word], start: int, matches: list[_Match]) -> bool:
    """Whether an instrument, and at most its number, stands right before."""
    if not matches or matches[-1].section != "instruments":
        return False
    return all(word.text.isdecimal() for word in words[matches[-1].end : start])


def _read(words: list[_Word], rules: Rules, spellings: dict) -> TrackName:
    matches = _match(words, rules, spellings)
    entries: dict[str, list[str]] = {}
    for match in matches:
        entries.setdefault(match.section, []).append(match.entry)
    instruments = list(dict.fromkeys(entries.get("instruments", [])))
    if "not_drums" in entries:
        others = list(dict.fromkeys(entries["not_drums"]))
        reason = f"names {' and '.join([*others, *instruments])}, no drum"
        return TrackName(OTHER, reason)
    if "roles" in entries:
        role = entries["roles"][0]
        return TrackName(KIT, rules.reason("roles", role), role=role)
    if len(instruments) > 1:
        return TrackName(UNCLEAR, f"names {' and '.join(instruments)}")
    manners = [e for e in entries.get("unclear", []) if rules.holds("unclear", e, "manner")]
    if instruments and manners:
        reason = rules.reason("unclear", manners[0])
        reason = f"names {instruments[0]} and {manners[0]}: {reason}"
        return TrackName(UNCLEAR, reason, played_otherwise=instruments[0])
    if instruments:
        return _close_track(instruments[0], words, matches, entries, rules)
    if "unclear" in entries:
        entry = entries["unclear"][0]
        return TrackName(UNCLEAR, f"{entry}: {rules.reason('unclear', entry)}")
    if "kit" in entries:
        return TrackName(KIT, "the whole kit")
    return TrackName(UNKNOWN, "names no instrument that is known")


def _close_track(
    instrument: str, words: list[_Word], matches: list[_Match], entries: dict, rules: Rules
) -> TrackName:
    instance = _instance(words, matches, rules.document["largest_instance"])
    places, sides = entries.get("positions", []), entries.get("sides", [])
    reason = f"{instrument} {instance}" if instance else instrument
    reason = ", ".join([reason, *places[:1], *sides[:1]])
    kind = CLOSE
    if "copies" in entries:
        kind, reason = COPY, f"{reason}: {rules.reason('copies', entries['copies'][0])}"
    position = rules.positions.index(places[0] if places else "plain")
    return TrackName(kind, reason, instrument, instance, position, sides[0] if sides else "")


def _instance(words: list[_Word], matches: list[_Match], largest: int) -> int:
    """The number right after the instrument, or after the word that says it is a copy."""
    for match in matches:
        if match.section in ("instruments", "copies") and match.end < len(words):
            word = words[match.end]
            is_number = word.text.isdecimal() and len(word.text) <= 3 and not word.of_takes
            if is_number and 1 <= int(word.text) <= largest:
                return int(word.text)
    return 0


def _rank(readings: list[TrackName], instrument: str, ranks: dict) -> list[TrackName]:
    """Drums that are only numbered become the first, the last and those between."""
    numbers = {reading.instance for reading in readings if reading.instrument == instrument}
    if 0 in numbers and 1 not in numbers and len(numbers) > 1:  # TOM and TOM 2
        readings = [
            replace(reading, instance=reading.instance or 1)
            if reading.instrument == instrument
            else reading
            for reading in readings
        ]
        numbers |= {1}
    order = sorted(numbers - {0})
    has_lower = any(reading.instrument in ranks["below"] for reading in readings)
    if not order or len(order) + has_lower < 2:
        return readings
    names = dict.fromkeys(order, ranks["middle"])
    names[order[-1]] = ranks["middle"] if has_lower else ranks["last"]
    names[order[0]] = ranks["first"]
    return [
        replace(
            reading,
            instrument=names[reading.instance],
            reason=f"{reading.reason}: {names[reading.instance]}",
        )
        if reading.instrument == instrument and reading.instance in names
        else reading
        for reading in readings
    ]


def _shared_start(texts: list[list[str]], rules: Rules) -> list[str]:
    """The longest start that the wanted share of the names has, with something after it."""
    settings = rules.document["shared_words"]
    if len(texts) < settings["fewest_tracks"]:
        return []
    shared: list[str] = []
    while True:
        size = len(shared)
        following = [t[size] for t in texts if t[:size] == shared and len(t) > size + 1]
        word, count = Counter(following).most_common(1)[0] if following else ("", 0)
        if count < settings["share"] * len(texts):
            return shared
        shared.append(word)


def _misleads(
    divided: list[list[_Word]], prefix: list[str], suffix: list[str], rules: Rules
) -> bool:
    pairs = [(words, _cut(words, prefix, suffix)) for words in divided]
    pairs = [(words, remaining) for words, remaining in pairs if len(remaining) < len(words)]
    if not pairs:
        return False
    words, remaining = pairs[0]
    shared = words[: len(prefix)] if prefix else words[len(remaining) :]
    sections = {match.section for match in _match(shared, rules, rules.words)}
    if not sections & {"instruments", "unclear", "roles", "copies"} or "not_drums" in sections:
        return False
    named = [
        any(
            m.section in ("instruments", "not_drums") for m in _match(remaining, rules, rules.words)
        )
        for _, remaining in pairs
    ]
    return 2 * sum(named) > len(named)


def _cut(words: list[_Word], prefix: list[str], suffix: list[str]) -> list[_Word]:
    """The words without the start and the end that are the song's."""
    texts = [word.text for word in words]
    if prefix and texts[: len(prefix)] == prefix:
        words = words[len(prefix) :]
    if suffix and texts[-len(suffix) :] == suffix:
        words = words[: len(words) - len(suffix)]
    return words
