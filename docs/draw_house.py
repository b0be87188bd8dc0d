"""Draw the house: the folders of the code as layers, with an arrow for every import between them.

    python docs/draw_house.py docs/house.svg       (needs graphviz)

The arrows are read from the files as they are; one that follows from others is not drawn.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

REPO = Path(__file__).parent.parent
LIBRARY = REPO / "src/drumcorpus"
RULES, SCRIPTS, WORDS = "Snakefile, workflow/rules", "workflow/scripts", "words"
# From top to bottom.
LAYERS = {
    "the workflow, the command line": (RULES, SCRIPTS, "commands"),
    "what is done": ("stages", "source_sets", "demo", "load"),
    "the ground": tuple(
        f"ground/{name}"
        for name in (
            *("archives", "run", "pages", "statistics", "predictions", "sound", "midi", "files"),
        )
    ),
    "the words": (WORDS,),
}
STYLE = """
    graph [fontname="sans-serif", fontsize=11, ranksep=0.55, nodesep=0.3, newrank=true]
    node [fontname="sans-serif", fontsize=11, shape=box, style="filled,rounded", fillcolor=white]
    edge [arrowsize=0.6, color="#555555"]
"""


def main(picture: str) -> None:
    """Write the picture as SVG: equal code, equal bytes."""
    reduced = run("tred", drawing(arrows()))
    svg = run("dot", reduced, "-Tsvg")
    # The comment names graphviz' version and the day of its build.
    Path(picture).write_text(re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL))


def arrows() -> list[tuple[str, str]]:
    """(importing, imported) of all pairs of folders, in order; and that rules call scripts."""
    pairs = {
        (folder_of(path), box_of(name.split(".")[1:]))
        for path in [*LIBRARY.rglob("*.py"), *(REPO / "workflow/scripts").glob("*.py")]
        for name in imports(path.read_text())
    }
    for path in [REPO / "Snakefile", *(REPO / "workflow/rules").glob("*.smk")]:
        text = path.read_text()
        lines = re.findall(r"^from (drumcorpus\.[\w.]+) import", text, flags=re.MULTILINE)
        pairs |= {(RULES, box_of(name.split(".")[1:])) for name in lines}
        pairs |= {(RULES, SCRIPTS)} if "script:" in text else set()
    return sorted((a, b) for a, b in pairs if a != b)


def imports(source: str) -> Iterator[str]:
    """Dotted names of the library's modules that a Python file imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("drumcorpus."):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("drumcorpus."))


def folder_of(path: Path) -> str:
    """The box that a Python file stands in."""
    if not path.is_relative_to(LIBRARY):
        return SCRIPTS
    return box_of(path.relative_to(LIBRARY).with_suffix("").parts)


def box_of(parts) -> str:
    """The box of a module, by the parts of its name below the package."""
    if parts[0] == "__main__":
        return "commands"
    if not (LIBRARY / parts[0]).is_dir():
        return WORDS
    return "/".join(parts[:2]) if parts[0] == "ground" and len(parts) > 1 else parts[0]


def drawing(pairs) -> str:
    """The drawing in the language of graphviz."""
    layers = []
    for number, (title, boxes) in enumerate(LAYERS.items()):
        nodes = "\n".join(f'"{box}" [label="{label(box)}"]' for box in boxes)
        layers.append(
            f'subgraph cluster_{number} {{ label="{title}"; labeljust=l; style="filled,rounded"; '
            f'color="#eef1f5"\n{nodes}\n}}'
        )
    level = " ".join(f'"{box}"' for box in LAYERS["what is done"])
    layers.append(f"{{ rank=same {level} }}")
    edges = "\n".join(f'"{a}" -> "{b}"' for a, b in pairs)
    return "digraph house {" + STYLE + "\n".join(layers) + "\n" + edges + "\n}\n"


def label(box: str) -> str:
    """The name of a box, and what stands in it where that is what its name does not say."""
    if box == WORDS:
        names = sorted(path.stem for path in LIBRARY.glob("[a-z]*.py"))
    elif box == "stages":
        names = sorted(path.parent.name for path in LIBRARY.glob("stages/*/__init__.py"))
    else:
        return box
    lines = [", ".join(names[i : i + 5]) for i in range(0, len(names), 5)]
    return f"{box}:\\n" + ",\\n".join(lines)


def run(program: str, text: str, *options: str) -> str:
    """What a program of graphviz makes of a drawing."""
    done = subprocess.run([program, *options], input=text, text=True, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{program}: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {sys.argv[0]} PICTURE.svg")
    main(sys.argv[1])
