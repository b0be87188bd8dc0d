"""Jobs that are done one after the other in one process."""

import copy
import json
import logging
import pickle
from types import SimpleNamespace

import pytest
from snakemake.benchmark import BenchmarkRecord
from snakemake.iocontainers import InputFiles, Log, OutputFiles, Params, Wildcards

from drumcorpus.ground.run.together import (
    HEADER,
    Parts,
    do_parts,
    in_batches,
    named_alone,
    spread,
    steps_of_process,
    write_benchmark,
)

WRITES = """
import logging
from pathlib import Path
logging.basicConfig(filename=snakemake.log[0], filemode="w", level=logging.INFO)
logging.info("%s of %s", snakemake.rule, snakemake.wildcards.source_set)
text = Path(snakemake.input.text).read_text()
Path(snakemake.output.text).write_text(text + snakemake.params.word)
"""
IS_FRESH = "import sys; sys.exit(0)"
FAILS = "raise ValueError('no such session')"


@pytest.mark.parametrize(
    "n_groups, wanted",
    [
        (1, [["a", "b", "c", "d", "e"]]),
        (2, [["a", "c", "e"], ["b", "d"]]),
        (9, [["a"], ["b"], ["c"], ["d"], ["e"]]),
    ],
)
def test_groups_are_of_about_one_length_and_none_is_empty(n_groups, wanted):
    assert spread("abcde", n_groups) == wanted


@pytest.mark.parametrize(
    "n, most, wanted",
    [
        (5, 2, ["01", "234"]),
        (4, 4, ["0", "1", "2", "3"]),
        (3, 16, ["0", "1", "2"]),
        (7, 3, ["01", "234", "56"]),
        (0, 16, []),
    ],
)
def test_batches_are_neighbours_of_about_one_length_and_none_is_empty(n, most, wanted):
    names = [str(number) for number in range(n)]
    assert ["".join(batch) for batch in in_batches(names, most)] == wanted


@pytest.mark.parametrize(
    "typed, is_main, wanted",
    [
        (["--allowed-rules", "together_b", "--cores", "1"], False, ["b"]),
        (["--allowed-rules", "gather_events", "--cores", "1"], False, []),
        (["--cores", "1"], False, ["a", "b", "b_1"]),
        (["--allowed-rules", "together_b"], True, ["a", "b", "b_1"]),
    ],
    ids=["its-own", "a-job-alone", "rules-not-named", "the-process-that-plans"],
)
def test_a_process_for_a_job_has_the_rules_of_its_job_alone(typed, is_main, wanted):
    assert steps_of_process(["a", "b", "b_1"], typed, is_main=is_main) == wanted


def test_what_is_recorded_of_parts_is_short_and_differs_where_one_of_them_does():
    one, same, other = (
        Parts(list, lambda end=end: [{"word": word} for word in "ab" * 500 + end]) for end in "xxy"
    )
    assert repr(one) == repr(same) != repr(other)
    assert len(repr(one)) < 100 and repr(one).startswith("1001 jobs ")


@pytest.mark.parametrize(
    "look, wanted",
    [
        (list, ["a", "b"]),
        (len, 2),
        (bool, True),
        (lambda parts: parts[1], "b"),
        (lambda parts: parts[-1:], ["b"]),
        (lambda parts: pickle.loads(pickle.dumps(parts)), ["a", "b"]),
        (lambda parts: pickle.loads(pickle.dumps([parts])), [["a", "b"]]),
        (copy.copy, ["a", "b"]),
        (json.dumps, '["a", "b"]'),
    ],
    ids=[
        *("list", "len", "bool", "item", "slice"),
        *("pickled", "pickled-in-a-list", "copy", "json"),
    ],
)
def test_parts_are_described_when_they_are_first_looked_at_and_once(look, wanted):
    described = []

    def describe():
        described.append("once")
        return iter(["a", "b"])

    parts = Parts(describe, lambda: ["recorded"])
    assert repr(parts).startswith("1 jobs ")
    assert described == []
    assert look(parts) == wanted
    assert look(parts) == wanted
    assert described == ["once"]


def part(folder, rule, source, target, **params):
    return {
        "rule": rule,
        "wildcards": Wildcards(fromdict={"source_set": "toy"}),
        "input": InputFiles(fromdict={"text": str(folder / source)}),
        "output": OutputFiles(fromdict={"text": str(folder / target)}),
        "params": Params(fromdict=params),
        "log": Log(toclone=[str(folder / f"{rule}.log")]),
        "benchmark": str(folder / f"benchmarks/{rule}.tsv"),
        "threads": 4,
    }


@pytest.fixture
def run(tmp_path):
    """Do parts as in a process that has just begun, without what pytest has put into the log."""

    def run(scripts, *parts):
        root = logging.getLogger()
        before, level = list(root.handlers), root.level
        root.handlers.clear()
        for name, text in scripts.items():
            (tmp_path / f"{name}.py").write_text(text)
        params = SimpleNamespace(parts=list(parts))
        try:
            do_parts(SimpleNamespace(scriptdir=str(tmp_path), params=params, threads=2))
            return list(root.handlers)
        finally:
            root.handlers[:] = before
            root.setLevel(level)

    return run


def test_each_job_reads_what_those_before_it_wrote_and_has_its_own_log(tmp_path, run):
    (tmp_path / "raw").write_text("one")
    scripts = {"first": WRITES, "fresh": IS_FRESH, "second": WRITES}
    handlers = run(
        scripts,
        part(tmp_path, "first", "raw", "made", word=" two"),
        part(tmp_path, "fresh", "made", "made_before"),
        part(tmp_path, "second", "made", "made_last", word=" three"),
    )
    assert (tmp_path / "made_last").read_text() == "one two three"
    assert (tmp_path / "first.log").read_text() == "INFO:root:first of toy\n"
    assert (tmp_path / "second.log").read_text() == "INFO:root:second of toy\n"
    assert handlers == []
    assert sorted(path.name for path in (tmp_path / "benchmarks").iterdir()) == [
        *("first.tsv", "fresh.tsv", "second.tsv"),
    ]


def test_where_a_job_fails_those_after_it_are_not_begun(tmp_path, run):
    (tmp_path / "raw").write_text("one")
    with pytest.raises(ValueError, match="no such session"):
        run(
            {"first": WRITES, "fails": FAILS, "second": WRITES},
            part(tmp_path, "first", "raw", "made", word=" two"),
            part(tmp_path, "fails", "made", "none"),
            part(tmp_path, "second", "made", "made_last", word=" three"),
        )
    assert (tmp_path / "made").read_text() == "one two"
    assert not (tmp_path / "made_last").exists()


def test_an_exit_that_is_no_success_ends_all(tmp_path, run):
    with pytest.raises(SystemExit) as end:
        run({"stops": "import sys; sys.exit(3)"}, part(tmp_path, "stops", "raw", "made"))
    assert end.value.code == 3


def test_a_job_has_no_more_threads_than_all_of_them_have(tmp_path, run):
    says = "open(snakemake.output.text, 'w').write(str(snakemake.threads))"
    run({"says": says}, part(tmp_path, "says", "raw", "made"))
    assert (tmp_path / "made").read_text() == "2"


def test_the_benchmark_of_a_part_is_as_snakemake_writes_one(tmp_path):
    path = tmp_path / "benchmarks/rule/toy.tsv"
    write_benchmark(str(path), 3661.25, 1.5)
    header, row = (line.split("\t") for line in path.read_text().splitlines())
    assert header == HEADER == BenchmarkRecord.get_header(extended_fmt=False)
    measured = dict(zip(header, row, strict=True))
    assert float(measured.pop("max_rss")) > 10
    assert measured == dict.fromkeys(HEADER[3:9], "NA") | {
        "s": "3661.2500",
        "h:m:s": "1:01:01",
        "cpu_time": "1.50",
    }


def test_a_call_that_names_a_rule_is_told_in_which_steps_its_jobs_are():
    steps = {"ingest_0": {"gather_events", "write_provenance"}, "ingest_1": {"gather_events"}}
    assert named_alone({"forcerun": ["gather_events"], "until": None}, steps) == (
        "--forcerun gather_events: passes over jobs of this rule that are done in "
        "together_ingest_0, together_ingest_1; name these instead, or set DRUMCORPUS_ALONE=1 for a "
        "process per job"
    )
    typed = {"forcerun": {"together_ingest_0"}, "until": ["merge_manifest"], "targets": ["all"]}
    assert named_alone(typed, steps) == ""


def test_of_many_steps_a_call_is_told_the_first():
    steps = {f"ingest_{number}": {"gather_events"} for number in range(6)}
    assert "together_ingest_3 and 2 more; name these" in named_alone(
        {"until": ["gather_events"]}, steps
    )
