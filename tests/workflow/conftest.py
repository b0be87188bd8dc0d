"""A checkout with a small corpus, built once by the real snakemake and put back for each test."""

import contextlib
import os
import shutil
from collections import defaultdict
from pathlib import Path

import pytest
from checkout import REPO
from shared_builds import built_once
from small_project import (  # noqa: F401 (test modules take some of them from here)
    GATES,
    OVERLAY,
    Project,
    build,
    copy_of,
    copy_tree,
    new_project,
    write_raw_data,
)

from drumcorpus.ground.run.state import remember_manifests


@pytest.fixture(scope="session")
def repo():
    return REPO


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A project in which `all` has run, to look at; that of another worker is another copy."""
    source = built_once(tmp_path_factory, "built", build)
    return copy_of(source, tmp_path_factory.mktemp("workflow") / "built")


@pytest.fixture(scope="module")
def unmade(tmp_path_factory):
    """A project with raw data, of which nothing is made."""
    project = new_project(tmp_path_factory.mktemp("unmade") / "project", REPO)
    write_raw_data(project)
    return project


class Workspace:
    """A copy of a project for one test after the other: what a test did is undone.

    Only what differs is put back. Raw files are known by inode and time, which cannot be put back:
    where a test changed one, a new inventory settles the project.
    """

    def __init__(self, source: Path, folder: Path):
        self.project = copy_of(source, folder / "project")
        self.kept = folder / "kept"
        self._settle()

    def restored(self) -> Project:
        if self._put_back():
            self._settle()
        return self.project

    def _settle(self):
        self.project.snakemake("inventory")
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
