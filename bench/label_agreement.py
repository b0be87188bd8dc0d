"""Compare the labels of a plain reading of General MIDI with the corpus', on real notes.

    python bench/label_agreement.py --groove ROOT --slakh SLAKH_ROOT

Each root may be given or left out; ROOT is the folder that holds info.csv, and SLAKH_ROOT one of
Slakh2100 or BabySlakh. Every note of the sets' MIDI files is labelled twice: as ingestion does, by
the note map of the kit that played it, and by the percussion key map of General MIDI, as a reader
does that knows no kit. Where the classes differ, the plain reading has lost the note (no class),
added it (a class where the corpus has none), or taken it for another. The second table asks the
same of the notes of each kit, played or not.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path

RESOURCES = Path(__file__).parent.parent / "resources"
TAXONOMY = [RESOURCES / f"taxonomy/{n}.yaml" for n in ("components", "techniques", "dynamics")]
SETS = {"groove": "groove_mididataset", "slakh": "slakh2100"}
SETTINGS = {"slakh2100": {"splits": "redux"}}
INGEST = {
    "simultaneous_ms": 5.0,
    "double_trigger_ms": 10.0,
    "context_ms": {"pre": 80.0, "post": 200.0},
}
LOST, ADDED, OTHER = "lost", "added", "of another class"


def main() -> None:
    """Read the command line, count, print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, source_set in SETS.items():
        parser.add_argument(f"--{name}", type=Path, help=f"root of {source_set}")
    args = parser.parse_args()
    roots = {source_set: getattr(args, name) for name, source_set in SETS.items()}
    roots = {source_set: root for source_set, root in roots.items() if root}
    if not roots:
        parser.error(f"no root; give one of {', '.join(f'--{name}' for name in SETS)}")
    general, class_maps = read_maps()
    rows = []
    for source_set, root in roots.items():
        notes = read_notes(source_set, root)
        if not notes:
            parser.error(f"{root}: no note of {source_set} in it")
        rows += [[source_set, *row] for row in compare(notes, general, class_maps)]
    print_table(["set", "class map", "notes", LOST, ADDED, OTHER, "differ"], rows)
    rows = []
    for source_set in roots:
        for name, notes in kit_notes(source_set).items():
            differing = [row[-1] for row in compare(notes, general, class_maps)]
            rows.append([name, f"{len(notes)}", *differing])
    print_table(["kit", "notes", *class_maps], rows)


def read_maps() -> tuple[dict[str, str], dict[str, dict]]:
    """The labels of General MIDI's notes, by the note as text, and the class maps."""
    from drumcorpus.ground.files.taxonomy_files import load_taxonomy
    from drumcorpus.ground.files.yaml_files import read_yaml
    from drumcorpus.stages.export.general_midi import read_general_midi

    labels = load_taxonomy(*TAXONOMY).labels
    general = read_general_midi(RESOURCES / "taxonomy/general_midi.yaml", labels)
    class_maps = read_yaml(RESOURCES / "taxonomy/class_maps.yaml")
    return {str(note): label for note, label in general.labels.items()}, class_maps


def read_notes(source_set: str, root: Path) -> Counter:
    """How often each (note, label) stands in a set, label None where its kit has no such note."""
    from drumcorpus.ground.files.fact_cache import FactCache, digest_raw_files
    from drumcorpus.ground.files.raw_files import scan_roots
    from drumcorpus.ground.files.raw_reader import RawReader
    from drumcorpus.ground.files.yaml_files import read_yaml
    from drumcorpus.ground.run.raw_scan import RawData
    from drumcorpus.sessions import file_digests
    from drumcorpus.stages.ingest.declarations import read_declarations
    from drumcorpus.stages.ingest.ingest import ingest_sessions
    from drumcorpus.stages.inventory.inventory import take_inventory
    from drumcorpus.stages.splits.draw import split_sessions

    module = import_module(f"drumcorpus.source_sets.{source_set}")
    path = RESOURCES / f"source_sets/{source_set}.yaml"
    card = read_yaml(path)
    declared = read_declarations(
        path,
        [RESOURCES / f"taxonomy/note_maps/{name}.yaml" for name in card["label_maps"]],
        TAXONOMY,
        [RESOURCES / name for name in card.get("references", {}).values()],
        SETTINGS.get(source_set, {}),
    )
    files, refusals = scan_roots([root])
    draw = partial(split_sessions, seed=0, shares={"train": 1.0})
    with tempfile.TemporaryDirectory() as folder:
        cache = FactCache(Path(folder, "facts.json"))
        digests, unreadable = digest_raw_files(files.values(), cache, workers=2)
        raw = RawData(source_set, files, digests, refusals + unreadable, cache)
        sessions = take_inventory(
            raw, card, declared["options"], module.survey, split_sessions=draw, workers=2
        ).sessions
    reader = RawReader([root], file_digests(sessions)).read
    tallies = ingest_sessions(sessions, module.read_hits, reader, **declared, **INGEST).tallies
    notes = Counter()
    for row in tallies.select(["source_label", "label", "n_hits"]).to_pylist():
        notes[row["source_label"], row["label"]] += row["n_hits"]
    return notes


def kit_notes(source_set: str) -> dict[str, Counter]:
    """Each note of each kit of a set, once."""
    from drumcorpus.ground.files.taxonomy_files import load_label_map, load_taxonomy
    from drumcorpus.ground.files.yaml_files import read_yaml

    taxonomy = load_taxonomy(*TAXONOMY)
    found = {}
    for name in read_yaml(RESOURCES / f"source_sets/{source_set}.yaml")["label_maps"]:
        label_map = load_label_map(RESOURCES / f"taxonomy/note_maps/{name}.yaml", taxonomy)
        found[name] = Counter({(n, stroke.label): 1 for n, stroke in label_map.strokes.items()})
    return found


def compare(notes: Mapping, general: Mapping, class_maps: Mapping) -> Iterable[list[str]]:
    """By class map: its name, notes, those lost, added and of another class, all that differ."""
    n_notes = sum(notes.values())
    for name, classes in class_maps.items():
        counts = Counter()
        for (note, label), n in notes.items():
            counts[difference(classes.get(general.get(note)), classes.get(label))] += n
        differing = n_notes - counts[None]
        yield [
            name,
            f"{n_notes:,}",
            *(f"{counts[kind]:,}" for kind in (LOST, ADDED, OTHER)),
            f"{differing:,} ({100 * differing / n_notes:.1f} %)",
        ]


def difference(plain: str | None, ours: str | None) -> str | None:
    """How the class of the plain reading differs from the corpus'; None where it does not."""
    if plain == ours:
        return None
    return LOST if plain is None else ADDED if ours is None else OTHER


def print_table(heads: list[str], rows: list[list[str]]) -> None:
    """A table of Markdown; all columns but the first are figures."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    print("\n".join(f"| {' | '.join(line)} |" for line in lines), end="\n\n")


if __name__ == "__main__":
    main()
