"""What a plan asks Snakemake once instead of for every job: with Snakemake's own answers.

Each is held against Snakemake as it is installed: where a later one answers otherwise, these fail.
"""

import inspect
import itertools
import subprocess
import sys
from functools import partial
from types import SimpleNamespace
from typing import ClassVar

import pytest
import snakemake.api  # before snakemake.dag, which it goes round with
from snakemake.common import (
    get_function_params,
    get_input_function_aux_params,
    overwrite_function_params,
)
from snakemake.exceptions import ChildIOException
from snakemake.io import IOFile, _IOFile, ancient, directory, flag, temp
from snakemake.persistence import MetadataRecord, PersistenceBase
from snakemake.persistence.file import FilePersistence
from snakemake.resources import Resource

from drumcorpus.ground.run.quick_plan import (
    ImportsWhenUsed,
    LooksAtScriptsOnce,
    ReadsRecordsOnce,
    finds_nested_outputs_quickly,
    is_storage,
    remember_parameters,
    what_is_lacking,
)

DAG, ScriptProcessor = snakemake.dag.DAG, snakemake.dag.ScriptProcessor


class Opens:
    """As Snakemake's processor: it opens the script of each job."""

    def __init__(self, dag):
        self.dag, self.opened = dag, []

    def process_job(self, job):
        if job.rule.script == "gone.py":
            raise FileNotFoundError("gone.py")
        self.opened.append((job.rule.script, job.rule.snakefile))


class OpensOnce(LooksAtScriptsOnce, Opens):
    """As the workflow has it."""


def job_of(script, snakefile="rules/a.smk"):
    return SimpleNamespace(rule=SimpleNamespace(script=script, snakefile=snakefile))


def test_a_script_is_opened_once_and_one_that_depends_on_the_job_for_each():
    processor = OpensOnce("dag")
    for script in ("one.py", "one.py", "{wildcards.name}.py", "{wildcards.name}.py", "two.py"):
        processor.process_job(job_of(script))
    processor.process_job(job_of("one.py", "rules/b.smk"))
    assert processor.dag == "dag"
    assert processor.opened == [
        *(("one.py", "rules/a.smk"), ("{wildcards.name}.py", "rules/a.smk")),
        *(("{wildcards.name}.py", "rules/a.smk"), ("two.py", "rules/a.smk")),
        ("one.py", "rules/b.smk"),
    ]


def test_a_script_that_is_gone_is_an_error_at_every_job():
    processor = OpensOnce("dag")
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            processor.process_job(job_of("gone.py"))


def test_snakemake_makes_its_processors_of_a_dag_and_asks_them_job_by_job():
    assert list(inspect.signature(ScriptProcessor.__init__).parameters) == ["self", "dag"]
    assert list(inspect.signature(ScriptProcessor.process_job).parameters) == ["self", "job"]


class Records(ReadsRecordsOnce, FilePersistence):
    """As the workflow has it, with what was read before."""

    read: ClassVar = {"results/a": "was read", "results/none": None}


def test_records_are_read_once_and_forgotten_where_one_is_written(tmp_path):
    path = tmp_path / ".snakemake"
    alone, records = FilePersistence(path=path), Records(path=path)
    alone._write_record("results/b", MetadataRecord(rule="made", params=["1"]))
    assert records._read_record("results/a") == "was read"
    assert records._read_record("results/none") is None
    for _ in range(2):
        assert records._read_record("results/b") == alone._read_record("results/b")
        assert records._read_record("results/b").rule == "made"
        assert records._read_record("results/c") is None
    alone._write_record("results/c", MetadataRecord(rule="later"))
    assert records._read_record("results/c") is None
    records._clear_cache()
    assert records._read_record("results/c").rule == "later"
    assert records._read_record("results/a") is None
    assert Records.read == {"results/a": "was read", "results/none": None}


def test_snakemake_reads_and_forgets_its_records_by_these_names():
    metadata = inspect.getsource(FilePersistence.metadata)
    assert "self._read_record(self._get_key(target))" in metadata
    for name in ("started", "finished", "deactivate_cache", "cleanup_metadata"):
        source = inspect.getsource(getattr(FilePersistence, name))
        assert "self._clear_cache()" in source, name
    assert snakemake.workflow.FilePersistence is FilePersistence


FILES = {
    "plain": IOFile("a/b.txt"),
    "same": IOFile("a/b.txt"),
    "other": IOFile("a/c.txt"),
    "temp": IOFile(temp("a/b.txt")),
    "folder": IOFile(directory("a/b.txt/")),
    "ancient": IOFile(ancient("a/c.txt")),
    "pattern": IOFile("a/{name}.txt"),
    "made": IOFile("a/{name}.txt").apply_wildcards({"name": "b"}),
    "text": "a/b.txt",
    "other-text": "a/c.txt",
    "none": None,
    "number": 3,
}


PAIRS = list(itertools.product(FILES, FILES))


@pytest.mark.parametrize("one, other", PAIRS, ids=map(" and ".join, PAIRS))
def test_files_are_equal_by_their_text(one, other):
    one, other = FILES[one], FILES[other]
    if isinstance(one, _IOFile):
        equal = str.__eq__(one, other)
        assert (False if equal is NotImplemented else equal) == _IOFile.__eq__(one, other)
        assert str.__hash__(one) == _IOFile.__hash__(one) == hash(str(one))


STORED = flag("a/b.txt", "storage_object", SimpleNamespace(_iofile=None))
NO_LONGER = flag("a/b.txt", "storage_object", None)


@pytest.mark.parametrize(
    "file, wanted",
    [
        (FILES["plain"], False),
        (FILES["temp"], False),
        (FILES["made"], False),
        (IOFile(STORED), True),
        (IOFile(NO_LONGER), False),
        (IOFile(lambda wildcards: "a"), False),
    ],
    ids=["plain", "temp", "made", "stored", "no-longer", "function"],
)
def test_whether_a_file_lies_in_a_storage(file, wanted):
    assert is_storage(file) is wanted
    assert file.is_storage is wanted


@pytest.mark.parametrize(
    "outputs, is_refused",
    [
        ([["a/b"], ["a/c", "d"]], False),
        ([["a"], ["a/b"]], True),
        ([["a"], ["c"], ["a/b/c/d"]], True),
        ([["a", "a/b"]], False),
        ([["a"], ["a.txt"], ["ab/c"]], False),
        ([["/x/a"], ["/x/a/b"]], True),
        ([], False),
    ],
    ids=["beside", "in", "far-in", "its-own", "by-name", "absolute", "none"],
)
def test_a_product_in_a_folder_that_is_a_product_is_refused_as_snakemake_refuses_it(
    outputs, is_refused, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)

    class Job:
        def __init__(self, number, paths):
            self.number, self.output = number, paths
            self.rule = SimpleNamespace(
                name=str(number), lineno=1, snakefile="Snakefile", workflow=None
            )

        def __lt__(self, other):
            return self.number < other.number

        def __str__(self):
            return str(self.number)

    dag = SimpleNamespace(jobs=[Job(*pair) for pair in enumerate(outputs)])
    for check in (
        DAG.check_directory_outputs,
        finds_nested_outputs_quickly(DAG.check_directory_outputs),
    ):
        if is_refused:
            with pytest.raises(ChildIOException):
                check(dag)
        else:
            check(dag)


def test_where_no_product_is_a_folder_of_another_snakemake_does_not_compare_them():
    def compares(dag):
        raise AssertionError("compared")

    check = finds_nested_outputs_quickly(compares)
    check(SimpleNamespace(jobs=[SimpleNamespace(output=["a/b", "a/c"])]))
    with pytest.raises(AssertionError, match="compared"):
        check(SimpleNamespace(jobs=[SimpleNamespace(output=["a/b", "a/b/c"])]))


AUX = {"input": 1, "output": 2, "attempt": 3}


@pytest.mark.parametrize(
    "make",
    [
        lambda: lambda wildcards: 0,
        lambda: lambda wildcards, input: 0,
        lambda: lambda wildcards, input, attempt: 0,
        lambda: lambda *args, **kwargs: 0,
        lambda: lambda wildcards, step=1: 0,
    ],
    ids=["wildcards", "input", "attempt", "all", "default"],
)
def test_parameters_that_are_remembered_are_those_that_snakemake_finds(make):
    function, remembered = make(), make()
    remember_parameters([remembered, None, 3, "text", partial(function)], overwrite_function_params)
    assert dict(get_function_params(remembered)) == dict(get_function_params(function))
    assert get_input_function_aux_params(remembered, AUX) == get_input_function_aux_params(
        function, AUX
    )


def test_a_resource_is_evaluated_with_what_its_function_takes(monkeypatch):
    def evaluated():
        resource = Resource("mem_mb", lambda wildcards, input, attempt: input * attempt)
        more = get_input_function_aux_params(resource.evaluate, AUX)
        return resource.evaluate("wildcards", **more).value

    monkeypatch.setattr(Resource.evaluate, "_overwrite_params", {}, raising=False)
    monkeypatch.delattr(Resource.evaluate, "_overwrite_params")
    assert evaluated() == 3
    remember_parameters([Resource.evaluate], overwrite_function_params)
    try:
        assert evaluated() == 3
    finally:
        del Resource.evaluate._overwrite_params


def test_a_library_is_imported_when_something_of_it_is_used(tmp_path):
    (tmp_path / "library.py").write_text("print('imported')\nWORD = 'word'\n")
    (tmp_path / "names.py").write_text("import library\n")
    lines = [
        "import sys",
        "from drumcorpus.ground.run.quick_plan import ImportsWhenUsed",
        "sys.meta_path.insert(0, ImportsWhenUsed('library'))",
        "sys.path.insert(0, sys.argv[1])",
        "import names",
        "print('named')",
        "print(names.library.WORD)",
        "import json, library",
        "print(library.WORD, json.dumps(1))",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n") == ["named", "imported", "word", "word 1", ""]


def test_a_library_that_is_not_there_is_not_found():
    assert ImportsWhenUsed("no_such_library").find_spec("no_such_library") is None
    assert ImportsWhenUsed("no_such_library").find_spec("json") is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        1,
        0.5,
        True,
        "text",
        [1, "a"],
        (1,),
        {"a": [1]},
        {1},
        b"x",
        object(),
        LooksAtScriptsOnce,
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_parameter_is_recorded_as_snakemake_records_it(value, tmp_path):
    alone, records = (kind(path=tmp_path) for kind in (FilePersistence, Records))
    assert records._serialize_param(value) == alone._serialize_param(value)


def test_the_snakemake_that_is_installed_lacks_nothing():
    assert what_is_lacking() == []


def test_another_snakemake_is_known_by_what_it_lacks(monkeypatch):
    monkeypatch.delattr(FilePersistence, "_clear_cache")
    monkeypatch.delattr(PersistenceBase, "_clear_cache")
    monkeypatch.setattr(ScriptProcessor, "process_job", lambda self, job, more: None)
    monkeypatch.setattr(snakemake.common, "overwrite_function_params", "no function")
    assert what_is_lacking() == [
        "snakemake.common.overwrite_function_params",
        "snakemake.dag.ScriptProcessor.process_job",
        "snakemake.workflow.FilePersistence._clear_cache",
    ]
    assert what_is_lacking({"snakemake.no_such_module": {"Name": None}}) == [
        "snakemake.no_such_module.Name"
    ]
