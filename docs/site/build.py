"""Build the documentation as a site of static pages, with search, for reading without a network.

    python docs/site/build.py OUT

The pages are those of docs/ and the READMEs, as they stand; columns, settings, messages, source
sets and the library come from the schemas, the cards and the docstrings. Needs the extra `docs`:
`make docs` installs it. A warning of Sphinx is an error.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
# Pages in the order in which they are read; one that docs/README.md lists and no chapter has stands
# under "More".
CHAPTERS = {
    "Begin": [
        *("first_corpus", "own_data", "rendered_kits", "chain", "results", "commands", "fetch"),
        *("roots", "plan", "running", "cluster"),
    ],
    "Stages": [],  # those of docs/README.md, in the order of the chain
    "Labels": ["kit_notes", "cymbal_families", "mixture", "upstream_facts"],
    "Train and evaluate": [
        *("load", "shards", "session_files", "smoke", "evaluation_report", "hard_places"),
        *("tuning", "training_experiments"),
    ],
    "Trust": ["reliability", "limits", "replay", "attest"],
    "Size": ["production", "capacity"],
    "Reference": ["columns", "settings", "messages", "source_sets", "library"],
}
OTHER_PAGES = [
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "config/README.md"),
    *("bench/README.md", "bench/crash_truth/README.md"),
    "resources/baselines/README.md",
]
LIBRARY = [
    *("drumcorpus.load.exports", "drumcorpus.load.reader", "drumcorpus.load.samples"),
    *("drumcorpus.load.targets", "drumcorpus.load.weighted_sampler", "drumcorpus.load.epochs"),
    "drumcorpus.load.torch_data",
]

# Of Markdown: label and place; a title may stand behind the place.
_LINK = re.compile(r"""\[([^\]\[]*)\]\(([^)\s]+)(?:\s+(?:"[^"]*"|'[^']*'))?\)""")


def main() -> None:
    """Read the command line, gather the pages, build the site."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, help="folder of the site; it is made anew")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        gather(source)
        shutil.rmtree(args.out, ignore_errors=True)
        command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
        done = subprocess.run([*command, source, args.out], check=False)
    if done.returncode:
        sys.exit("The site was not built: what Sphinx said is above.")
    shutil.rmtree(args.out / ".doctrees", ignore_errors=True)
    print(f"Open first: {(args.out / 'index.html').resolve().as_uri()}")


def gather(source: Path) -> None:
    """Put all pages, and the files that they show or lead to, into a folder for Sphinx."""
    import yaml
    from columns import columns_page
    from pages import library_page, messages_page, source_sets_page
    from settings import settings_page

    docs = {path.stem: path.read_text(encoding="utf-8") for path in sorted(REPO.glob("docs/*.md"))}
    schema = yaml.safe_load((REPO / "workflow/schemas/config.schema.yaml").read_text())
    config = yaml.safe_load((REPO / "config/config.yaml").read_text())
    cards = {
        path.stem: card
        for path in sorted(REPO.glob("resources/source_sets/*.yaml"))
        if "license" in (card := yaml.safe_load(path.read_text()))
    }
    made = {
        "columns": columns_page(),
        "settings": settings_page(schema, config),
        "messages": messages_page(docs),
        "source_sets": source_sets_page(cards),
        "library": library_page(LIBRARY),
    }
    shutil.copy(REPO / "docs/site/conf.py", source)
    for name, text in {**docs, **made}.items():
        write_page(source, f"docs/{name}.md", text)
    for path in OTHER_PAGES:
        write_page(source, path, (REPO / path).read_text(encoding="utf-8"))
    (source / "index.md").write_text(index_page(chapters(docs["README"])), encoding="utf-8")


def chapters(index: str) -> dict[str, list[str]]:
    """All pages by chapter; those of the stages in the order of the list in docs/README.md."""
    stages, further = (
        re.findall(r"^- \[\w+\]\((\w+)\.md\)", part, flags=re.MULTILINE)
        for part in index.split("Further pages", 1)
    )
    placed = {name for names in CHAPTERS.values() for name in names}
    more = [name for name in further if name not in placed]
    return {**CHAPTERS, "Stages": stages, **({"More": more} if more else {})}


def index_page(by_chapter: dict[str, list[str]]) -> str:
    """The first page: what this is, and all others by chapter."""
    readme = (REPO / "README.md").read_text(encoding="utf-8")
    head = readme.partition("\n```")[0]
    parts = [head, "- [All of it on one page](README.md)\n- [What the stages are](docs/README.md)"]
    for title, names in by_chapter.items():
        entries = "\n".join(f"docs/{name}" for name in names)
        parts.append(f"```{{toctree}}\n:caption: {title}\n:maxdepth: 1\n:hidden:\n\n{entries}\n```")
    others = "\n".join(["docs/README", *(path.removesuffix(".md") for path in OTHER_PAGES)])
    parts.append(f"```{{toctree}}\n:caption: Project\n:maxdepth: 1\n:hidden:\n\n{others}\n```")
    return "\n\n".join(parts) + "\n"


def write_page(source: Path, path: str, text: str) -> None:
    """Write a page with the files that it leads to; a folder that it names stays a word."""
    target = source / path
    target.parent.mkdir(parents=True, exist_ok=True)
    own = (REPO / path).parent

    def kept(match: re.Match) -> str:
        label, link = match[1], match[2].strip("<>").partition("#")[0]
        if not link or "://" in link or link.startswith("mailto:"):
            return match[0]
        there = (own / link).resolve()
        path = there.relative_to(REPO).as_posix() if there.is_relative_to(REPO) else ""
        is_page = path in OTHER_PAGES or path.startswith("docs/")
        if there.is_dir() or (there.suffix == ".md" and not is_page):
            return label
        if there.suffix != ".md" and there.is_file() and there.is_relative_to(REPO):
            copy = source / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(there, copy)
        return match[0]

    target.write_text(_LINK.sub(kept, text), encoding="utf-8")


if __name__ == "__main__":
    main()
