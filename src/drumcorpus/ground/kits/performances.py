"""The performances that a kit is to play: MIDI files of Groove MIDI, of E-GMD, or of a folder.

Where an index of Groove MIDI's kind lies in the folder, group, split, drummer and style are those
that it states, so that a performance stays with itself over all source sets that hold it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.documents import parse_csv
from drumcorpus.ground.files.paths import inside_root, printable, visible
from drumcorpus.ground.files.ranges import TEMPO, meter, number
from drumcorpus.ground.kits.written import KIT, KIT_MAP, RECORD
from drumcorpus.vocabulary import SPLITS

_COLUMNS = ["drummer", "id", "style", "bpm", "time_signature", "midi_filename", "split"]
_KIT = "kit_name"
_RAW = ("utf-8", "surrogateescape")  # names of files may be any bytes
_ENDINGS = (".mid", ".midi")
INDICES = {"info.csv": "roland_td11", "e-gmd-v1.0.0.csv": "roland_td17"}
"""What the notes are, by the index that lies in the folder."""
PLAIN = "general_midi"
"""What the notes are where there is no index."""


@dataclass(frozen=True)
class Performance:
    """A MIDI file, and what is known of it."""

    name: str  # path below the folder, without its ending
    path: Path
    data: bytes
    group: str
    split: str | None = None
    drummer: str | None = None
    style: str | None = None
    tempo_bpm: float | None = None
    meter: str | None = None


def notes_of(folder: Path) -> str:
    """What the notes of a folder's performances are those of, by the index that it has."""
    return next((notes for name, notes in INDICES.items() if (folder / name).is_file()), PLAIN)


def list_performances(
    folder: Path, *, limit: int | None = None, canonical_kits: Iterable[str] = ()
) -> tuple[list[Performance], list[str]]:
    """The performances of a folder in the order of its index, or by their paths.

    Under a limit they are drawn by a digest of their names, so that those of ten are among those of
    a hundred, and no drummer or split comes first.

    Of E-GMD, which has each performance on 43 kits, one recording is taken: the one on the first of
    `canonical_kits` that it is there for, whose notes are those of the pads that were struck.

    Returns
    -------
    performances : list of Performance
        At most `limit`, in their order.
    problems : list of str
        What was not taken, and why.

    Raises
    ------
    ValueError
        If there is none.
    """
    problems: list[str] = []
    performances: list[Performance] = []
    names: set[str] = set()
    for name, details in _drawn(_named(folder, list(canonical_kits), problems), limit):
        path = inside_root(folder, name)
        if path is None or not path.is_file():
            problems.append(f"{visible(name)}: is not there, or lies outside of the folder")
            continue
        pure = PurePosixPath(printable(name))
        stem = pure.with_suffix("").as_posix()
        if why := _why_no_name(pure, names):
            problems.append(f"{visible(name)}: {why}")
            continue
        try:
            data = path.read_bytes()
        except OSError as error:
            problems.append(f"{visible(name)}: cannot be read ({error.strerror})")
            continue
        names.add(stem)
        group = details.pop("group", None) or f"midi/{sha256_bytes(data)[:16]}"
        performances.append(Performance(stem, path, data, group, **details))
    if not performances:
        why = f"; {problems[0]}" if problems else ""
        raise ValueError(
            f"{visible(str(folder))}: no performance; wanted: a folder with MIDI files (.mid, "
            f".midi){why}"
        )
    return performances, problems


def _why_no_name(path: PurePosixPath, names: set[str]) -> str:
    """Why nothing can be written by the name of a file; empty where it can."""
    if path.suffix.lower() not in _ENDINGS:
        return f"its name does not end in {' or '.join(_ENDINGS)}"
    stem = path.with_suffix("").as_posix()
    if f"{stem}{RECORD}".casefold() in (KIT, KIT_MAP):
        return "is called as a file of the kit is; rename it"
    return "another file of this name is taken" if stem in names else ""


def _drawn(named: list[tuple[str, dict]], limit: int | None) -> list[tuple[str, dict]]:
    if limit is None or limit >= len(named):
        return named
    order = sorted(range(len(named)), key=lambda n: sha256_bytes(named[n][0].encode(*_RAW)))
    return [named[number] for number in sorted(order[:limit])]


def _named(folder: Path, kits: list[str], problems: list[str]) -> list[tuple[str, dict]]:
    """Paths below the folder, and what its index says of each."""
    for index in INDICES:
        if (folder / index).is_file():
            return _indexed(folder, index, kits, problems)
    files = (path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS)
    names = [path.relative_to(folder) for path in sorted(files) if path.is_file()]
    return [
        (name.as_posix(), {})
        for name in names
        if not any(part.startswith(".") for part in name.parts)
    ]


def _indexed(
    folder: Path, index: str, kits: list[str], problems: list[str]
) -> list[tuple[str, dict]]:
    data = (folder / index).read_bytes()
    rows = parse_csv(data, [*_COLUMNS, _KIT], index, optional=(_KIT,))
    best: dict[str, tuple[int, str, dict]] = {}
    for line, row in rows:
        try:
            details = {
                "group": f"gmd/{row['id']}",
                "split": _split(row["split"]),
                "drummer": row["drummer"] or None,
                "style": row["style"] or None,
                "tempo_bpm": number(row["bpm"], TEMPO),
                "meter": meter(row["time_signature"]),
            }
        except ValueError as error:
            problems.append(f"{index}:{line}: {error}")
            continue
        kit = row[_KIT]
        rank = kits.index(kit) if kit in kits else len(kits)
        # Without names of kits every row is a performance of its own.
        key = row["id"] if kit else row["midi_filename"]
        if key not in best or rank < best[key][0]:
            best[key] = (rank, _on_disk(folder, row["midi_filename"]), details)
    return [(name, details) for _, name, details in best.values()]


def _on_disk(folder: Path, name: str) -> str:
    """Some copies have .mid for .midi, or the other way."""
    path = PurePosixPath(name)
    for ending in _ENDINGS:
        other = path.with_suffix(ending).as_posix() if path.suffix else name
        if not (folder / name).is_file() and (folder / other).is_file():
            return other
    return name


def _split(text: str) -> str:
    if text not in SPLITS:
        raise ValueError(f"split {text!r}; allowed: {', '.join(SPLITS)}")
    return text
