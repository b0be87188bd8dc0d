"""Commands of the benchmarks as the pages print them, and a small run of each."""

import itertools
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from checkout import REPO

PAGES = [
    REPO / "README.md",
    REPO / "bench/README.md",
    REPO / "bench/crash_truth/README.md",
    *sorted((REPO / "docs").glob("*.md")),
]
SCRIPTS = [
    path.relative_to(REPO).as_posix()
    for path in sorted((REPO / "bench").rglob("*.py"))
    if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
]


@dataclass(frozen=True)
class Command:
    """A command as it is printed; optional parts in brackets are left away."""

    page: str
    words: tuple[str, ...]  # after `python`: the script and its arguments

    @property
    def script(self) -> str:
        return self.words[0]

    @property
    def id(self) -> str:
        return " ".join(self.words).removeprefix("bench/")


def printed_commands(text: str, page: str) -> list[Command]:
    """Every `python bench/...` of a page: in code blocks, and within a line of text."""
    text = text.replace("\\\n", " ")
    blocks = re.findall(r"^ {4,}(python bench/.+)$", text, flags=re.MULTILINE)
    inline = re.findall(r"`(python bench/[^`]+)`", text)
    commands = []
    for line in [*blocks, *inline]:
        line = re.sub(r"\[[^\]]*\]", "", re.sub(r"\s#.*", "", line))
        for part in line.split("&&"):
            words = shlex.split(part)[1:]
            commands.append(Command(page, tuple(itertools.chain(*map(expanded, words)))))
    return commands


def expanded(word: str) -> list[str]:
    """`a/{b,c}` as a shell takes it; `KIT_DIR...` is one of many."""
    word = word.removesuffix("...")
    if not (found := re.fullmatch(r"(.*)\{(.+)\}(.*)", word)):
        return [word]
    return [f"{found[1]}{each}{found[3]}" for each in found[2].split(",")]


def all_commands() -> list[Command]:
    """Commands of all pages and of the scripts' own texts, each once."""
    texts = [(page, page.read_text(encoding="utf-8")) for page in PAGES]
    texts += [(REPO / each, (REPO / each).read_text(encoding="utf-8")) for each in SCRIPTS]
    found = {}
    for path, text in texts:
        for command in printed_commands(text, path.relative_to(REPO).as_posix()):
            found.setdefault(command.words, command)
    return list(found.values())


COMMANDS = all_commands()


def command_of(script: str, *, of: str = "") -> Command:
    """The first printed command of a script below bench/, with the word `of` where one is given."""
    return next(c for c in COMMANDS if c.script == f"bench/{script}" and (not of or of in c.words))


def run(command: Command, places: dict[str, Path], *small: str, status: int = 0) -> str:
    """Run a command with `places` for the words in capitals and options that make it small.

    Returns what it said; fails the test if it ends otherwise than with `status`.
    """
    arguments = [put(word, places) for word in command.words[1:]]
    line = [sys.executable, str(REPO / command.script), *arguments, *small]
    places_of_code = os.pathsep.join([str(REPO / "src"), str(REPO / "tests")])
    environment = os.environ | {"PYTHONPATH": places_of_code}
    done = subprocess.run(line, env=environment, cwd=REPO, capture_output=True, text=True)
    assert done.returncode == status, f"{shlex.join(line)}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


def put(word: str, places: dict[str, Path]) -> str:
    """A word of a command with the place that stands for its longest beginning."""
    for name in sorted(places, key=len, reverse=True):
        if word == name or word.startswith(f"{name}/"):
            return f"{places[name]}{word.removeprefix(name)}"
    return word
