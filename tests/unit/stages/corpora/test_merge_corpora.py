"""Merging shards of JSON Lines: what is kept, in which order, and what is recorded of it."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st
from merge_model import merged, write_shard

from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.ground.run.sidecars import read_output
from drumcorpus.stages.corpora import merging, parts, runs
from drumcorpus.stages.corpora.merge import merge_corpora
from drumcorpus.stages.corpora.merging import MergeSettings, merge_settings


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def small(monkeypatch):
    """Runs, samples and parts so small that a few rows make many of them."""
    monkeypatch.setattr(runs, "RUN_BYTES", 60)
    monkeypatch.setattr(runs, "SAMPLED", 2)
    monkeypatch.setattr(merging, "PART_BYTES", 100)


def shards(*rows_of_each):
    """Write shards a.jsonl, b.jsonl and so on; their paths."""
    names = [f"{chr(ord('a') + number)}.jsonl" for number in range(len(rows_of_each))]
    return [str(write_shard(Path(n), rows)) for n, rows in zip(names, rows_of_each, strict=True)]


def names():
    """What lies in the present folder, in order."""
    return sorted(path.name for path in Path().iterdir())


def cell(sha, crf, **others):
    """A row of an encode grid."""
    return {"src_sha256": sha, "encoder": "x264", "preset": "slow", "crf": crf} | others


def earlier():
    """Merge other rows into out.jsonl; its bytes and those of its run manifest."""
    merge_corpora(shards([b'{"event_id": 0}'], []), "out.jsonl", natural_key="events")
    return standing()


def standing():
    return [Path(path).read_bytes() for path in ("out.jsonl", "out.jsonl.manifest.json")]


def lines(path="out.jsonl"):
    data = Path(path).read_bytes()
    assert data == b"" or data.endswith(b"\n")
    return data.split(b"\n")[:-1]


# --- what is kept


def test_rows_of_a_grid_are_kept_once_in_order_with_their_bytes():
    first = [
        b'{"crf": 23,"src_sha256":"b","encoder":"x264", "preset":"slow", "z":1.50}',
        cell("a", 30),
    ]
    second = [cell("a", 23, note="\u00e9"), cell("b", 23, z=1.5), cell("a", 30)]
    counters = merge_corpora(shards(first, second), "out.jsonl")
    assert lines() == [
        json.dumps(cell("a", 23, note="\u00e9")).encode(),
        json.dumps(cell("a", 30)).encode(),
        first[0],
    ]
    assert counters == {
        "rows_in": 5,
        "rows_out": 3,
        "duplicates": 2,
        "conflicts": 0,
        "unique_sources": 2,
        "inputs_seen": 2,
    }


def test_within_a_field_null_comes_first_then_truths_numbers_and_texts(small):
    values = ["b", 10, None, True, -1, "a", 9.5, False, "", 2**53 + 1, 2**53, "B", "\u00e9"]
    rows = [{"event_id": value} for value in values]
    merge_corpora(shards(rows[:6], rows[6:]), "out.jsonl", natural_key="events")
    assert [json.loads(line)["event_id"] for line in lines()] == [
        *(None, False, True, -1, 9.5, 10, 2**53, 2**53 + 1),
        *("", "B", "a", "b", "\u00e9"),
    ]


def test_the_first_of_the_inputs_counts_and_within_one_the_first_line(small):
    rows = [[{"event_id": "x", "from": f"{shard}{n}"} for n in range(3)] for shard in "ab"]
    paths = shards(*rows)
    said = []
    counters = merge_corpora(paths, "out.jsonl", natural_key="events", say=said.append)
    assert (counters["rows_out"], counters["conflicts"], counters["duplicates"]) == (1, 5, 0)
    assert json.loads(lines()[0])["from"] == "a0"
    assert sorted(said) == [
        f'{where}: event_id "x": other content than a.jsonl:1, which counts'
        for where in ("a.jsonl:2", "a.jsonl:3", "b.jsonl:1", "b.jsonl:2", "b.jsonl:3")
    ]
    merge_corpora(paths[::-1], "out.jsonl", natural_key="events")
    assert json.loads(lines()[0])["from"] == "b0"


def test_of_many_conflicts_twenty_are_shown_and_all_counted():
    rows = [{"event_id": n // 2, "n": n} for n in range(100)]
    said = []
    counters = merge_corpora(shards(rows, rows), "out.jsonl", natural_key="events", say=said.append)
    assert (counters["conflicts"], counters["duplicates"], len(said)) == (100, 50, 20)
    section = json.loads(Path("out.jsonl.manifest.json").read_text())["corpus"]
    assert section["conflicts_shown"] == said


def test_line_ends_of_windows_and_a_missing_last_one_change_no_row():
    Path("a.jsonl").write_bytes(b'{"event_id":"b"}\r\n{"event_id":"a"}\r\n')
    Path("b.jsonl").write_bytes(b'{"event_id":"c"}')
    merge_corpora(["a.jsonl", "b.jsonl"], "out.jsonl", natural_key="events")
    assert lines() == [b'{"event_id":"a"}', b'{"event_id":"b"}', b'{"event_id":"c"}']


def test_empty_shards_make_an_empty_corpus():
    counters = merge_corpora(shards([], []), "out.jsonl", natural_key="events")
    assert lines() == []
    assert set(counters.values()) == {0, 2}


KEYS = st.sampled_from(
    [None, False, True, 0, 1, 1.0, -0.5, 2**60 + 1, "", "a", "a\x00", "a\x01", "é"]
)
ROWS = st.builds(
    lambda a, b, c, is_spaced: json.dumps(
        {"a": a, "b": b} | ({} if c is None else {"c": c}),
        separators=(" , ", " : ") if is_spaced else (",", ":"),
    ).encode(),
    KEYS,
    KEYS,
    st.none() | st.integers(0, 1),
    st.booleans(),
)


@given(st.lists(st.lists(ROWS, max_size=12), min_size=2, max_size=4), st.sampled_from(["ab", "b"]))
def test_any_shards_are_merged_as_a_naive_merge_does(tmp_path_factory, rows, natural_key):
    folder = tmp_path_factory.getbasetemp() / "any_merge"
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    paths = shards(*rows)
    wanted, counted = merged(rows, list(natural_key))
    with pytest.MonkeyPatch.context() as patch:
        for sizes in ((1 << 20, 9, 1 << 20), (40, 2, 60), (1, 1, 1)):
            patch.setattr(runs, "RUN_BYTES", sizes[0])
            patch.setattr(runs, "SAMPLED", sizes[1])
            patch.setattr(merging, "PART_BYTES", sizes[2])
            patch.setattr(parts, "_NUMBER", parts.re.compile(b"(?!)"))
            counters = merge_corpora(paths, "out.jsonl", natural_key=list(natural_key))
            assert lines() == wanted
            assert counters == counted


def test_several_processes_write_the_same_bytes_and_say_the_same(monkeypatch):
    rows = [cell(f"{n * 7919 % 500:03d}", n % 3, n=n % 400) for n in range(6000)]
    paths = shards(rows[:2000], rows[1000:4500], rows[4000:])
    said, digests = [], set()
    for alone, workers in ((1 << 30, 2), (0, 1), (0, 2), (0, 3)):
        monkeypatch.setattr(merging, "ALONE_BYTES", alone)
        monkeypatch.setattr(merging, "PART_BYTES", 50_000)
        counters = merge_corpora(paths, "out.jsonl", processes=workers, say=said.append)
        wanted, counted = merged([lines(path) for path in paths], list(cell("", 0)))
        assert lines() == wanted
        assert counters == counted
        digests.add(hashlib.sha256(Path("out.jsonl.manifest.json").read_bytes()).hexdigest())
    assert len(digests) == 1
    assert said[:20] == said[20:40] == said[60:]
    shards_only = ["a.jsonl", "b.jsonl", "c.jsonl"]
    assert names() == [*shards_only, "out.jsonl", "out.jsonl.manifest.json"]


# --- what is refused, with the output as it was

GOOD = b'{"event_id": "a"}'
REFUSED = {
    "broken": (b'{"event_id": ', r"b\.jsonl:2: not JSON: "),
    "key twice": (
        b'{"event_id": "b", "event_id": "c"}',
        r"b\.jsonl:2: event_id: the key stands tw",
    ),
    "NaN": (b'{"event_id": "b", "x": NaN}', r"b\.jsonl:2: x: got NaN, which is no finite number"),
    "no key": (b'{"x": 2}', r"b\.jsonl:2: event_id: missing; every row must have x, event_id"),
    "not required": (b'{"event_id": "b"}', r"b\.jsonl:2: x: missing; every row must have x, eve"),
    "kind": (b'{"event_id": "b", "x": "1"}', r'b\.jsonl:2: x: got the text "1"; wanted: number'),
    "list": (b'{"event_id": ["b"], "x": 1}', r'b\.jsonl:2: event_id: got the list \["b"\], which'),
    "too long": (b'{"event_id": "' + b"b" * 10**6 + b'"}', r"b\.jsonl:2: 1,000,016 bytes in a row"),
}


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", REFUSED)
def test_a_row_that_is_not_right_is_named_and_the_output_stays(monkeypatch, name, workers):
    monkeypatch.setattr(merging, "ALONE_BYTES", 0)
    bad, words = REFUSED[name]
    good = b'{"event_id": "a", "x": 1}'
    stood = earlier()
    paths = shards([good], [good, bad], [b"broken too"])
    before = names()
    with pytest.raises(ValueError, match=rf"^{words}"):
        merge_corpora(
            paths,
            "out.jsonl",
            required_keys=["x:number"],
            natural_key="events",
            processes=workers,
        )
    assert standing() == stood
    assert names() == before


def test_a_missing_shard_is_an_error_before_anything_is_read(monkeypatch):
    paths = [*shards([b"broken"]), "absent.jsonl"]
    Path("out.jsonl").write_text("as it was")
    with pytest.raises(FileNotFoundError, match=r"absent\.jsonl"):
        merge_corpora(paths, "out.jsonl", natural_key="events")
    assert names() == ["a.jsonl", "out.jsonl"]


def test_shards_that_are_no_files_one_alone_or_named_twice_are_refused():
    (path,) = shards([GOOD])
    Path("folder").mkdir()
    Path("link.jsonl").symlink_to(path)
    for inputs, words in (
        ([path, "folder"], r"^folder: is a folder, where a file belongs"),
        ([path], r"^inputs: got 1 shard; wanted: 2 or more"),
        ([path, "./a.jsonl"], r"^inputs: a\.jsonl and \./a\.jsonl are one file; name it once"),
        ([path, "link.jsonl"], r"^inputs: a\.jsonl and link\.jsonl are one file"),
    ):
        with pytest.raises(ValueError, match=words):
            merge_corpora(inputs, "out.jsonl", natural_key="events")
    assert not Path("out.jsonl").exists()


def test_what_is_read_is_not_written_over():
    paths = shards([GOOD], [GOOD])
    for output, place in (("b.jsonl", None), ("out.jsonl", "a.jsonl"), ("out.jsonl", "out.jsonl")):
        with pytest.raises(ValueError, match=r"is an input, and would be|are one file"):
            merge_corpora(paths, output, natural_key="events", manifest_out=place)
    assert names() == ["a.jsonl", "b.jsonl"]


def test_conflicts_are_an_error_where_that_is_the_policy():
    rows = [{"event_id": n, "x": 1} for n in range(30)]
    others = [{"event_id": n, "x": 2} for n in range(30)]
    stood = earlier()
    paths = shards(rows, others)
    with pytest.raises(ValueError, match="30 rows in conflict") as caught:
        merge_corpora(paths, "out.jsonl", natural_key="events", duplicates="error")
    sentences = str(caught.value).splitlines()
    assert sentences[0] == "b.jsonl:1: event_id 0: other content than a.jsonl:1, which counts"
    assert sentences[20] == (
        "30 rows in conflict with one before them, 20 of them shown; take one of each out, or "
        "merge with duplicates: first"
    )
    assert standing() == stood
    paths = shards(rows, rows)
    equal = merge_corpora(paths, "out.jsonl", natural_key="events", duplicates="error")
    assert (equal["duplicates"], equal["conflicts"]) == (30, 0)


def test_a_number_as_text_is_refused_where_other_rows_have_a_number(small):
    rows = [cell("a", 23), cell("a", 24)], [cell("b", 23), cell("b", "23")]
    words = r"^b\.jsonl:2: crf: got the number 23 as a text, and in other rows it is a number"
    with pytest.raises(ValueError, match=words):
        merge_corpora(shards(*rows), "out.jsonl")
    # A preset of one encoder is a number, and that of another a word.
    presets = [cell("a", 23), cell("a", 23) | {"preset": 8}], [cell("b", 23)]
    assert merge_corpora(shards(*presets), "out.jsonl")["rows_out"] == 3
    # Names of digits alone are no numbers where no row has a number.
    digits = [{"event_id": "12"}], [{"event_id": "1e5"}]
    assert merge_corpora(shards(*digits), "out.jsonl", natural_key="events")["rows_out"] == 2


KILLED = """
import sys, time
from drumcorpus.stages.corpora import merging
whole = merging._gathered
def slow(output, results):
    answer = whole(output, results)
    print("written", flush=True)
    time.sleep(60)
    return answer
merging._gathered = slow
from drumcorpus.stages.corpora.merge import merge_corpora
merge_corpora(["a.jsonl", "b.jsonl"], "out.jsonl", natural_key="events")
"""


def test_a_kill_in_the_middle_leaves_the_output_and_the_next_merge_clears_up():
    stood = earlier()
    paths = shards([GOOD], [b'{"event_id": "b"}'])
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    assert standing() == stood
    assert Path(".out.jsonl.runs").is_dir()
    merge_corpora(paths, "out.jsonl", natural_key="events")
    assert lines() == [GOOD, b'{"event_id": "b"}']
    assert names() == ["a.jsonl", "b.jsonl", "out.jsonl", "out.jsonl.manifest.json"]


def test_a_worker_that_is_killed_is_told_and_the_output_stays(monkeypatch):
    from drumcorpus.stages.corpora import crew

    stood = earlier()
    monkeypatch.setattr(merging, "ALONE_BYTES", 0)
    start = crew._start

    def dying():
        worker = start()
        worker.kill()
        return worker

    monkeypatch.setattr(crew, "_start", dying)
    with pytest.raises(ValueError, match=r"ended from outside, .*; run it again with fewer"):
        merge_corpora(shards([GOOD], [GOOD]), "out.jsonl", natural_key="events", processes=2)
    assert standing() == stood


def test_workers_end_with_the_process_that_started_them():
    code = (
        "from drumcorpus.stages.corpora.crew import Crew; import time, sys\n"
        "crew = Crew(2); print(*[worker.pid for worker in crew._workers], flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        pids = process.stdout.readline().split()
        process.kill()
    assert len(pids) == 2
    for _ in range(200):
        alive = [pid for pid in pids if is_running(pid.decode())]
        if not alive:
            break
        time.sleep(0.05)
    assert alive == []


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


# --- the run manifest


def test_the_run_manifest_says_what_was_asked_read_and_counted():
    paths = shards([cell("a", 1, x=1)], [cell("a", 1, x=2), cell("b", 1, x=1)])
    merge_corpora(paths, "out.jsonl", required_keys=["x:number"])
    manifest = json.loads(Path("out.jsonl.manifest.json").read_text())
    schema = yaml.safe_load((REPO / "workflow/schemas/run_manifest.schema.yaml").read_text())
    assert document_problems(manifest, schema) == []
    recorded, record = read_output("out.jsonl", "out.jsonl")
    assert recorded == manifest
    output = Path("out.jsonl").read_bytes()
    assert record == {
        "name": "corpus",
        "path": "out.jsonl",
        "sha256": hashlib.sha256(output).hexdigest(),
        "bytes": len(output),
        "rows": 2,
    }
    digests = [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in paths]
    grid = ["src_sha256", "encoder", "preset", "crf"]
    command = ["python", "-m", "drumcorpus", "merge", "--inputs", "a.jsonl", "b.jsonl"]
    command += ["--output", "out.jsonl", "--required-keys", "x:number", *grid]
    assert manifest["corpus"] == {
        "kind": "merge",
        "input_shards": [
            {"path": "a.jsonl", "sha256": digests[0], "rows": 1},
            {"path": "b.jsonl", "sha256": digests[1], "rows": 2},
        ],
        "arguments": {
            "given": {
                "inputs": ["a.jsonl", "b.jsonl"],
                "output": "out.jsonl",
                "required_keys": ["x:number"],
            },
            "complete": {
                "inputs": ["a.jsonl", "b.jsonl"],
                "output": "out.jsonl",
                "required_keys": ["x:number", *grid],
                "natural_key": grid,
                "duplicates": "first",
            },
        },
        "output_paths": ["out.jsonl", "out.jsonl.manifest.json"],
        "required_keys": ["x:number", *grid],
        "natural_key": grid,
        "duplicates": "first",
        "conflicts_shown": [
            'b.jsonl:1: src_sha256 "a", encoder "x264", preset "slow", crf 1: other content than '
            "a.jsonl:1, which counts"
        ],
        "scale_conversions": [],
        "source_overrides": {},
        "command_line": [*command, "--natural-key", *grid, "--duplicates", "first"],
    }
    assert manifest["counters"] == {
        "rows_in": 3,
        "rows_out": 2,
        "duplicates": 0,
        "conflicts": 1,
        "unique_sources": 2,
        "inputs_seen": 2,
    }
    assert [(row["name"], row["path"], row["kind"], row["rows"]) for row in manifest["inputs"]] == [
        ("shards", "a.jsonl", "external", 1),
        ("shards", "b.jsonl", "external", 2),
    ]


def test_a_run_again_gives_the_same_bytes_of_both_files():
    paths = shards([cell("b", 1), cell("a", 2)], [cell("c", 1)])
    merge_corpora(paths, "out.jsonl")
    before = [Path(path).read_bytes() for path in ("out.jsonl", "out.jsonl.manifest.json")]
    merge_corpora(paths, "out.jsonl")
    assert [Path(path).read_bytes() for path in ("out.jsonl", "out.jsonl.manifest.json")] == before


def test_the_run_manifest_stands_where_it_is_asked_for_and_names_no_place_of_the_machine(tmp_path):
    paths = [str(tmp_path / path) for path in shards([GOOD], [GOOD])]
    folder = tmp_path / "below"
    folder.mkdir()
    os.chdir(folder)
    merge_corpora(paths, "out.jsonl", natural_key="events", manifest_out="records/of.json")
    assert not Path("out.jsonl.manifest.json").exists()
    text = Path("records/of.json").read_text()
    assert str(tmp_path) not in text
    section = json.loads(text)["corpus"]
    assert [shard["path"] for shard in section["input_shards"]] == ["…/a.jsonl", "…/b.jsonl"]
    assert section["output_paths"] == ["out.jsonl", "records/of.json"]


def test_a_merge_of_merges_names_its_inputs_as_products_and_refuses_a_changed_one():
    paths = shards([GOOD], [b'{"event_id": "b"}'], [b'{"event_id": "c"}'])
    merge_corpora(paths[:2], "one.jsonl", natural_key="events")
    merge_corpora(["one.jsonl", paths[2]], "two.jsonl", natural_key="events")
    inputs = json.loads(Path("two.jsonl.manifest.json").read_text())["inputs"]
    assert [(row["path"], row["kind"]) for row in inputs] == [
        ("one.jsonl", "product"),
        ("c.jsonl", "external"),
    ]
    before = Path("two.jsonl").read_bytes()
    write_shard(Path("one.jsonl"), [b'{"event_id": "x"}'])
    with pytest.raises(ValueError, match=r"one\.jsonl: is not what its run manifest says"):
        merge_corpora(["one.jsonl", paths[2]], "two.jsonl", natural_key="events")
    assert Path("two.jsonl").read_bytes() == before


# --- what is asked for


def test_what_is_not_given_is_the_key_of_an_encode_grid_and_first():
    assert merge_settings() == MergeSettings(
        ("src_sha256", "encoder", "preset", "crf"),
        ("src_sha256", "encoder", "preset", "crf"),
        "first",
    )
    assert merge_settings(["mos:number", "event_id:text"], "events", "error") == MergeSettings(
        ("mos:number", "event_id:text"), ("event_id",), "error"
    )
    assert merge_settings(["mos"], ["b", "a"]) == MergeSettings(
        ("mos", "b", "a"), ("b", "a"), "first"
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"duplicates": "last"}, r"duplicates: got 'last'; allowed: first, error"),
        ({"natural_key": ""}, r"natural_key: got ''; wanted: a list of fields, or one of"),
        ({"natural_key": ["a", ""]}, r"natural_key: got a, ; wanted: one field or more"),
        ({"required_keys": "a"}, r"required_keys: got the text 'a'; wanted: a list of fields"),
        ({"natural_key": []}, r"natural_key: got none; wanted: one field or more, each but once"),
        ({"natural_key": ["a", "a"]}, r"natural_key: got a, a; wanted: one field or more"),
        ({"natural_key": "event"}, r"natural_key: got 'event'; wanted: a list .* encode_grid, ev"),
        ({"required_keys": ["a", "a:text"]}, r"required_keys: 'a:text' stands twice"),
    ],
    ids=[
        "policy",
        "empty name",
        "empty field",
        "text",
        "no key",
        "key twice",
        "no such key",
        "required twice",
    ],
)
def test_settings_that_mean_nothing_are_refused(asked, words):
    with pytest.raises(ValueError, match=words):
        merge_settings(**asked)
