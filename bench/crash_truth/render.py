"""Real performances on real sampled kits: the audio whose truth is known.

The renderer is no part of the project. Audio that stands as it would be
made is not made again: `audio.json` beside it says what it was made of, and is written last.
"""

import csv
import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import yaml

INDEX = "info.csv"
CONSTANTS = Path(__file__).with_name("constants.yaml")
KITS = Path(__file__).with_name("kits.yaml")
MODEL = Path(__file__).resolve().parents[2] / "resources/crash/cymbal_model.json"
LEARNED = "cymbal model of the mixture"  # learned from the kits that the model names
STATED = "as stated by --seen"
SEED = 7
KINDS = {"both": 2, "one": 1}  # the renderer's word for a performance, and its crash cymbals
FIRST, SECOND = "crash", "crash2"  # voices of the two pads; the renderer is silent without one
ONE_CRASH = dict.fromkeys((49, 55, 57, 52), 1)  # what the pads' notes sound on a kit of one


@dataclass(frozen=True)
class Material:
    """What audio is made of, each found to be there."""

    renderer: Path
    midi: Path  # the folder that holds info.csv
    kits: dict[str, Path]  # by name
    chosen: dict[str, list[str]]  # constants of the chain that were chosen on a kit, by its name
    limit: int | None  # performances of each kind
    one_crash: frozenset[str] = frozenset()  # kits whose two pads sound the same crash

    def digests(self) -> dict:
        """SHA-256 of renderer, performances and kits: paths do not matter, contents do."""
        return {
            "renderer": digest_files([self.renderer]),
            "midi": digest_files([self.midi / INDEX, *sorted(self.midi.rglob("*.mid"))]),
            "kits": {
                name: digest_files(sorted(kit.glob("*.*"))) for name, kit in self.kits.items()
            },
        }


def find_material(
    renderer: Path, midi: Path, kits: Iterable[Path], limit: int | None, seen: Iterable[str] = ()
) -> Material:
    """Look whether all is there; ends the program with a sentence where something is not."""
    if not renderer.is_file():
        raise SystemExit(
            f"no renderer at {renderer}: it is no part of the project; say where yours is"
        )
    if not (midi / INDEX).is_file():
        raise SystemExit(f"no {INDEX} in {midi}: --midi is the folder of Groove MIDI that holds it")
    by_name: dict[str, Path] = {}
    chosen = {}
    for kit in (path.resolve() for path in kits):
        if not (kit / "kit.json").is_file():
            raise SystemExit(f"no kit.json in {kit}: --kits are folders of kits")
        described = json.loads((kit / "kit.json").read_text(encoding="utf-8"))
        if not described["voices"].get(FIRST):
            raise SystemExit(f"kit {kit.name} has no {FIRST}: nothing to tell")
        if kit.name in by_name:
            raise SystemExit(f"two kits are named {kit.name}; rename one")
        by_name[kit.name] = kit
        chosen[kit.name] = constants_chosen_on(kit.name, described.get("name"))
        if kit.name in seen and not chosen[kit.name]:
            chosen[kit.name] = [STATED]
    return Material(renderer.resolve(), midi.resolve(), by_name, chosen, limit)


def double_crashes(material: Material, out: Path) -> Material:
    """Let both pads of the kits with one crash sound that, by copies of these kits below `out`."""
    kits, one_crash = dict(material.kits), set()
    for name, kit in material.kits.items():
        described = json.loads((kit / "kit.json").read_text(encoding="utf-8"))
        voices = described["voices"]
        if voices.get(SECOND):
            continue
        kits[name] = out / name / "kit_of_one_crash"
        shutil.rmtree(kits[name], ignore_errors=True)
        kits[name].mkdir(parents=True)
        for file in {file for files in voices.values() for file in files}:
            shutil.copyfile(kit / file, kits[name] / file)
        described["voices"] = voices | {SECOND: voices[FIRST]}
        (kits[name] / "kit.json").write_text(json.dumps(described, indent=1), encoding="utf-8")
        one_crash.add(name)
    return replace(material, kits=kits, one_crash=frozenset(one_crash))


def constants_chosen_on(*names: str | None) -> list[str]:
    """Constants of the chain that were chosen on a kit of one of these names; none if held out.

    Or on another kit with the same cymbal, and what was learned from either.
    """
    known = yaml.safe_load(CONSTANTS.read_text(encoding="utf-8"))
    plain = {re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_") for name in names if name}
    table = yaml.safe_load(KITS.read_text(encoding="utf-8"))
    plain |= {table[name]["cymbals_of"] for name in plain if "cymbals_of" in table.get(name, {})}
    chosen = {constant for name in plain for constant in known.get(name, [])}
    model = json.loads(MODEL.read_text(encoding="utf-8"))
    learned = {kit["name"].partition(",")[0] for kit in model["kits"]}  # a condition follows
    return sorted(chosen | ({LEARNED} if plain & learned else set()))


def render_kit(
    material: Material, kit: str, performances: Path, folder: Path, made_of: dict
) -> None:
    """Let one kit play the performances of both kinds.

    Parameters
    ----------
    performances : Path
        The folder of Groove MIDI, or another kit's audio of the same performances: that saves
        looking for them among all.
    folder : Path
        Gets ``audio/``, in Groove MIDI's layout, and ``audio.json``, which also says how many
        cymbals each session has.
    made_of : dict
        What the audio depends on, as JSON.
    """
    audio, one_crash = start_audio(folder), kit in material.one_crash
    rows, n_cymbals = [], {}
    for kind, number in KINDS.items():
        command = [sys.executable, material.renderer, "--midi", performances, "--out", audio]
        command += ["--kit", material.kits[kit], "--crashes", kind, "--seed", str(SEED)]
        command += [] if material.limit is None else ["--limit", str(material.limit)]
        done = subprocess.run(command, text=True, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(f"the renderer failed on kit {kit}:\n{done.stderr}")
        found = read_index(audio)
        rows += found
        n_cymbals |= {row["id"]: 1 if one_crash else number for row in found}
    write_index(audio, rows)
    finish_audio(folder, made_of, n_cymbals, ONE_CRASH if one_crash else None)


def start_audio(folder: Path) -> Path:
    """Make room for audio; what stands there is no longer whole."""
    (folder / "audio.json").unlink(missing_ok=True)
    shutil.rmtree(folder / "audio", ignore_errors=True)
    (folder / "audio").mkdir(parents=True)
    return folder / "audio"


def finish_audio(
    folder: Path,
    made_of: dict,
    n_cymbals: dict[str, int],
    cymbal_of_note: dict[int, int] | None = None,
) -> None:
    """Say that the audio is whole, what it was made of, and, if not as usual, what notes sound."""
    record = {"made_of": made_of, "n_cymbals": n_cymbals}
    if cymbal_of_note is not None:
        record["cymbal_of_note"] = cymbal_of_note
    (folder / "audio.json").write_text(json.dumps(record, indent=1), encoding="utf-8")


def has_audio(folder: Path, made_of: dict) -> bool:
    """Whether the audio stands as it would be made."""
    record = folder / "audio.json"
    if not record.is_file() or not (folder / "audio").is_dir():
        return False
    return json.loads(record.read_text(encoding="utf-8"))["made_of"] == made_of


def read_cymbals(folder: Path) -> dict[str, int]:
    """Number of crash cymbals of each session, in the order of rendering."""
    return json.loads((folder / "audio.json").read_text(encoding="utf-8"))["n_cymbals"]


def read_notes(folder: Path) -> dict[int, int] | None:
    """Which cymbal each note sounds; None for the two pads as usual."""
    record = json.loads((folder / "audio.json").read_text(encoding="utf-8"))
    if "cymbal_of_note" not in record:
        return None
    return {int(note): cymbal for note, cymbal in record["cymbal_of_note"].items()}


def read_voices(kit: Path) -> dict[str, list[str]]:
    """Voices of a kit and their files, soft to loud."""
    return json.loads((kit / "kit.json").read_text(encoding="utf-8"))["voices"]


def read_index(audio: Path) -> list[dict]:
    """Rows of info.csv."""
    with (audio / INDEX).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def write_index(audio: Path, rows: list[dict]) -> None:
    """Write info.csv."""
    if not rows:
        raise SystemExit("no performance has the crash hits that are asked for")
    with (audio / INDEX).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def load_renderer(path: Path) -> ModuleType:
    """The renderer as a module."""
    specification = importlib.util.spec_from_file_location("render_groove", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def digest_files(paths: Iterable[Path]) -> str:
    """One SHA-256 of the names and contents of files."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
