"""What a call of a warm Python says and does is what one says and does that is started for it."""

import os
import threading

import pytest
import warm_python
from checkout import REPO
from warm_python import run_python

ENVIRONMENT = os.environ | {"PYTHONPATH": str(REPO / "src"), "COLUMNS": "80"}
CALLS = {
    "help": ["-m", "drumcorpus", "--help"],
    "help-of-a-command": ["-m", "drumcorpus", "stamp", "--help"],
    "refused": ["-m", "drumcorpus", "trace", "none.wav"],
    "wrong": ["-m", "drumcorpus", "no-such-command"],
    "holds": ["-m", "drumcorpus", "stamp", "file.txt"],
    "snakemake": ["-m", "snakemake", "--version"],
    "snakemake-refuses": ["-m", "snakemake", "--cores", "none"],
}


@pytest.fixture
def warm(monkeypatch):
    """Every call is one of a warm Python."""
    monkeypatch.setattr(warm_python, "_started", set(warm_python.LIBRARIES))

    def start(*_):
        raise AssertionError("Python was started")

    monkeypatch.setattr(warm_python, "_start_python", start)


def run_in(folder, arguments, **options):
    """(exit status, standard output, standard error, files) of a call in a new folder."""
    folder.mkdir()
    (folder / "file.txt").write_text("a")
    done = run_python(arguments, folder, ENVIRONMENT, **options)
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return done.returncode, done.stdout, done.stderr, files


@pytest.mark.parametrize("one_stream", [False, True], ids=["two-streams", "one-stream"])
@pytest.mark.parametrize("name", CALLS)
def test_it_says_and_writes_the_same(tmp_path, name, one_stream):
    said = []
    for number, anew in enumerate([True, False, False]):
        options = {"one_stream": one_stream, "anew": anew}
        said.append(run_in(tmp_path / str(number), CALLS[name], **options))
    assert said[0] == said[1] == said[2]
    assert (said[0][2] is None) is one_stream


def test_each_call_has_its_own_environment_and_folder(tmp_path, warm):
    wide, narrow = (
        run_python(CALLS["help"], tmp_path, ENVIRONMENT | {"COLUMNS": columns}).stdout
        for columns in ("100", "50")
    )
    assert max(map(len, narrow.splitlines())) < max(map(len, wide.splitlines()))
    (tmp_path / "file.txt").write_text("a")
    assert run_python(CALLS["holds"], tmp_path, ENVIRONMENT).returncode == 0
    assert (tmp_path / "file.txt.manifest.json").is_file()


def test_its_modules_are_those_of_the_folder_that_is_named(tmp_path, warm):
    package = tmp_path / "src/drumcorpus"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("WORD = 'another'\n")
    main = "import drumcorpus, sys\nprint(drumcorpus.WORD, sys.argv[1:])\nsys.exit(7)\n"
    (package / "__main__.py").write_text(main)
    environment = ENVIRONMENT | {"PYTHONPATH": str(tmp_path / "src")}
    done = run_python(["-m", "drumcorpus", "a", "b"], tmp_path, environment)
    assert (done.returncode, done.stdout, done.stderr) == (7, "another ['a', 'b']\n", "")
    (package / "__main__.py").write_text("import os\nos.kill(os.getpid(), 9)\n")
    assert run_python(["-m", "drumcorpus"], tmp_path, environment).returncode == -9
    (package / "__main__.py").write_text("1 / 0\n")
    done = run_python(["-m", "drumcorpus"], tmp_path, environment)
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback") and "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize(
    "reason",
    ["first", "anew", "PYTHONUTF8", "TMPDIR", "other-module", "site"],
)
def test_python_is_started_where_a_warm_one_would_differ(tmp_path, warm, monkeypatch, reason):
    arguments, environment, options = CALLS["help"], dict(ENVIRONMENT), {}
    if reason == "first":
        monkeypatch.setattr(warm_python, "_started", set())
    elif reason == "anew":
        options = {"anew": True}
    elif reason in ("PYTHONUTF8", "TMPDIR"):
        environment[reason] = str(tmp_path)
    elif reason == "other-module":
        arguments = ["-c", "print(1)"]
    else:
        (tmp_path / "sitecustomize.py").write_text("")
        environment["PYTHONPATH"] += f"{os.pathsep}{tmp_path}"
    with pytest.raises(AssertionError, match="Python was started"):
        run_python(arguments, tmp_path, environment, **options)


def test_calls_at_once_do_not_wait_for_one_another(tmp_path, monkeypatch):
    monkeypatch.setattr(warm_python, "_started", set(warm_python.LIBRARIES))
    both = threading.Barrier(2, timeout=60)
    plain = warm_python._start_python

    def start(*call):
        both.wait()
        return plain(*call)

    monkeypatch.setattr(warm_python, "_start_python", start)
    warm = warm_python._warm("drumcorpus")
    monkeypatch.setattr(warm, "call", lambda **_: both.wait() and 0)
    others = [
        threading.Thread(target=run_python, args=(CALLS["help"], tmp_path, ENVIRONMENT))
        for _ in range(2)
    ]
    for thread in others:
        thread.start()
    for thread in others:
        thread.join()
    assert not both.broken
