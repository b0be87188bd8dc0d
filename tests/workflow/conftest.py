"""A checkout with a small corpus, built once by the real snakemake and put back for each test."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from checkout import REPO
from shared_builds import built_once

from drumcorpus.demo.groove_mididataset import write_corpus
from drumcorpus.ground.run.state import remember_manifests

CODE = ("Snakefile", "profiles", "workflow", "src", "resources", "config", "environment.yml")
# Small clips and few performances: what is tested is what runs again, not what comes out.
OVERLAY = {
    "use": ["groove_mididataset"],
    "source_sets": {"groove_mididataset": {"roots": ["raw"], "shards": 2}},
    "manifests": {"prod_combined": {"source_sets": ["groove_mididataset"], "gates": "gates.yaml"}},
    # What is left: clips as files, and segments as tar and Parquet.
    "exports": {"shards": None, "sessions": None},
}
GATES = {"max_unexplained_hits": 0, "max_quarantined": 0, "max_leaked_groups": 0}


@dataclass
class Project:
    """One working folder with a copy of the code in it."""

    folder: Path

    def snakemake(self, *arguments, check=True):
        """Run the real snakemake; returns what it said."""
        return self.run(
            "-m", "snakemake", "--configfile", "mine.yaml", "--cores", "2", *arguments, check=check
        )

    def run(self, *arguments, check=True):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        done.said = done.stdout
        assert not check or done.returncode == 0, done.said
        return done

    def environment(self):
        return os.environ | {"PYTHONPATH": str(self.folder / "src")}

    def jobs(self, *arguments):
        """Run snakemake; returns the jobs that made something, as "rule wildcards…" strings."""
        log = self.folder / "logs/run_log.jsonl"
        log.unlink(missing_ok=True)
        self.snakemake(*arguments)
        return self.jobs_logged("made")

    def jobs_logged(self, outcome):
        log = self.folder / "logs/run_log.jsonl"
        lines = log.read_text().splitlines() if log.exists() else []
        rows = [json.loads(line) for line in lines]
        return {
            " ".join([row["rule"], *row["wildcards"].values()])
            for row in rows
            if row.get("outcome") == outcome
        }

    def configure(self, **sections):
        overlay = yaml.safe_load((self.folder / "mine.yaml").read_text()) | sections
        (self.folder / "mine.yaml").write_text(yaml.safe_dump(overlay))

    def set_gates(self, **gates):
        (self.folder / "gates.yaml").write_text(yaml.safe_dump(gates))

    def path(self, relative):
        return self.folder / relative

    def products(self):
        """SHA-256-free picture of all products: their bytes by path.

        What the last run added to an export is of that run, and no product.
        """
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for top in ("results", "reports")
            for path in sorted((self.folder / top).rglob("*"))
            if path.is_file() and path.name not in ("run.json", "run.log")
        }


def new_project(folder, repo):
    folder.mkdir(parents=True)
    for name in CODE:
        source = repo / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy2(source, folder / name)
    (folder / "mine.yaml").write_text(yaml.safe_dump(OVERLAY))
    (folder / "gates.yaml").write_text(yaml.safe_dump(GATES))
    return Project(folder)


@pytest.fixture(scope="session")
def repo():
    return REPO


def build(folder):
    """A project in which `all` has run."""
    project = new_project(folder, REPO)
    kits = REPO / "resources/demo/kits.yaml"
    write_corpus(project.path("raw"), kits, seed=7, n_performances=3)
    project.snakemake("all")


def copy_tree(source, folder):
    """A copy of a folder; what is one file by two names there is one file here."""
    copies = {}

    def copy(path, target):
        first = copies.setdefault(Path(path).stat().st_ino, target)
        shutil.copy2(path, target) if first is target else os.link(first, target)

    shutil.copytree(source, folder, symlinks=True, copy_function=copy)


def copy_of(source, folder):
    """A copy of a project in which all products are known, though their inodes are others."""
    copy_tree(source, folder)
    with contextlib.chdir(folder):
        remember_manifests()
    return Project(folder)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A project in which `all` has run, to look at; that of another worker is another copy."""
    source = built_once(tmp_path_factory, "built", build)
    return copy_of(source, tmp_path_factory.mktemp("workflow") / "built")


class Workspace:
    """A copy of a project for one test after the other: what a test did is undone.

    Only what differs is put back. Raw files are known by inode and time, which cannot be put back:
    where a test changed one, a new inventory settles the project.
    """

    def __init__(self, source: Path, folder: Path):
        self.project = copy_of(source, folder / "project")
        self.kept = folder / "kept"
        self._settle("all")  # Snakemake knows inputs beside the Snakefile by their whole paths

    def restored(self) -> Project:
        if self._put_back():
            self._settle("inventory")
        return self.project

    def _settle(self, target):
        self.project.snakemake(target)
        shutil.rmtree(self.kept, ignore_errors=True)
        copy_tree(self.project.folder, self.kept)
        self.names = defaultdict(list)
        for path in self.kept.rglob("*"):
            self.names[path.lstat().st_ino].append(path.relative_to(self.kept))
        self.stamps = self._stamps()

    def _stamps(self):
        stamps = {}
        for path in sorted(self.project.folder.rglob("*")):
            stat = path.lstat()
            is_folder = path.is_dir() and not path.is_symlink()
            times = () if is_folder else (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
            name = path.relative_to(self.project.folder).as_posix()
            stamps[name] = (stat.st_mode, stat.st_ino, *times)
        return stamps

    def _put_back(self):
        """Make the folder what it was; returns whether raw files had to be."""
        found = self._stamps()
        added = [name for name in found if name not in self.stamps]
        changed = [name for name in self.stamps if found.get(name) != self.stamps[name]]
        for name in sorted([*added, *changed], reverse=True):  # what a folder holds comes before it
            path = self.project.path(name)
            if path.is_dir() and not path.is_symlink():
                if name in added or not (self.kept / name).is_dir():
                    shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        for name in changed:
            self._restore(name)
        self.stamps = self._stamps()
        with contextlib.chdir(self.project.folder):
            remember_manifests()
        self.stamps = self._stamps()
        return any(name.startswith("raw/") for name in [*added, *changed])

    def _restore(self, name):
        kept, path = self.kept / name, self.project.path(name)
        if kept.is_dir() and not kept.is_symlink():
            path.mkdir(exist_ok=True)
            shutil.copystat(kept, path)
            return
        others = [self.project.path(other) for other in self.names[kept.lstat().st_ino]]
        standing = [other for other in others if other.exists()]
        if standing:
            os.link(standing[0], path)
        else:
            shutil.copy2(kept, path, follow_symlinks=False)


@pytest.fixture(scope="session")
def workspace(built, tmp_path_factory):
    return Workspace(built.folder, tmp_path_factory.mktemp("workspace"))


@pytest.fixture
def project(workspace):
    """The built project, settled, to do with as the test likes."""
    return workspace.restored()
