"""Folders, roots and names as people have them, through the real make and snakemake."""

import os
import shutil
import subprocess
import sys

import pytest
import yaml
from conftest import new_project

from drumcorpus.demo.groove_mididataset import write_corpus

pytestmark = pytest.mark.workflow

# Of the demo one source set and no more: what is asked is where things lie.
SMALL = {
    "use": ["groove_mididataset"],
    "manifests": {"prod_combined": {"source_sets": ["groove_mididataset"]}},
    "demo": {"performances": 3},
}


def overlaid(below, above):
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return below | {key: overlaid(below.get(key), value) for key, value in above.items()}


@pytest.fixture
def checkout(tmp_path, repo):
    """A checkout whose demo is small, in which the environment counts as installed."""
    project = new_project(tmp_path / "a checkout", repo)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy2(repo / name, project.folder / name)
    project.path(".venv/bin").mkdir(parents=True)
    python = project.path(".venv/bin/python")
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    project.path(".venv/.installed").touch()
    path = project.path("config/config.yaml")
    config = overlaid(yaml.safe_load(path.read_text()), SMALL)
    config["manifests"] = SMALL["manifests"] | {
        "prod_combined": SMALL["manifests"]["prod_combined"]
        | {"gates": config["manifests"]["prod_combined"]["gates"]}
    }
    path.write_text(yaml.safe_dump(config))
    return project


def make(project, *arguments):
    done = subprocess.run(
        ["make", *arguments, "CORES=2"],
        cwd=project.folder,
        env={k: v for k, v in os.environ.items() if k != "MAKEFLAGS"} | project.environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    done.said = done.stdout
    return done


def own_data(project, root="own"):
    write_corpus(
        project.path(root), project.path("resources/demo/kits.yaml"), seed=8, n_performances=3
    )
    project.configure(source_sets={"groove_mididataset": {"roots": [root]}})


@pytest.mark.long
def test_after_the_demo_own_data_in_the_same_checkout_works(checkout):
    done = make(checkout, "run", "TARGET=inventory")
    assert done.returncode == 0, done.said
    assert checkout.path("demo/reports/inventory.html").is_file()
    assert not checkout.path("results").exists()
    own_data(checkout)
    done = make(checkout, "run", "TARGET=inventory", "CONFIG=mine.yaml")
    assert done.returncode == 0, done.said
    assert checkout.path("reports/inventory.html").is_file()
    assert make(checkout, "clean").returncode == 0
    assert not checkout.path("demo/results").exists()
    assert checkout.path("reports/inventory.html").is_file()


@pytest.mark.long
def test_own_data_in_the_folder_of_a_demo_do_not_miss_the_demo_s_files(checkout):
    checkout.run("-m", "snakemake", "--cores", "2", "--", "inventory")
    own_data(checkout)
    checkout.snakemake("inventory")
    listed = {path.name for path in checkout.path("own").rglob("*") if path.is_file()}
    assert len(listed) > 5
    shutil.rmtree(checkout.path("own") / "drummer1")  # but their own they do miss
    assert "are gone from own" in checkout.snakemake("inventory", check=False).said
