"""What all tests share: where the checkout and the data beside it lie."""

import os
import shutil
import tempfile

import processes  # noqa: F401 (before what reads the environment)
import pytest
from checkout import REPO
from figures import figures, pytest_terminal_summary  # noqa: F401 (pytest finds them here)
from hypothesis import HealthCheck, settings
from stated_ids import id_of

from drumcorpus.ground.files.taxonomy_files import load_label_map, load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml

# librosa compiles some functions on first use into files; tests that run side by side keep their
# own, for two that write them at once can bring each other down.
NUMBA_CACHE = tempfile.mkdtemp(prefix="numba-")
os.environ["NUMBA_CACHE_DIR"] = NUMBA_CACHE

# On a busy machine everything takes longer: how long an example takes decides no test.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_unconfigure(config):
    """What librosa compiled goes with the process that it was compiled for."""
    shutil.rmtree(NUMBA_CACHE, ignore_errors=True)


def pytest_make_parametrize_id(config, val, argname):
    """The same id in every worker, at any time; what has none must state it."""
    try:
        return id_of(val, argname)
    except ValueError as error:
        raise pytest.Collector.CollectError(str(error)) from None


def pytest_collection_modifyitems(items):
    """The slow files first: the short ones then fill up what is left of each worker's time."""
    items.sort(key=lambda item: item.get_closest_marker("workflow") is None)


@pytest.fixture(scope="session")
def repo():
    """The checkout."""
    return REPO


@pytest.fixture(scope="session")
def shared(repo):
    """The folder of real data beside the checkout; tests that need it are skipped without it."""
    folder = repo.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder.name}/ is not beside the checkout")
    return folder


@pytest.fixture(scope="session")
def taxonomy(repo):
    """The committed vocabulary."""
    folder = repo / "resources" / "taxonomy"
    names = ("components", "techniques", "dynamics")
    return load_taxonomy(*(folder / f"{name}.yaml" for name in names))


@pytest.fixture(scope="session")
def td11(repo, taxonomy):
    """The note map of the Roland TD-11."""
    return load_label_map(repo / "resources/taxonomy/note_maps/roland_td11.yaml", taxonomy)


@pytest.fixture(scope="session")
def workflow_schema(repo):
    """A JSON Schema of the workflow by its short name, such as ``event``."""
    return lambda name: read_yaml(repo / "workflow" / "schemas" / f"{name}.schema.yaml")
