"""A checkout with a small corpus, which the real snakemake makes."""

import contextlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml
from checkout import REPO
from warm_python import run_python

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
        done = run_python(arguments, self.folder, self.environment(), one_stream=True)
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


def build(folder):
    """A project in which `all` has run."""
    project = new_project(folder, REPO)
    write_raw_data(project)
    project.snakemake("all")


def write_raw_data(project):
    """Write the small corpus: the same bytes each time."""
    kits = REPO / "resources/demo/kits.yaml"
    write_corpus(project.path("raw"), kits, seed=7, n_performances=3)


def copy_tree(source, folder):
    """A copy of a folder; what is one file by two names there is one file here."""
    copies = {}

    def copy(path, target):
        first = copies.setdefault(Path(path).stat().st_ino, target)
        shutil.copy2(path, target) if first is target else os.link(first, target)

    shutil.copytree(source, folder, symlinks=True, copy_function=copy)


def copy_of(source, folder):
    """A copy of a project in which all products are known, though their inodes are others.

    Its raw files are others too, by inode and time: the next run takes the inventory.
    """
    copy_tree(source, folder)
    _name_anew(folder / ".snakemake/metadata", source, folder)
    with contextlib.chdir(folder):
        remember_manifests()
    return Project(folder)


def _name_anew(records, was, now):
    """Have Snakemake's records name the copy: what lies beside the Snakefile has its whole path."""
    before, after = (f"{json.dumps(str(folder))[1:-1]}/" for folder in (was, now))
    for record in records.rglob("*"):
        if record.is_file():
            record.write_text(record.read_text().replace(before, after))
