"""Find out which form a user's kit has, and read it."""

import re
from dataclasses import replace
from pathlib import Path

from drumcorpus.ground.files.documents import decode_text
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.written_paths import why_no_file, why_no_folder
from drumcorpus.ground.kits import drumgizmo, hydrogen, sfz, voices
from drumcorpus.ground.kits.shots import SampledKit, require_inside

FORMS = (
    "drumkit.xml of Hydrogen, an instrument NAME.sfz, the <drumkit> of DrumGizmo, or kit.json with "
    "one-shots by voice"
)
_LICENCE_FILES = re.compile(r"(?:licen[cs]e|copying|readme)(?:[._-].*)?", re.IGNORECASE)
_LICENCE_LINE = re.compile(r"licen[cs]e|copyright|public domain|creative commons", re.IGNORECASE)
_LONGEST = 300  # characters of a licence that are shown
_READ = 65_536  # bytes of a file of which a licence is sought


def open_kit(path: Path) -> SampledKit:
    """Read a kit from its folder, or from the file in it that describes it.

    Raises
    ------
    ValueError
        If there is no kit, more than one, or it cannot be read; the message says what is wanted.
    """
    if path.is_dir():
        if why := why_no_folder(path):
            raise ValueError(f"{visible(str(path))}: {why}")
        files = _described(path)
        if not files:
            raise ValueError(f"{visible(str(path))}: holds no kit; wanted: {FORMS}")
        if len(files) > 1:
            names = ", ".join(visible(file.relative_to(path).as_posix()) for file in files[:12])
            raise ValueError(f"{visible(str(path))}: holds several kits; name one of: {names}")
        kit = _read(files[0], path)
    else:
        if why := why_no_file(path):
            raise ValueError(f"{visible(str(path))}: {why}")
        kit = _read(path, path.parent)
    if not kit.instruments:
        raise ValueError(f"{visible(str(kit.file))}: the kit is empty: no instrument has a sample")
    return kit if kit.licence else replace(kit, licence=_licence_beside(kit))


def _described(folder: Path) -> list[Path]:
    """The files that describe a kit: at the top of the folder, or else anywhere in it."""
    for pattern in ("*", "**/*"):
        files = sorted(path for path in folder.glob(pattern) if path.is_file())
        for kind in (
            [path for path in files if path.name == hydrogen.FILE],
            [path for path in files if path.name == voices.FILE],
            [path for path in files if path.suffix.lower() == ".sfz"],
            [path for path in files if path.suffix.lower() == ".xml" and drumgizmo.is_kit(path)],
        ):
            # Of Hydrogen and DrumGizmo a file may be called alike.
            if kind and not (kind[0].name == hydrogen.FILE and drumgizmo.is_kit(kind[0])):
                return kind
    return []


def _read(path: Path, folder: Path) -> SampledKit:
    require_inside(folder, path, visible(str(path)))
    if path.suffix.lower() == ".sfz":
        return sfz.read_kit(path, folder)
    if path.name == voices.FILE:
        return voices.read_kit(path, folder)
    if path.suffix.lower() == ".xml":
        is_drumgizmo = drumgizmo.is_kit(path)
        return drumgizmo.read_kit(path, folder) if is_drumgizmo else hydrogen.read_kit(path, folder)
    raise ValueError(f"{visible(str(path))}: no kit by its name; wanted: {FORMS}")


def _licence_beside(kit: SampledKit) -> tuple[str, str] | None:
    """The first words of a licence that lies beside the kit, and the file that has them."""
    folders = dict.fromkeys((kit.file.parent, kit.folder))
    files = [path for folder in folders for path in sorted(folder.iterdir()) if path.is_file()]
    for path in sorted(files, key=lambda path: path.name.lower().startswith("readme")):
        if not _LICENCE_FILES.fullmatch(path.name):
            continue
        if not path.resolve().is_relative_to(kit.folder.resolve()):
            continue  # a link out of the kit: what it leads to is no part of it
        with path.open("rb") as handle:
            lines = [line.strip() for line in decode_text(handle.read(_READ)).splitlines()]
        is_prose = path.name.lower().startswith("readme")
        wanted = [line for line in lines if line and (not is_prose or _LICENCE_LINE.search(line))]
        if wanted:
            return " ".join(" ".join(wanted[:3]).split())[:_LONGEST], path.name
    return None
