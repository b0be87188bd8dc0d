"""``python -m drumcorpus fetch``: a published source set, from its publisher into a folder."""

import argparse
import errno
import os
import shlex
from collections.abc import Mapping
from contextlib import chdir
from functools import partial
from pathlib import Path

from drumcorpus.commands.named import named
from drumcorpus.ground.archives.download import fetch_part, why_not_as_published
from drumcorpus.ground.archives.fetch_words import (
    default_folder,
    licence_words,
    list_words,
    needed_bytes,
    parts_in,
    plan_words,
)
from drumcorpus.ground.archives.place import DEPTH, Place, below, find_root
from drumcorpus.ground.archives.published import Archive, choose_archive
from drumcorpus.ground.archives.transfer_line import TransferLine
from drumcorpus.ground.archives.unpack import bounds_of, unpack
from drumcorpus.ground.files.leftovers import read_leftovers
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.project_files import project_folder
from drumcorpus.ground.files.written_paths import why_no_folder, why_not_to_make
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.pages.shown import data_size
from drumcorpus.ground.run.layout import check_layout
from drumcorpus.ground.run.progress import Progress
from drumcorpus.stages.inventory.checksum_lists import write_checksum_list
from drumcorpus.stages.inventory.integrity import hold_against_list

USAGE = """\
Fetch a source set from its publisher: show its licence and, once you have
accepted it by name, download, hold the archive against its published size and
digest, unpack it, and hold the files against a list. The same command goes on
where a call broke off. Without SET, list what can be fetched.

example:
  python -m drumcorpus fetch groove_mididataset --dry-run
  python -m drumcorpus fetch groove_mididataset --accept CC-BY-4.0
"""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("source_set", metavar="SET", type=named, nargs="?", help="a source set")
    parser.add_argument("--accept", metavar="LICENCE", help="its licence, as it is called")
    parser.add_argument("--archive", metavar="NAME", help="which archive (default: the first)")
    parser.add_argument("--to", metavar="DIR", help="the folder for it (default: data/SET)")
    parser.add_argument(
        "--from", metavar="DIR", dest="source", help="a folder with archives that are here already"
    )
    parser.add_argument(
        "--unverified",
        action="store_true",
        help="with --from: take an archive whose digest nobody has published",
    )
    parser.add_argument("--keep", action="store_true", help="keep the archive, beside the folder")
    parser.add_argument(
        *("--dry-run", "--print"), action="store_true", help="say what would be fetched, and end"
    )


def run(arguments: argparse.Namespace) -> int:
    """Show the licence, and fetch what it was accepted for.

    Raises
    ------
    argparse.ArgumentError
        If there is no such set, or its licence was not accepted.
    LookupError
        If it does not come, or has no place; what has come is kept.
    ValueError
        If what came is not what is published, or not safe to unpack.
    """
    project = project_folder()
    names = list(read_yaml(project / "config/config.yaml")["source_sets"])
    if arguments.source_set is None:
        print("\n".join(list_words(_card(project, name) for name in names)))
        return 0
    if arguments.source_set not in names:
        raise argparse.ArgumentError(
            None,
            f"{visible(arguments.source_set)}: no such source set; there are: {', '.join(names)}",
        )
    card = _card(project, arguments.source_set)
    archive = choose_archive(card, arguments.archive)
    place = Place(arguments.to or default_folder(card, archive))
    print("\n".join([f"{card['title']} {card['version']}", *licence_words(card)]))
    print("\n".join(plan_words(card, archive, place)))
    if arguments.dry_run:
        return 0
    if place.is_taken():
        return _say_what_stands(card, archive, place, project)
    _require_accepted(card, arguments)
    _require_place(card["name"], place, project)
    line = TransferLine()
    try:
        with place.working():
            _fetch(card, archive, place, arguments, project, line)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"{card['name']}: stopped from the keyboard; what has come is kept in "
            f"{visible(str(place.work))}, and the same command goes on"
        ) from None
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise LookupError(
            f"{visible(str(error.filename or place.folder))}: the disk is full "
            f"({data_size(place.free())} are free); what has come is kept. Make room there, and "
            "the same command goes on, or take another disk with --to"
        ) from error
    finally:
        line.clear()
    if arguments.keep:
        place.keep(archive, line=print)
    place.tidy()
    return 0


def _fetch(card, archive: Archive, place: Place, arguments, project: Path, line) -> None:
    """Bring the archive here, unpack it, move it into place and hold it against its list."""
    if arguments.source is not None:
        paths = _take(archive, Path(arguments.source), arguments.unverified, line)
        _require_room(archive, place, is_here=True)
    else:
        paths = _download(card, archive, place, line)
    signs = read_yaml(project / "resources/layouts.yaml").get(card["name"], [])
    bounds = bounds_of(sum(path.stat().st_size for path in paths), archive.unpacked_bytes)
    try:
        line.begin(f"unpacking {archive.name}", archive.unpacked_bytes)
        files = unpack(archive.name, paths, place.unpacked, bounds, advance=line.advance)
        line.end()
        root = find_root(place.unpacked, signs)
        if root is None:
            raise ValueError(
                f"{archive.name}: holds no root of {card['name']} ({' or '.join(signs)}), neither "
                f"at its top nor {DEPTH - 1} folders below it; nothing was put in place"
            )
        is_own = _write_list(below(root, place.unpacked, files), place, project)
        place.write_note(card["name"], archive, arguments.accept, is_own_list=is_own)
        place.move_in(root)
    finally:
        place.forget_unpacked()
    print(f"{visible(str(place.shown))}: {len(files):,} files, {data_size(bounds.n_bytes)}")
    _say_integrity(card["name"], place, signs, project)


def _download(card: Mapping, archive: Archive, place: Place, line: TransferLine) -> list[Path]:
    obtain = archive.obtain or card["obtain"]
    if not archive.can_be_fetched:
        raise LookupError(
            f"{archive.name}: no address of it is published with a digest to hold it against; by "
            f"hand: {obtain}. Then name its folder with --from DIR"
        )
    _require_room(archive, place, is_here=False)
    paths = [fetch_part(part, place.work, shown=line, obtain=obtain) for part in archive.parts]
    line.end()
    return paths


def _take(archive: Archive, folder: Path, may_be_any: bool, line: TransferLine) -> list[Path]:
    """The parts that a person has brought, held against what is published of them."""
    if reason := why_no_folder(folder):
        raise LookupError(f"--from: {visible(str(folder))}: {reason}")
    pairs = parts_in(archive, folder)
    for part, path in pairs:
        if not part.digests and not may_be_any:
            raise LookupError(
                f"{part.name}: nobody has published a digest to hold it against; to take it as it "
                "is, add --unverified"
            )
        if why := why_not_as_published(path, part, line):
            raise ValueError(f"{visible(str(path))}: {why}; nothing was unpacked")
    line.end()
    return [path for _, path in pairs]


def _write_list(files: Mapping[str, tuple[str, int]], place: Place, project: Path) -> bool:
    """List what came, but for what is not of the set; False where somebody else's list stays."""
    if place.checksums.exists():
        if not place.has_own_list():
            return False
        place.checksums.unlink()
    leftovers = read_leftovers(project / "resources/not_of_the_set.yaml")
    listed = {path: value for path, value in files.items() if not leftovers.kind_of(path)}
    sizes = {path: size for path, (_, size) in listed.items()}
    write_checksum_list(place.checksums, sizes, {path: sha for path, (sha, _) in listed.items()})
    return True


def _say_integrity(source_set: str, place: Place, signs: list[str], project: Path) -> None:
    """Hold the root against its list, as the target `integrity` does."""
    root = find_root(place.folder, signs)
    settings = read_yaml(project / "config/config.yaml")["inventory"]["integrity"]
    place.work.mkdir(exist_ok=True)
    with chdir(place.work):  # where digests are remembered, and forgotten with it
        comparison, _ = hold_against_list(
            source_set,
            [str(root)],
            place.checksums,
            not_of_the_set=str(project / "resources/not_of_the_set.yaml"),
            wanted="required",
            level=settings["level"],
            sample=settings["sample"],
            workers=os.cpu_count() or 1,
            progress=partial(Progress, f"integrity {source_set}", unit="bytes"),
            say=print,
            report=f"results/integrity/{source_set}.json",  # none: nothing was compared before
            shown=place.checksums.name,
        )
    shown = place.shown / root.relative_to(place.folder)
    print(
        f"integrity: {len(comparison.listed.digests):,} files are as "
        f"{visible(str(place.shown_list))} says, {len(comparison.digests):,} of them by digest"
    )
    print(f"Next: {_typed('init', '='.join((source_set, str(shown))))}")


def _say_what_stands(card: Mapping, archive: Archive, place: Place, project: Path) -> int:
    """Of a place that is taken: is it what was asked for?"""
    signs = read_yaml(project / "resources/layouts.yaml").get(card["name"], [])
    where = visible(str(place.shown))
    if place.folder.is_dir() and place.is_of(card["name"], archive):
        print(f"{where}: {archive.name} is there already; nothing was fetched")
        with place.working():
            try:
                _say_integrity(card["name"], place, signs, project)
            finally:
                place.tidy()
        return 0
    note = place.read_note()
    if place.folder.is_dir() and note.get("archive"):
        what = f"holds {note['archive']} of {note.get('source_set')}"
    elif place.folder.is_dir() and signs and find_root(place.folder, signs):
        print(f"{where}: holds {card['name']} already, and nobody noted from which archive;")
        root = place.shown / find_root(place.folder, signs).relative_to(place.folder)
        print(f"nothing was fetched. Next: {_typed('init', '='.join((card['name'], str(root))))}")
        return 0
    else:
        what = f"holds something else ({place.holds()})"
    raise LookupError(f"{where}: {what}, and nothing is written over; take another with --to DIR")


def _require_accepted(card: Mapping, arguments: argparse.Namespace) -> None:
    licence = card["license"]
    if arguments.accept == licence:
        return
    words = ["fetch", card["name"]]
    for option in ("archive", "to", "source"):
        if (value := getattr(arguments, option)) is not None:
            words += [f"--{'from' if option == 'source' else option}", value]
    words += ["--unverified"] if arguments.unverified else []
    words += ["--keep"] if arguments.keep else []
    got = f", and {arguments.accept!r} is another" if arguments.accept is not None else ""
    raise argparse.ArgumentError(
        None,
        f"{card['name']}: its licence was not accepted{got}; nothing was fetched. If you accept "
        f"{licence}, type: {_typed(*words, '--accept', licence)}",
    )


def _require_place(source_set: str, place: Place, project: Path) -> None:
    if reason := why_not_to_make(place.shown):
        raise LookupError(f"--to: {visible(str(place.shown))}: {reason}")
    if os.path.ismount(place.folder):
        raise LookupError(
            f"--to: {visible(str(place.shown))}: a disk is mounted there, and a finished folder "
            "cannot take its place; name a folder below it"
        )
    check_layout(
        {source_set: [str(place.folder)]},
        {source_set: source_set},
        working_folder=Path(),
        checkout=project,
        written=[],
    )


def _require_room(archive: Archive, place: Place, *, is_here: bool) -> None:
    needed, free = needed_bytes(place, archive, is_here=is_here), place.free()
    if free < needed:
        raise LookupError(
            f"{visible(str(place.shown))}: {archive.name} and what comes out of it need "
            f"{data_size(needed)}, and {data_size(free)} are free there; make room, or take "
            "another disk with --to"
        )


def _card(project: Path, source_set: str) -> dict:
    return read_yaml(project / f"resources/source_sets/{source_set}.yaml")


def _typed(*words: str) -> str:
    from drumcorpus.__main__ import as_typed

    return f"{as_typed()} {shlex.join(words)}"
