"""The suite is the same each time: workers of pytest-xdist must collect the same tests."""

import ast
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from checkout import REPO
from stated_ids import LONGEST, id_of

TESTS = REPO / "tests"


def start_collecting(hash_seed):
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
    return subprocess.Popen(command, cwd=REPO, env=environment, stdout=subprocess.PIPE, text=True)


def collected(process):
    said = process.communicate()[0]
    assert process.returncode == 0, said
    return [line for line in said.splitlines() if "::" in line]


@pytest.mark.long  # collects the suite twice
def test_the_names_of_tests_hold_neither_the_clock_nor_the_order_of_sets():
    first = start_collecting(hash_seed=1)
    time.sleep(1.1)  # a file that is written while tests are collected may hold the second
    second = start_collecting(hash_seed=2)
    names = collected(first)
    assert len(names) > 1000
    assert collected(second) == names
    assert [name for name in names if " at 0x" in name] == []


# --- ids that no test states


def named():
    """A function with a name."""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("kick", "kick"),
        (0.25, "0.25"),
        (None, "None"),
        (..., "..."),
        ([1, "a"], "[1,a]"),
        ((1, (2, 3)), "[1,[2,3]]"),
        ({"b", "a", "c"}, "{a,b,c}"),
        ({"level": None, "to": [1]}, "level=None,to=[1]"),
        (ValueError, "ValueError"),
        (named, "named"),
        ("x" * (LONGEST + 1), "x" * (LONGEST - 3) + "..."),
    ],
)
def test_an_id_is_made_of_what_is_written_in_the_test(value, text):
    assert id_of(value, "value") == text


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (b"RIFF", "a value of type bytes"),
        (bytearray(2), "a value of type bytearray"),
        (np.zeros(3), "a value of type ndarray"),
        (lambda: None, "a value of type function"),
        (object(), "a value of type object"),
        (ValueError("no"), "a value of type ValueError"),
        (TESTS, "a value of type PosixPath"),
        (str(TESTS), "a path in this checkout"),
        ("a\0b", "not all printable"),
        ("a\nb", "not all printable"),
        ([1, {"deep": (b"",)}], "a value of type bytes"),
        ({b"key": 1}, "a value of type bytes"),
    ],
    ids=[
        "bytes",
        "bytearray",
        "array",
        "lambda",
        "object",
        "exception",
        "path",
        "path as text",
        "NUL",
        "line break",
        "bytes in a list",
        "bytes as a key",
    ],
)
def test_what_nobody_can_read_or_repeat_is_no_id(value, what):
    with pytest.raises(ValueError, match=what) as caught:
        id_of(value, "sound")
    assert str(caught.value).startswith("`sound` of a parametrised test is ")
    assert "ids=[" in str(caught.value)


def collect(folder, source):
    (folder / "test_new.py").write_text(f"import pytest\n\n\n{source}\n")
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "conftest"]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", "--rootdir", folder, folder / "test_new.py"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(REPO / "src")])},
        capture_output=True,
        text=True,
    )


def test_a_test_whose_values_have_no_id_is_not_collected(tmp_path):
    source = '@pytest.mark.parametrize("data", [b"RIFF"{}])\ndef test_it(data):\n    pass'
    refused = collect(tmp_path, source.format(""))
    assert refused.returncode != 0
    assert "`data` of a parametrised test is a value of type bytes" in refused.stdout
    assert "Traceback" not in refused.stdout
    stated = collect(tmp_path, source.format('], ids=["head"'))
    assert "test_new.py::test_it[head]" in stated.stdout, stated.stdout


def test_a_fixture_whose_values_have_no_id_is_refused_too(tmp_path):
    source = (
        "@pytest.fixture(params=[lambda: 1])\ndef made(request):\n    return request.param\n\n\n"
        "def test_it(made):\n    pass"
    )
    assert "`made` of a parametrised test is a value of type function" in (
        collect(tmp_path, source).stdout
    )


# --- sound files


def writers_of_sound(tree):
    """Lines that write sound by another way than `tests/sounds.py`."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {each.asname or each.name: each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            head, _, rest = ast.unparse(node.func).partition(".")
            called = ".".join(filter(None, [names.get(head, head), rest]))
            given = [*node.args, *(each.value for each in node.keywords)]
            modes = {each.value for each in given if isinstance(each, ast.Constant)}
            opens = called in ("soundfile.SoundFile", "wave.open")
            is_writing = opens and modes & {"w", "wb", "w+", "r+", "x"}
            if is_writing or called in ("soundfile.write", "scipy.io.wavfile.write"):
                yield node.lineno


@pytest.mark.parametrize(
    "source",
    [
        "import soundfile; soundfile.write(p, x, 8000)",
        "import soundfile as sf; sf.write(p, x, 8000)",
        "from soundfile import write as put; put(p, x, 8000)",
        "import soundfile; soundfile.SoundFile(p, 'w', 8000, 1)",
        "from soundfile import SoundFile; SoundFile(p, mode='w')",
        "from scipy.io import wavfile; wavfile.write(p, 8000, x)",
        "import wave; wave.open(p, 'wb')",
    ],
)
def test_every_way_to_write_sound_is_seen(source):
    assert list(writers_of_sound(ast.parse(source))) == [1]


def test_every_test_writes_sound_by_the_helper():
    found = [
        f"{path.relative_to(REPO)}:{line}"
        for path in sorted(TESTS.rglob("*.py"))
        if path.name not in ("sounds.py", "test_sounds.py")
        for line in writers_of_sound(ast.parse(path.read_text()))
    ]
    assert found == [], "write it with write_sound or sound_bytes of tests/sounds.py"


def test_no_two_modules_of_tests_have_one_name():
    """Without packages among the tests, pytest takes the second for the first."""
    names = [path.name for path in (REPO / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
