"""The examples of docstrings: what they show is what comes out."""

import doctest
import importlib
import inspect

import pytest
from checkout import REPO

SOURCE = REPO / "src"
PATHS = sorted(p for p in (SOURCE / "drumcorpus").rglob("*.py") if ">>>" in p.read_text())
MODULES = [".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in PATHS]
FEWEST = 10  # public functions with examples, in the whole package


def examples(module):
    """The doctests of a module that hold at least one example."""
    return [test for test in doctest.DocTestFinder().find(module) if test.examples]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_show_what_comes_out(name):
    module = importlib.import_module(name)
    doctests, report = examples(module), []
    assert doctests, f"{name}: '>>>' stands in no docstring that doctest reads"
    runner = doctest.DocTestRunner(verbose=False)
    for test in doctests:
        runner.run(test, out=report.append)
    assert not runner.summarize(verbose=False).failed, "".join(report)


def test_public_functions_have_examples():
    modules = [importlib.import_module(name) for name in MODULES]
    functions = [
        f"{module.__name__}.{name}"
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
        if ">>>" in (function.__doc__ or "")
    ]
    assert len(functions) >= FEWEST, functions
