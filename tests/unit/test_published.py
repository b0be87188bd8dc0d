"""What others read of this project: version, authors and licence are stated once and agree."""

import json
import re
import shlex
import tomllib

import pytest
import yaml
from checkout import REPO

PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
CITATION = yaml.safe_load((REPO / "CITATION.cff").read_text())
ZENODO = json.loads((REPO / ".zenodo.json").read_text())
CONTAINER = (REPO / "Containerfile").read_text()
LICENCE = (REPO / "LICENSE").read_text()
AUTHORS = re.search(r"^Copyright \(c\) \d{4} (.+)$", LICENCE, re.MULTILINE)[1]
HEADINGS = re.findall(r"^## (.+)$", (REPO / "CHANGELOG.md").read_text(), re.MULTILINE)


def instructions():
    """(instruction, words) of the Containerfile, in order."""
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", CONTAINER, flags=re.MULTILINE)).splitlines()
    return [(line.split()[0], shlex.split(line)[1:]) for line in lines if line.strip()]


def test_citation_and_archive_say_what_the_package_says():
    assert CITATION["version"] == ZENODO["version"] == PROJECT["version"]
    assert CITATION["license"] == ZENODO["license"] == PROJECT["license"] == "MIT"
    assert CITATION["title"] == ZENODO["title"] == PROJECT["name"]
    assert CITATION["abstract"].split() == PROJECT["description"].split()
    assert ZENODO["description"] == PROJECT["description"]
    assert CITATION["keywords"] == ZENODO["keywords"]


def test_the_authors_are_those_of_the_licence():
    assert [author["name"] for author in CITATION["authors"]] == [AUTHORS]
    assert [creator["name"] for creator in ZENODO["creators"]] == [AUTHORS]


def test_what_is_required_of_a_citation_file_is_there():
    assert {"cff-version", "message", "title", "authors"} <= CITATION.keys()
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] == "software"


def test_the_changelog_has_one_unreleased_part_and_then_releases_down_to_nothing():
    assert re.fullmatch(r"\d+\.\d+\.\d+", PROJECT["version"])
    assert HEADINGS[0] == "Unreleased"
    releases = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?: .*)?", name) for name in HEADINGS[1:]]
    assert all(releases)
    numbers = [tuple(map(int, release.groups())) for release in releases]
    assert numbers == sorted(set(numbers), reverse=True)
    # The version that a tag will have is that of the next release, or of the last one.
    here = tuple(map(int, PROJECT["version"].split(".")))
    assert not numbers or here >= numbers[0]


def test_what_the_container_copies_is_there():
    copied = [words[:-1] for name, words in instructions() if name == "COPY"]
    sources = [source for words in copied for source in words]
    assert [source for source in sources if not (REPO / source).exists()] == []
    built_from = {"src", "workflow", "config", "resources", "Snakefile", "setup.py"}
    described_by = {"pyproject.toml", "LICENSE", "README.md", "requirements.lock"}
    assert built_from | described_by <= set(sources)


def test_the_container_installs_the_lock_by_hash_and_then_the_package_alone():
    installed = [words for name, words in instructions() if name == "RUN"]
    assert [{"--require-hashes", "requirements.lock"} <= set(words) for words in installed] == [
        True,
        False,
    ]
    assert {"--no-deps", "--no-build-isolation", "."} <= set(installed[1])
    # Without isolation the package is built by what the lock has.
    assert re.search(r"^setuptools==", (REPO / "requirements.lock").read_text(), re.MULTILINE)


def test_the_container_has_a_python_that_the_package_takes():
    (image,) = [words[0] for name, words in instructions() if name == "FROM"]
    python = tuple(map(int, re.search(r":(\d+)\.(\d+)", image).groups()))
    least = tuple(map(int, re.search(r"(\d+)\.(\d+)", PROJECT["requires-python"]).groups()))
    assert python >= least
    assert instructions()[-2] == ("ENTRYPOINT", ["[drumcorpus]"])
    assert PROJECT["scripts"]["drumcorpus"] == "drumcorpus.__main__:main"


@pytest.mark.parametrize("left_out", [".git", ".venv", "results", "data"])
def test_no_product_and_no_environment_goes_into_the_image(left_out):
    assert left_out in (REPO / ".containerignore").read_text().splitlines()


def test_the_workflow_catalogue_finds_what_it_looks_for():
    usage = yaml.safe_load((REPO / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["software-stack-deployment"]["conda"] is False
    assert usage["report"] is True
    assert (REPO / "config/README.md").is_file()
    links = re.findall(r"\]\(([^)]+)\)", (REPO / "config/README.md").read_text())
    assert links
    assert [link for link in links if not (REPO / "config" / link).exists()] == []
