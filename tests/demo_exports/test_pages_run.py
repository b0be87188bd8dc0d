"""The examples of the pages, run as they stand, one after the other, in the folder they name.

Those of README.md, docs/first_corpus.md and docs/load.md run in the demo's folder, those of an
export's own README.md in the export.
"""

import ast
import importlib.util
import os
import re
import shlex
import subprocess
import sys

import pytest
from checkout import REPO
from standing import DEMO, EXPORTS, NAMES, STANDING, run_python

pytestmark = [pytest.mark.loading, STANDING]


def code_of(page):
    """The Python of a page, in the order in which it stands there."""
    blocks = re.findall(r"^```python\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    assert blocks
    return "\n".join(blocks)


def skip_without(code):
    """Skip where a reader of others that the code imports is not installed."""
    for node in ast.walk(ast.parse(code)):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) else []
        for name in {name.partition(".")[0] for name in names}:
            if importlib.util.find_spec(name) is None:
                pytest.skip(f"{name} is not installed: make test-loading")


def test_load_it_of_the_readme_runs_on_the_demo():
    page = (REPO / "README.md").read_text()
    code = code_of(page[page.index("## Load it") :])
    shown = run_python(f"{code}\nprint(sample.sound.shape, sample.labels)", DEMO)
    assert re.fullmatch(r"\(441000,\) \['\w+'.*\]", shown.strip())


def test_a_first_corpus_is_read_as_its_page_reads_it():
    code = code_of((REPO / "docs/first_corpus.md").read_text())
    shown = run_python(
        f"{code}\nprint(type(clip).__name__, clip.sound.dtype, clip.sample_rate_hz)\n"
        "print(len(segments.sessions()), sample.sound.shape, sample.labels)",
        DEMO,
    )
    clip, segment = shown.splitlines()
    assert clip == "Sample float32 44100"
    assert re.fullmatch(r"\d+ \(441000,\) \['\w+'.*\]", segment)


def test_the_page_on_loading_runs_on_the_demo():
    code = code_of((REPO / "docs/load.md").read_text())
    skip_without(code)
    # What its remarks say beside the lines.
    for remark in ("# ((441000,), 44100)", "# (1000, 5)", "# (32, 12348), (32, 25)"):
        assert remark in code
    shown = run_python(
        f"{code}\nfirst = segments.split('train')[0]\n"
        "print(first.sound.shape, first.sample_rate_hz)\n"
        "print(first.frames(fps=100, class_map='classes_5').shape)\n"
        "print(tuple(batch['sound'].shape), tuple(batch['multi_hot'].shape))\n"
        "print(rate, row['audio']['bytes'][:4], sorted(row['notes'][0])[:2])",
        DEMO,
    )
    assert shown.splitlines()[-4:] == [
        "(441000,) 44100",
        "(1000, 5)",
        "(32, 12348) (32, 25)",
        "44100 b'fLaC' ['confidence', 'cymbal']",
    ]


@pytest.mark.parametrize("export", NAMES)
def test_the_examples_on_the_card_of_an_export_run_in_it(export):
    code = code_of((EXPORTS / export / "README.md").read_text())
    skip_without(code)
    run_python(code, EXPORTS / export)


def session_of(page):
    """(command, what it says) of each command of a page's terminal, in order."""
    (block,) = re.findall(r"^```console\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    parts = re.split(r"^\$ (.+)\n", block, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def says(shown, said):
    """Whether a command says what is shown; ``...`` stands for lines, and digests may differ."""
    stretches = [
        re.escape(re.sub(r"\b[0-9a-f]{12,64}\b", "", each))
        for each in re.split(r"^ *\.\.\.\n", shown, flags=re.MULTILINE)
    ]
    return re.fullmatch(r"(?:.*\n)*?".join(stretches), re.sub(r"\b[0-9a-f]{12,64}\b", "", said))


def test_the_way_from_a_clip_to_its_raw_files_and_back_is_as_the_page_has_it():
    folder = REPO
    for command, shown in session_of((REPO / "docs/provenance.md").read_text()):
        words = shlex.split(command)
        if words[0] == "cd":
            folder = (folder / words[1]).resolve()
            continue
        assert words[0] == "python"
        done = subprocess.run(
            [sys.executable, *words[1:]],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(REPO / "src")},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert says(shown, done.stdout), done.stdout


def test_what_a_page_shows_wrong_is_noticed():
    assert says("a\n...\nd 12\n", "a\nb\nc\nd 12\n")
    assert says("sha256 " + "ab" * 32 + "\n", "sha256 " + "cd" * 32 + "\n")
    assert not says("a\n...\nd 12\n", "a\nb\nd 13\n")
    assert not says("a\n", "a\nb\n")
