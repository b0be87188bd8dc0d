"""Versions of the libraries that a job reaches."""

import importlib.metadata

import numpy
import pytest
import soundfile

from drumcorpus.ground.run.code_digest import describe_code, reached_libraries
from drumcorpus.ground.run.software import software_versions


def test_python_itself_is_no_library():
    assert software_versions(["os", "json", "dataclasses"]) == {}


def test_a_library_stands_with_its_version():
    assert software_versions(["numpy"]) == {"numpy": numpy.__version__}


def test_a_library_stands_by_the_name_of_its_distribution():
    assert list(software_versions(["yaml", "orjson"])) == ["orjson", "pyyaml"]


def test_the_decoder_below_soundfile_has_a_version_of_its_own():
    versions = software_versions(["soundfile"])
    assert versions["libsndfile"] == soundfile.__libsndfile_version__
    assert versions["soundfile"] == importlib.metadata.version("soundfile")


def test_what_a_library_computes_with_counts():
    assert {"libsndfile", "numpy", "soundfile"} == set(software_versions(["soundfile"]))
    assert {"mir-eval", "numpy", "scipy"} == set(software_versions(["mir_eval"]))


def test_a_library_that_is_not_installed_is_named():
    with pytest.raises(ValueError, match="the library nosuchlibrary is imported and not installed"):
        software_versions(["nosuchlibrary"])


@pytest.fixture
def package(tmp_path):
    (tmp_path / "drumcorpus/ground/run").mkdir(parents=True)
    (tmp_path / "drumcorpus/sound.py").write_text("import soxr\nfrom scipy.fft import rfft\n")
    (tmp_path / "drumcorpus/ground/run/job.py").write_text("import orjson\n")
    (tmp_path / "script.py").write_text(
        "from drumcorpus.ground.run.job import start\nfrom drumcorpus.sound import x\nimport json\n"
    )
    return tmp_path


def test_libraries_are_those_of_all_modules_reached_but_those_around_the_work(package):
    libraries = reached_libraries(package / "script.py", package / "drumcorpus")
    assert libraries - {"json"} == {"soxr", "scipy"}


def test_a_library_imported_within_a_function_counts(package):
    (package / "drumcorpus/sound.py").write_text("def late():\n    import duckdb\n")
    described = describe_code(package / "script.py", package / "drumcorpus")
    assert set(described["software"]) == {"duckdb"}


def test_an_upgrade_of_a_library_that_is_not_reached_changes_nothing(package, monkeypatch):
    before = describe_code(package / "script.py", package / "drumcorpus")
    assert "duckdb" not in before["software"]
    assert before["software"].keys() >= {"numpy", "scipy", "soxr"}
