"""A hundred damages of products, run manifests and what is remembered: all are named or mended.

Ten at a time hit one working folder. Then `verify` names each that hits a product, its command is
given, and the products are as if nothing had been.
"""

import os
import random
import re
import shlex
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest
from small_project import copy_of

pytestmark = [pytest.mark.workflow, pytest.mark.long]

SEED = 100
N_ROUNDS = 10
SUFFIX = ".manifest.json"
# How many of each kind of file are hit in all; each round gets an equal share.
KINDS = {
    **{"product": 30, "clip": 10, "shard": 10, "run manifest": 10},
    **{"memory": 20, "kept": 10, "snakemake": 10},
}
# Those that `verify` must name; of the others it may.
NAMED = ("product", "clip", "shard", "run manifest")
WAYS = ("flip", "truncate", "empty", "append", "delete", "folder", "swap")
MEMORY = ("digests/*.json", "raw/*.json", "*.json", "*.lock", "locks/*.lock")
# Rewritten by `verify` and by nothing else.
LISTING = "results/SHA256SUMS"


class Folder:
    """A working folder whose files are damaged, by a draw."""

    def __init__(self, project, draw):
        self.project, self.draw = project, draw
        self.done: Counter = Counter()

    def files(self, kind: str) -> list[Path]:
        """What there is of a kind, below the working folder."""
        top = self.project.folder
        if kind == "kept":
            found = (top / ".drumcorpus/kept").rglob("*")
        elif kind == "snakemake":
            found = (top / ".snakemake/metadata").rglob("*")
        elif kind == "memory":
            found = [path for each in MEMORY for path in (top / ".drumcorpus").glob(each)]
        elif kind == "clip":
            found = top.glob("results/export/*/*/*/clips/*/*/*/*")
        elif kind == "shard":
            found = top.glob("results/export/*/segments/*/*-000000.*")
        else:
            found = [path for name in ("results", "reports") for path in (top / name).rglob("*")]
            manifests = {path for path in found if path.name.endswith(SUFFIX)}
            if kind == "run manifest":
                found = manifests
            else:
                found = [path.with_name(path.name.removesuffix(SUFFIX)) for path in manifests]
        return sorted(path for path in found if path.is_file())

    def damage(self, kind: str, hit: set[str]) -> list[str]:
        """Damage a file that is not in `hit`; returns what was hit, two files where they swap."""
        way = self.draw.choice(WAYS)
        free = [path for path in self.files(kind) if self.owner(path) not in hit]
        path = self.draw.choice(free)
        whole = path.read_bytes()
        others = [other for other in free if other.read_bytes() != whole]
        if way == "swap" and not others:
            way = "delete"
        if not whole and way in ("flip", "truncate", "empty"):
            way = "append"
        self.done[way] += 1
        if way == "swap":
            other = self.draw.choice(others)
            aside = path.with_name("aside")
            path.rename(aside)
            other.rename(path)
            aside.rename(other)
            hit |= {self.owner(path), self.owner(other)}
            return [self.name(path), self.name(other)]
        hit.add(self.owner(path))
        if way in ("delete", "folder"):
            path.unlink()
        if way == "folder":
            path.mkdir()
            (path / "mine.txt").write_text("mine")
        if way in ("flip", "truncate", "empty", "append"):
            self.write_into(path, self.damaged(whole, way), is_copied=kind == "kept")
        return [self.name(path)]

    def damaged(self, whole: bytes, way: str) -> bytes:
        place = self.draw.randrange(len(whole) or 1)
        if way == "flip":
            flipped = whole[place] ^ (1 << self.draw.randrange(8))
            return whole[:place] + bytes([flipped]) + whole[place + 1 :]
        return {"truncate": whole[:place], "empty": b"", "append": whole + b"\n "}[way]

    def write_into(self, path: Path, data: bytes, *, is_copied: bool) -> None:
        """Write in place, as a disk or a program does; every second time without a trace of it."""
        if is_copied:  # what is kept is the product itself by another name
            path.unlink()
            path.touch()
        stat = path.stat()
        with path.open("r+b") as file:
            file.write(data)
            file.truncate()
        if self.draw.random() < 0.5:
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    def name(self, path: Path) -> str:
        return path.relative_to(self.project.folder).as_posix()

    def owner(self, path: Path) -> str:
        """The product that a file belongs to, so that each is hit once in a round."""
        name = self.name(path).removeprefix(".drumcorpus/kept/").removesuffix(SUFFIX)
        # A listing that is damaged says nothing of the clips and shards.
        of_listing = ("/SHA256SUMS", ".wav", "-000000.tar", "-000000.parquet")
        if name.startswith("results/export/") and name.endswith(of_listing):
            return "/".join(name.split("/")[:4])
        return name


def products(project):
    return {name: data for name, data in project.products().items() if name != LISTING}


def is_named(path: str, said: str) -> bool:
    product = path.removesuffix(SUFFIX)
    return any(f"\n  {name}: " in said for name in (path, product, f"{product}{SUFFIX}"))


def obey(project, said: str) -> list[str]:
    """Move away what `verify` says is in the way; returns what it says to give to Snakemake."""
    for line in said.splitlines():
        if "move it away" in line:
            path = project.path(line.strip().partition(": ")[0])
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    command = re.search(r"To make the products again: (.*)", said)
    if not command:
        return ["all"]
    words = shlex.split(command[1])
    return words[words.index("--forcerun") :]


def rounds_of(draw) -> list[list[str]]:
    """The kinds of file that each round hits, in the order of the draw."""
    each = [kind for kind, n in KINDS.items() for _ in range(n // N_ROUNDS)]
    rounds = [draw.sample(each, len(each)) for _ in range(N_ROUNDS)]
    # Sound first: once its listing is hit, no other file of an export is.
    return [sorted(kinds, key=lambda kind: kind not in ("clip", "shard")) for kinds in rounds]


def test_a_hundred_damages_are_named_or_mended(built, tmp_path, figures):
    began = time.monotonic()
    folder = Folder(copy_of(built.folder, tmp_path / "damaged"), random.Random(SEED))
    project, before = folder.project, products(built)
    n_named = n_silent = n_made = 0
    for kinds in rounds_of(folder.draw):
        hit: set[str] = set()
        damaged = [(kind, folder.damage(kind, hit)) for kind in kinds]
        said = project.snakemake("verify", "--config", "verify=full", check=False).said
        assert "Traceback" not in said, said
        for kind, paths in damaged:
            unnamed = [path for path in paths if not is_named(path, said)]
            assert not (unnamed and kind in NAMED), said
            n_silent += bool(unnamed)
            n_named += not unnamed
        project.path("logs/run_log.jsonl").unlink(missing_ok=True)
        done = project.snakemake(*obey(project, said))
        assert "Traceback" not in done.said, done.said
        assert products(project) == before
        n_made += len(project.jobs_logged("made"))
    assert project.snakemake("verify", "--config", "verify=full").returncode == 0
    assert (n_named + n_silent, sum(folder.done.values())) == (100, 100)
    ways = ", ".join(f"{way} {n}" for way, n in sorted(folder.done.items()))
    figures(
        f"100 damages in {N_ROUNDS} rounds ({ways}): {n_named} named by `verify`, {n_silent} "
        f"mended by the next run without it; {len(before):,} products as in an undisturbed build "
        f"after each round; {n_made} jobs made something; {time.monotonic() - began:.0f} s"
    )
