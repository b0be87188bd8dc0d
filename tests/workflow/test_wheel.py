"""The wheel alone, in an empty folder: it gives the products of the checkout, byte for byte."""

import os
import shutil
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import pytest
import yaml
from checkout import REPO
from small_project import GATES, OVERLAY, write_raw_data

pytestmark = [pytest.mark.workflow, pytest.mark.long]
CARRIED = ("Snakefile", "workflow", "config", "resources", "profiles")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """What a wheel of this checkout installs: a folder to import from."""
    folder = tmp_path_factory.mktemp("wheel")
    # Built from a copy: setuptools writes beside the sources.
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    for name in ("src", "workflow", "config", "resources"):
        shutil.copytree(REPO / name, source / name, ignore=ignored)
    for name in ("Snakefile", "setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy2(REPO / name, source / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "-w", folder, source], check=True)
    (wheel,) = folder.glob("drumcorpus-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


def test_the_wheel_carries_all_that_the_checkout_reads(installed):
    project = installed / "drumcorpus/project"
    for name in CARRIED:
        source = (REPO / name).resolve()
        if source.is_file():
            assert (project / name).read_bytes() == source.read_bytes()
        else:
            assert files_of(project / name) == files_of(source)
    own = files_of(installed / "drumcorpus")
    assert {n: c for n, c in own.items() if not n.startswith("project/")} == files_of(
        REPO / "src/drumcorpus"
    )
    (scripts,) = (path.read_text() for path in installed.glob("*.dist-info/entry_points.txt"))
    assert (installed / "snakemake_logger_plugin_drumcorpus/__init__.py").is_file()
    assert "drumcorpus = drumcorpus.__main__:main" in scripts


def made_with(folder, packages, *command):
    """Run in a folder with the code of `packages`; its products by path, and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(packages)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def products(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for top in ("results", "reports")
        for path in sorted((folder / top).rglob("*"))
        if path.is_file() and path.name not in ("run.json", "run.log")
    }


def test_the_wheel_makes_the_products_of_the_checkout(installed, tmp_path):
    config = yaml.safe_dump(OVERLAY)
    for name in ("wheel", "checkout"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "drumcorpus.yaml").write_text(config)
        (tmp_path / name / "gates.yaml").write_text(yaml.safe_dump(GATES))
        write_raw_data(SimpleNamespace(path=lambda relative, name=name: tmp_path / name / relative))
    said = made_with(tmp_path / "wheel", installed, "drumcorpus", "run", "--cores", "2")
    assert "Export prod_combined/clips: " in said
    snakemake = ["snakemake", "--snakefile", str(REPO / "Snakefile"), "--cores", "2"]
    snakemake += ["--configfile", "drumcorpus.yaml", "--", "all"]
    made_with(tmp_path / "checkout", REPO / "src", *snakemake)
    made = products(tmp_path / "wheel")
    assert made == products(tmp_path / "checkout")
    assert [name for name, content in made.items() if str(installed).encode() in content] == []
    # The line that stands for a run can be pasted, and finds nothing to do.
    line = made_with(tmp_path / "wheel", installed, "drumcorpus", "run", "--print-command")
    assert line.startswith(f"snakemake --snakefile {installed}/drumcorpus/project/Snakefile ")
    again = made_with(tmp_path / "wheel", installed, *line.split())
    assert "Nothing to be done" in again
    assert products(tmp_path / "wheel") == made
