"""What counts of a Python file, and that what is remembered of it is never of another file."""

import json

import pytest

from drumcorpus.ground.run.code_digest import Library, code_digest
from drumcorpus.ground.run.python_modules import PythonFiles, parse


def test_what_a_file_leads_to():
    source = b"""
import numpy as np
import drumcorpus.sessions
from scipy.fft import rfft
from . import near
from ..far import further
STYLE, MODULE, TEXT = "page.css", "drumcorpus.demo.egmd", "No file. No module"
"""
    file = parse(source, "x.py")
    assert file.imports == tuple(
        sorted(
            [
                *("numpy", "drumcorpus.sessions", "scipy.fft", "scipy.fft.rfft"),
                *(".", ".near", "..far", "..far.further", "drumcorpus.demo.egmd"),
            ]
        )
    )
    assert file.file_names == ("drumcorpus.demo.egmd", "page.css")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("import numpy\n")
    return path


class TestMemory:
    def test_what_was_read_is_not_parsed_again(self, file, tmp_path):
        first = PythonFiles(tmp_path / "memory.json")
        read = first.read(file)
        assert first.n_parsed == 1
        first.save()
        second = PythonFiles(tmp_path / "memory.json")
        assert second.read(file) == read
        assert second.n_parsed == 0

    def test_an_edit_counts_though_size_and_times_are_as_before(self, file, tmp_path):
        first = PythonFiles(tmp_path / "memory.json")
        assert first.read(file).imports == ("numpy",)
        first.save()
        file.write_text("import scipy\n")
        assert PythonFiles(tmp_path / "memory.json").read(file).imports == ("scipy",)

    @pytest.mark.parametrize(
        "damage",
        [
            lambda document: "{",
            lambda document: "[]",
            lambda document: json.dumps(document | {"parser": ["another"]}),
            lambda document: json.dumps(document | {"files": {"x": [1]}}),
            lambda document: json.dumps({"parser": document["parser"]}),
            lambda document: json.dumps(document | {"files": {"x": [1, [], []]}}),
            lambda document: json.dumps(document).replace("numpy", "scipy"),
        ],
        ids=[
            *("no JSON", "a list", "of another parser", "a short row", "no files"),
            *("a number for text", "edited"),
        ],
    )
    def test_a_memory_that_cannot_be_used_is_none(self, file, tmp_path, damage):
        memory = tmp_path / "memory.json"
        first = PythonFiles(memory)
        read = first.read(file)
        first.save()
        memory.write_text(damage(json.loads(memory.read_text())))
        second = PythonFiles(memory)
        assert second.read(file) == read
        assert second.n_parsed == 1

    def test_a_folder_in_the_place_of_the_memory_costs_a_second_and_no_more(self, file, tmp_path):
        (tmp_path / "memory.json").mkdir()
        files = PythonFiles(tmp_path / "memory.json")
        assert files.read(file).imports == ("numpy",)
        files.save()

    def test_files_that_were_not_read_are_forgotten(self, file, tmp_path):
        memory = tmp_path / "memory.json"
        for text in ("import numpy\n", "import scipy\n"):
            file.write_text(text)
            files = PythonFiles(memory)
            files.read(file)
            files.save()
        assert len(json.loads(memory.read_text())["files"]) == 1

    def test_a_digest_is_the_same_with_a_memory_and_without(self, repo, tmp_path):
        script = repo / "workflow/scripts/derive_weights.py"
        package = repo / "src/drumcorpus"
        for _ in range(2):
            library = Library(package, memory=tmp_path / "memory.json")
            assert library.describe_code(script)["digest"] == code_digest(script, package)
            library.remember()
