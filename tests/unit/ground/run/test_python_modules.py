"""What counts of a Python file, and that what is remembered of it is never of another file."""

import json

import pytest

from drumcorpus.ground.run import python_modules
from drumcorpus.ground.run.code_digest import Library, code_digest
from drumcorpus.ground.run.python_modules import PythonFiles, parse, shared_memory


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


class TestSharedMemory:
    def test_what_was_read_for_one_folder_is_not_parsed_for_another(self, file, tmp_path):
        first = PythonFiles(tmp_path / "a.json", tmp_path / "shared.json")
        read = first.read(file)
        first.share()
        second = PythonFiles(tmp_path / "b.json", tmp_path / "shared.json")
        assert second.read(file) == read
        assert second.n_parsed == 0
        assert not (tmp_path / "a.json").exists()

    def test_an_edit_counts_though_size_and_times_are_as_before(self, file, tmp_path):
        first = PythonFiles(shared=tmp_path / "shared.json")
        first.read(file)
        first.share()
        file.write_text("import scipy\n")
        assert PythonFiles(shared=tmp_path / "shared.json").read(file).imports == ("scipy",)

    def test_the_memory_of_the_folder_goes_first(self, file, tmp_path):
        for place in ("own", "shared"):
            files = PythonFiles(tmp_path / f"{place}.json")
            files.read(file)
            files.save()
        (tmp_path / "shared.json").write_text("{")
        both = PythonFiles(tmp_path / "own.json", tmp_path / "shared.json")
        both.read(file)
        assert both.n_parsed == 0

    def test_what_others_have_read_stays_until_there_is_too_much_of_it(
        self, file, tmp_path, monkeypatch
    ):
        shared = tmp_path / "shared.json"

        def read_and_share(text):
            file.write_text(text)
            files = PythonFiles(tmp_path / "none.json", shared)
            files.read(file)
            files.share()
            return len(json.loads(shared.read_text())["files"])

        assert read_and_share("import numpy\n") == 1
        assert read_and_share("import scipy\n") == 2
        assert read_and_share("import scipy\n") == 2
        monkeypatch.setattr(python_modules, "MOST_SHARED", 2)
        assert read_and_share("import json\n") == 1

    @pytest.mark.parametrize(
        "damage",
        ["{", "[]", '{"parser": [], "files": {}}'],
        ids=["no-json", "a-list", "of-another-parser"],
    )
    def test_a_damaged_one_is_none_and_is_mended(self, file, tmp_path, damage):
        shared = tmp_path / "shared.json"
        shared.write_text(damage)
        files = PythonFiles(shared=shared)
        assert files.read(file).imports == ("numpy",)
        assert files.n_parsed == 1
        files.share()
        again = PythonFiles(shared=shared)
        again.read(file)
        assert again.n_parsed == 0

    def test_it_stands_beside_compiled_modules_and_not_where_python_writes_none(
        self, tmp_path, monkeypatch
    ):
        monkeypatch.setattr("sys.dont_write_bytecode", False)
        monkeypatch.setattr("sys.pycache_prefix", None)
        place = shared_memory(tmp_path / "package")
        assert place.parent == tmp_path / "package/__pycache__"
        assert place.name.startswith("python_files.") and place.suffix == ".json"
        monkeypatch.setattr("sys.pycache_prefix", str(tmp_path / "elsewhere"))
        assert shared_memory(tmp_path / "package").is_relative_to(tmp_path / "elsewhere")
        monkeypatch.setattr("sys.dont_write_bytecode", True)
        assert shared_memory(tmp_path / "package") is None

    def test_a_package_that_cannot_be_written_to_is_read_again(self, file, tmp_path):
        (tmp_path / "no_folder").write_text("")
        files = PythonFiles(shared=tmp_path / "no_folder/__pycache__/shared.json")
        files.read(file)
        files.share()
        assert {path.name for path in tmp_path.iterdir()} == {"module.py", "no_folder"}


def test_a_name_that_json_cannot_hold_is_read_and_not_remembered(tmp_path):
    path, memory = tmp_path / "module.py", tmp_path / "memory.json"
    path.write_text("NAME = 'drumcorpus.\\ud800'\n")
    files = PythonFiles(memory, tmp_path / "shared.json")
    assert files.read(path).imports == ("drumcorpus.\ud800",)
    files.save()
    files.share()
    assert not memory.exists()
    assert not (tmp_path / "shared.json").exists()


def test_a_memory_that_is_nested_too_deeply_is_none(tmp_path):
    path, memory = tmp_path / "module.py", tmp_path / "memory.json"
    path.write_text("import numpy\n")
    first = PythonFiles(memory)
    first.read(path)
    first.save()
    document = json.loads(memory.read_text()) | {"more": None}
    memory.write_text(json.dumps(document).replace("null", "[" * 400 + "]" * 400))
    second = PythonFiles(memory)
    assert second.read(path).imports == ("numpy",)
    assert second.n_parsed == 1
