"""``python -m drumcorpus render``: real performances on the user's own sampled kits."""

import argparse
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.commands.numbers import between
from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.documents import parse_yaml
from drumcorpus.ground.files.paths import inside_root, visible
from drumcorpus.ground.files.project_files import project_folder
from drumcorpus.ground.files.taxonomy_files import load_label_map, load_taxonomy
from drumcorpus.ground.files.written_paths import why_no_folder, why_not_to_make
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.kits.bank import load_bank, name_in_kit
from drumcorpus.ground.kits.kit_map import (
    KitMap,
    labels_of_notes,
    map_text,
    open_questions,
    propose_map,
    read_map,
)
from drumcorpus.ground.kits.names import Words, grabbed_bodies, make_words
from drumcorpus.ground.kits.open_kit import open_kit
from drumcorpus.ground.kits.performances import (
    PLAIN,
    Performance,
    list_performances,
    notes_of,
)
from drumcorpus.ground.kits.render import Renderer, others_in
from drumcorpus.ground.kits.shots import SampledKit
from drumcorpus.ground.kits.written import KIT, KIT_MAP
from drumcorpus.ground.run.file_lock import lock
from drumcorpus.taxonomy import Taxonomy

USAGE = """\
Let sampled kits of your own play real performances: a root of the source set
rendered_kits, with exact labels and every crash by its number. A KIT is a
folder in the form of Hydrogen, SFZ or DrumGizmo, or with kit.json; performances
are those of Groove MIDI, of E-GMD, or any folder of MIDI. What each instrument
is called stands in OUT/KIT/kit_map.yaml, to be edited. What is finished is not
made again.

example:
  python -m drumcorpus render kits/muldjord --midi data/groove \\
    --out data/rendered_kits --limit 100
"""
LOCK = ".render.lock"
MOST, LAST_SEED = 1_000_000, 2**32 - 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "kits", metavar="KIT", nargs="+", help="folder of a kit, or the file that describes it"
    )
    parser.add_argument("--midi", metavar="DIR", required=True, help="folder of performances")
    parser.add_argument("--out", metavar="DIR", required=True, help="gets a folder for each kit")
    parser.add_argument(
        "--limit",
        metavar="N",
        type=lambda text: between(text, 1, MOST),
        help="N performances, drawn by their names (default: all)",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=lambda text: between(text, 1, LAST_SEED),
        default=1,
        help="decides between recordings that fit a stroke alike (default: 1)",
    )
    parser.add_argument(
        "--notes",
        metavar="MAP",
        help="what the notes are: general_midi, or a note map such as roland_td11 (default: by "
        "the folder)",
    )


@dataclass(frozen=True)
class _Knowledge:
    """What the resources say of labels, notes and names."""

    taxonomy: Taxonomy
    words: Words
    general_midi: Mapping[int, str]
    maps: Path

    def dialects(self) -> list[str]:
        """What the notes of performances may be those of."""
        return [PLAIN, *(path.stem for path in sorted(self.maps.glob("roland_*.yaml")))]

    def labels(self, name: str) -> Mapping[int, str]:
        """The label of each note."""
        if name == PLAIN:
            return self.general_midi
        label_map = load_label_map(self.maps / f"{name}.yaml", self.taxonomy)
        return labels_of_notes(label_map, self.taxonomy)


def run(arguments: argparse.Namespace) -> int:
    """Render what is not there yet, and say what was done and what not.

    Raises
    ------
    argparse.ArgumentError
        If a folder is none, or two kits have one name.
    LookupError
        If a kit or the performances cannot be read, or the user has to say something first.
    """
    for name, path in (("--midi", arguments.midi), ("--out", arguments.out)):
        if not path:
            raise argparse.ArgumentError(None, f"{name}: is empty; wanted: a folder")
    midi, out = Path(arguments.midi), Path(arguments.out)
    if why := why_no_folder(midi):
        raise argparse.ArgumentError(None, f"--midi: {visible(str(midi))}: {why}")
    if why := why_not_to_make(out):
        raise argparse.ArgumentError(None, f"--out: {visible(str(out))}: {why}")
    knowledge = _knowledge(project_folder() / "resources")
    dialect = arguments.notes or notes_of(midi)
    if dialect not in knowledge.dialects():
        raise argparse.ArgumentError(
            None, f"--notes: got {dialect!r}; allowed: {', '.join(knowledge.dialects())}"
        )
    folders = _folders(arguments.kits, out)
    canonical = read_yaml(project_folder() / "resources/source_sets/egmd_kits.yaml")["canonical"]
    try:
        performances, problems = list_performances(
            midi, limit=arguments.limit, canonical_kits=canonical
        )
        kits = [open_kit(Path(kit)) for kit in arguments.kits]
        for kit, folder in zip(kits, folders, strict=True):
            _require_free(folder, kit, midi)
        failures = list(problems)
        with _alone_in(out):
            maps = [
                _map_of(kit, folder, dialect, knowledge)
                for kit, folder in zip(kits, folders, strict=True)
            ]
            for folder, kit, kit_map in zip(folders, kits, maps, strict=True):
                bank = load_bank(kit, [answer.name for answer in kit_map.answers if answer.notes])
                silences = knowledge.words.silences
                bodies = grabbed_bodies(knowledge.words, knowledge.taxonomy)
                renderer = Renderer(kit, kit_map, bank, silences, arguments.seed, folder, bodies)
                failures += _render(renderer, performances, knowledge.labels(kit_map.notes_of))
    except ValueError as error:
        raise LookupError(str(error)) from error
    for problem in failures:
        print(f"left out: {visible(problem)}")
    print(f"Next: {_next(out)}")
    return 1 if failures else 0


@contextmanager
def _alone_in(out: Path) -> Iterator[None]:
    """Hold the folder, so that no other call writes the same files at once.

    Raises
    ------
    LookupError
        If another call does.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / LOCK
    with path.open("w") as handle:
        try:
            lock(handle, path, wait=False)
            is_held = os.fstat(handle.fileno()).st_nlink > 0  # else another call just ended
        except BlockingIOError:
            is_held = False
        if not is_held:
            raise LookupError(
                f"--out: {visible(str(out))}: another call renders into it; wait for that, or name "
                "another folder"
            )
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _require_free(folder: Path, kit: SampledKit, midi: Path) -> None:
    """Refuse a folder of renderings in which files would be written over that are none.

    Raises
    ------
    ValueError
        If the kit or the performances lie in it, or what stands there is of another kit.
    """
    where = visible(str(folder))
    for path, what in ((kit.folder, "the kit"), (midi, "the performances")):
        if path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(
                f"--out: the renderings would go to {where}, which holds {what}; name another "
                "folder"
            )
    place = folder / KIT
    if not place.is_file():
        return
    try:
        described = parse_yaml(place.read_bytes(), str(place))
        other = (described["name"], described["form"])
        samples = {name: row["sha256"] for name, row in described["samples"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return  # it is none, and is written anew
    if other != (kit.name, kit.form):
        raise ValueError(
            f"{visible(str(place))}: is of another kit, {other[0]!r} ({other[1]}), and this one is "
            f"{kit.name!r} ({kit.form}); name another --out, or another folder for this kit. If it "
            f"is the same kit, with a new name, remove that file"
        )
    # Of a kit that its owner has changed something stays; two of one name share no recording.
    if samples and not _holds_any(kit, samples):
        raise ValueError(
            f"{visible(str(place))}: is of another kit of this name, {kit.name!r} ({kit.form}): "
            f"none of the {len(samples):,} samples that it played is in "
            f"{visible(str(kit.folder))}; name another --out, or another folder for this kit. If "
            "it is the same kit with all samples new, remove that file"
        )


def _holds_any(kit: SampledKit, samples: Mapping[str, str]) -> bool:
    """Whether a kit has one of some samples, by name and digest, as it was."""
    parts = (part for each in kit.instruments for shot in each.shots for part in shot.parts)
    paths = {name_in_kit(kit, path): path for path in {part.sample for part in parts}}
    for name, sha256 in samples.items():
        path = paths.get(name)
        if path is None and isinstance(name, str):  # the kit may not play it any more
            path = inside_root(kit.folder, name)
        if path is not None and path.is_file() and sha256_file(path) == sha256:
            return True
    return False


def _knowledge(resources: Path) -> _Knowledge:
    files = [resources / f"taxonomy/{n}.yaml" for n in ("components", "techniques", "dynamics")]
    taxonomy = load_taxonomy(*files)
    words = resources / "kits/instrument_words.yaml"
    instruments = read_yaml(resources / "taxonomy/general_midi.yaml")["instruments"]
    return _Knowledge(
        taxonomy,
        make_words(read_yaml(words), taxonomy, name=str(words)),
        {note: entry["label"] for note, entry in instruments.items()},
        resources / "taxonomy/note_maps",
    )


def _folders(kits: list[str], out: Path) -> list[Path]:
    """Where each kit's renderings go: a folder called as the kit's, in plain characters."""
    folders: dict[Path, str] = {}
    for kit in kits:
        if not kit:
            raise argparse.ArgumentError(None, "KIT: is empty; wanted: a folder, or a file in it")
        path = Path(kit).resolve()
        if path.is_dir():
            name = path.name
        else:
            name = path.stem if path.suffix.lower() == ".sfz" else path.parent.name
        plain = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_") or "kit"
        folder = out / plain
        if folder in folders:
            raise argparse.ArgumentError(
                None, f"{visible(kit)} and {visible(folders[folder])} are both {plain}; rename one"
            )
        folders[folder] = kit
    return list(folders)


def _map_of(kit: SampledKit, folder: Path, dialect: str, knowledge: _Knowledge) -> KitMap:
    """The map of a kit, which is proposed and written where there is none yet."""
    place = folder / KIT_MAP
    if not place.is_file():
        proposed = propose_map(
            kit,
            knowledge.words,
            knowledge.taxonomy,
            dialect,
            knowledge.labels(dialect),
            knowledge.general_midi,
        )
        write_text(place, map_text(proposed))
    kit_map = read_map(place, kit, knowledge.taxonomy, knowledge.dialects())
    if kit_map.notes_of != dialect:
        raise ValueError(
            f"{visible(str(place))}: is of the notes of {kit_map.notes_of}, and these performances "
            f"are of {dialect}; render them into another folder, or, if the map is right, add "
            f"--notes {kit_map.notes_of}"
        )
    if names := open_questions(kit_map):
        raise ValueError(
            f"{visible(str(place))}: which cymbal is {', '.join(map(repr, names))}? Say so under "
            "`label` (such as crash2, or null for one that is not to be played), and give it its "
            "notes; then run the command again"
        )
    return kit_map


def _render(
    renderer: Renderer, performances: list[Performance], labels: Mapping[int, str]
) -> list[str]:
    """Render all performances on one kit; returns why some were not."""
    renderer.begin()
    kit, failures, n_made = renderer.kit, [], 0
    where = visible(str(renderer.folder))
    of_note = renderer.kit_map.of_note
    print(f"{where}: {visible(kit.name)}, {kit.form}; licence: {visible(_short(kit))}")
    for answer in renderer.kit_map.answers:
        if answer.notes:
            notes = ", ".join(map(str, answer.notes))
            print(f"  {answer.label:<18} {answer.name}: {notes}")
    silent = [f"{note} ({label})" for note, label in sorted(labels.items()) if note not in of_note]
    if silent:
        print(f"  silent notes: {', '.join(silent)}")
    for performance in performances:
        try:
            n_made += renderer.render(performance)
        except ValueError as error:
            failures.append(f"{renderer.folder.name}: {error}")
    n_stood = len(performances) - n_made - len(failures)
    print(f"{where}: {n_made:,} performance(s) made, {n_stood:,} stood already")
    others = list(others_in(renderer.folder, performances))
    if others:
        print(
            f"{where}: {len(others):,} other(s) of earlier calls stand there, such as "
            f"{visible(others[0])}; ingestion takes those that were made by the same {KIT}"
        )
    return failures


def _short(kit: SampledKit) -> str:
    if kit.licence is None:
        return "none found; look for it before you pass anything on"
    return f"{kit.licence[0][:80]} ({kit.licence[1]})"


def _next(out: Path) -> str:
    return f"drumcorpus init rendered_kits={visible(str(out))}"
