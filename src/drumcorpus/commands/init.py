"""``python -m drumcorpus init``: the config of a new corpus, in a folder of its own."""

import argparse
import os
from pathlib import Path

from drumcorpus.ground.archives.published import archives_of
from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.project_files import project_folder
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.command_line import check_folder
from drumcorpus.ground.run.layout import WRITTEN, check_layout, real
from drumcorpus.ground.run.new_config import config_of_sets, demo_config
from drumcorpus.ground.run.root_signs import check_roots
from drumcorpus.ground.run.snakemake_line import CONFIG_FILE

USAGE = """\
Begin a corpus in this folder: write drumcorpus.yaml, a config with comments, of
the source sets that are named with the folders of their files. The folders are
looked at first. --demo begins the demo, which needs no data.

example:
  python -m drumcorpus init groove_mididataset=/data/groove egmd=/data/egmd
  python -m drumcorpus init --demo
"""
N_SHOWN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "roots",
        metavar="SET=ROOT",
        type=root,
        nargs="*",
        help="a source set and a folder of its files; twice for a set with two",
    )
    parser.add_argument("--demo", action="store_true", help="begin the demo")
    parser.add_argument(
        "--directory", metavar="DIR", default=".", help="the working folder (default: this one)"
    )
    parser.add_argument("--settings", action="store_true", help="print every setting, and end")
    parser.add_argument("--sets", action="store_true", help="list the source sets, and end")


def root(text: str) -> tuple[str, str]:
    """Source set and folder of ``SET=ROOT``."""
    name, _, folder = text.partition("=")
    if not name or not folder:
        raise argparse.ArgumentTypeError(f"got {text!r}; wanted: SET=ROOT, such as egmd=/data/egmd")
    return name, folder


def run(arguments: argparse.Namespace) -> int:
    """Check, write the config, and say what comes next."""
    project = project_folder()
    base = read_yaml(project / "config/config.yaml")
    if arguments.sets:
        for name, block in base["source_sets"].items():
            card = read_yaml(project / f"resources/source_sets/{name}.yaml")
            print(f"{name:<20} {block['tier']:<10} {card['license']}")
        return 0
    if arguments.settings:
        print((project / "config/config.yaml").read_text(encoding="utf-8"), end="")
        return 0
    if arguments.demo == bool(arguments.roots):
        raise argparse.ArgumentError(
            None,
            "say which source sets, SET=ROOT (init --sets lists them), or --demo: one of the two",
        )
    roots = _by_set(arguments.roots, base["source_sets"])
    folder = Path(arguments.directory)
    check_folder(folder)
    require_room(folder, [path for paths in roots.values() for path in paths])
    if arguments.demo:
        text = demo_config()
    else:
        cards = {name: read_yaml(project / f"resources/source_sets/{name}.yaml") for name in roots}
        signs = read_yaml(project / "resources/layouts.yaml")
        further = {name: card.get("further_roots", ()) for name, card in cards.items()}
        check_roots(roots, signs, _fetches(cards), further)
        check_layout(
            roots,
            {name: name for name in roots},
            working_folder=folder,
            checkout=project,
            written=[],
        )
        # As it is used, from the folder of the config.
        roots = {name: [_from(folder, path) for path in paths] for name, paths in roots.items()}
        text = config_of_sets(
            roots,
            cards,
            {name: base["source_sets"][name]["tier"] for name in roots},
            manifest=next(iter(base["manifests"])),
            exports=list(base["exports"]),
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / CONFIG_FILE, text)
    place = "" if folder == Path() else f" --directory {visible(str(folder))}"
    print(f"{visible(str(folder / CONFIG_FILE))}: written. Next: drumcorpus plan{place}, to see")
    print(f"what a run takes, and drumcorpus run{place}")
    return 0


def require_room(folder: Path, roots: list[str]) -> None:
    """Refuse a folder that holds something else than raw data and what begins with a dot.

    Raises
    ------
    ValueError
        With the first names of what it holds.
    """
    if (folder / CONFIG_FILE).exists() or (folder / CONFIG_FILE).is_symlink():
        raise ValueError(
            f"{visible(str(folder / CONFIG_FILE))}: stands there already; edit it, or take another "
            "folder, with --directory DIR"
        )
    if not folder.exists():
        return
    raw = [real(path) for path in roots]
    others = [
        entry.name
        for entry in sorted(folder.iterdir())
        if not entry.name.startswith(".")
        and not (entry / "pyvenv.cfg").is_file()
        and not any(path.is_relative_to(real(entry)) for path in raw)
    ]
    if not others:
        return
    shown = ", ".join(map(visible, others[:N_SHOWN]))
    shown += f" and {len(others) - N_SHOWN:,} more" if len(others) > N_SHOWN else ""
    is_corpus = any(name in WRITTEN for name in others)
    what = "products of a run" if is_corpus and set(others) <= {*WRITTEN, "data"} else "other files"
    raise ValueError(
        f"{visible(str(folder.absolute()))}: holds {what} ({shown}); a corpus has a folder of its "
        "own: take an empty one, with --directory DIR"
    )


def _by_set(pairs: list[tuple[str, str]], known: dict) -> dict[str, list[str]]:
    roots: dict[str, list[str]] = {}
    for name, folder in pairs:
        if name not in known:
            raise argparse.ArgumentError(
                None, f"{visible(name)}: no such source set; there are: {', '.join(known)}"
            )
        roots.setdefault(name, []).append(folder)
    return roots


def _fetches(cards: dict[str, dict]) -> dict[str, str]:
    """Of each set whose first archive can be fetched, the command that does it."""
    from drumcorpus.__main__ import as_typed

    first = {name: archives_of(card)[:1] for name, card in cards.items()}
    return {
        name: f"{as_typed()} fetch {name}"
        for name, archives in first.items()
        if archives and archives[0].can_be_fetched
    }


def _from(folder: Path, path: str) -> str:
    """A path as the config has it: relative ones are meant from where the command was typed."""
    if Path(path).is_absolute() or folder.resolve() == Path.cwd():
        return path
    return os.path.abspath(path)  # noqa: PTH100 (links are kept)
