"""What ``fetch`` says before it does anything: licence, archive, sizes, where it goes."""

import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path

from drumcorpus.ground.archives.begun import begun_name
from drumcorpus.ground.archives.http_words import host_of
from drumcorpus.ground.archives.place import Place
from drumcorpus.ground.archives.published import Archive, Part, archives_of, terms
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.pages.shown import data_size

_WIDTH = 96
_ENDING = re.compile(r"\.(zip|tgz|tar(\.\w+)?)$")


def licence_words(card: Mapping) -> list[str]:
    """Lines on a licence: its name and place, what it lets one do, what it forbids, the credit."""
    unread = "" if card.get("license_verified") else " (nobody here has read its text: read it)"
    lines = [f"licence: {card['license']}{unread}"]
    lines += [f"  {card['license_url']}"] if card.get("license_url") else []
    lines += [f"  {question + ':':<33}{answer}" for question, answer in terms(card)]
    lines += _wrapped("forbids: ", "; ".join(card["forbids"])) if card["forbids"] else []
    return [*lines, *_wrapped("credit: ", card["attribution"])]


def plan_words(card: Mapping, archive: Archive, place: Place) -> list[str]:
    """Lines on what would be fetched: parts, sizes, digests, and what the disk has."""
    lines = [f"archive: {archive.name}, {size_words(archive)}"]
    for part in archive.parts:
        digest = next((f"{name} {digest}" for name, digest in part.digests.items()), "no digest")
        where = f"from {host_of(part.url)}" if part.url else "by hand"
        lines.append(f"  {part.name}, {_size(part.bytes)}, {where}, {digest}")
    if not archive.can_be_fetched:
        lines += _wrapped("by hand: ", archive.obtain or card["obtain"])
    here = sum(arrived(place, archive))
    lines += [f"  {data_size(here)} of it are here"] if here else []
    out = f"about {data_size(archive.unpacked_bytes)}" if archive.unpacked_bytes else "not known"
    lines.append(f"  unpacked: {out}; free on the disk: {data_size(place.free())}")
    stands = f" (stands there: {place.holds()})" if place.is_taken() else ""
    lines.append(f"to: {visible(str(place.shown))}{stands}")
    others = [other for other in archives_of(card) if other.name != archive.name]
    if others:
        names = ", ".join(f"{other.name} ({size_words(other)})" for other in others)
        lines += _wrapped("others, by --archive NAME: ", names, indent="")
    return lines


def size_words(archive: Archive) -> str:
    """The size of an archive in words."""
    return _size(archive.bytes)


def arrived(place: Place, archive: Archive) -> list[int]:
    """Bytes of each part that are here."""
    paths = [(place.work / part.name, place.work / begun_name(part)) for part in archive.parts]
    return [next((path.stat().st_size for path in either if path.is_file()), 0) for either in paths]


def needed_bytes(place: Place, archive: Archive, *, is_here: bool) -> int:
    """Bytes that the disk must have: what is to come, and at least what is unpacked."""
    packed = archive.bytes or 0
    coming = 0 if is_here else max(packed - sum(arrived(place, archive)), 0)
    return coming + (archive.unpacked_bytes or packed)


def default_folder(card: Mapping, archive: Archive) -> str:
    """Where an archive goes if nobody says: ``data/SET``, of a further archive with its name."""
    is_first = archive.name == archives_of(card)[0].name
    return f"data/{card['name']}" + ("" if is_first else f"_{_ENDING.sub('', archive.name)}")


def list_words(cards: Iterable[Mapping]) -> list[str]:
    """A line for each source set: what is fetched of it if nothing else is asked."""
    lines = []
    for card in cards:
        archives = archives_of(card)
        how = "by hand"
        if archives and archives[0].can_be_fetched:
            how = f"{archives[0].name}, {size_words(archives[0])}"
        lines.append(f"{card['name']:<20} {how:<42} {card['license']}")
    return lines


def parts_in(archive: Archive, folder: Path) -> list[tuple[Part, Path]]:
    """The parts of an archive, and where in a folder they lie.

    Volumes of a zip (``NAME.z06``) that the card does not list are taken where they are there: of
    some archives nobody has published how many there are.

    Raises
    ------
    LookupError
        If one is missing.
    """
    paths = [folder / part.name for part in archive.parts]
    if missing := [path.name for path in paths if not path.is_file()]:
        raise LookupError(f"{visible(str(folder))}: lacks {', '.join(missing)}")
    pairs = list(zip(archive.parts, paths, strict=True))
    if len(pairs) > 1 and archive.parts[-1].name == archive.name:
        volume = re.compile(re.escape(archive.name.removesuffix(".zip")) + r"\.z([0-9]{2,4})")
        numbers = {path: volume.fullmatch(path.name) for path in folder.iterdir()}
        more = {path: int(match[1]) for path, match in numbers.items() if match}
        unlisted = sorted(more.keys() - set(paths), key=more.__getitem__)
        pairs[-1:-1] = [(Part(path.name), path) for path in unlisted]
    return pairs


def _size(n_bytes: int | None) -> str:
    return "size not known" if n_bytes is None else data_size(n_bytes)


def _wrapped(head: str, text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        head + text, _WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  "
    )
