"""A checkout with a small corpus, built once by the real snakemake and copied for each test."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from drumcorpus.demo.groove_mididataset import write_corpus

CODE = ("Snakefile", "profiles", "workflow", "src", "resources", "config", "environment.yml")
# Small clips and few performances: what is tested is what runs again, not what comes out.
OVERLAY = {
    "use": ["groove_mididataset"],
    "source_sets": {"groove_mididataset": {"roots": ["raw"], "shards": 2}},
    "manifests": {"prod_combined": {"source_sets": ["groove_mididataset"], "gates": "gates.yaml"}},
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
        """SHA-256-free picture of all products: their bytes by path."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for top in ("results", "reports")
            for path in sorted((self.folder / top).rglob("*"))
            if path.is_file()
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
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def built(tmp_path_factory, repo):
    """A project in which `all` has run."""
    project = new_project(tmp_path_factory.mktemp("workflow") / "built", repo)
    kits = repo / "resources/demo/kits.yaml"
    write_corpus(project.path("raw"), kits, seed=7, n_performances=3)
    project.snakemake("all")
    return project


@pytest.fixture
def project(built, tmp_path):
    """A copy of the built project; its raw files have new stamps, so it is settled once."""
    folder = tmp_path / "project"
    shutil.copytree(built.folder, folder, symlinks=True)
    copy = Project(folder)
    copy.snakemake("all")
    return copy
