"""What a cluster says of itself is read rightly, and what it cannot grant is refused in words."""

import pytest

from drumcorpus.ground.run.slurm import (
    LeftJob,
    Node,
    NoSlurm,
    Partition,
    Request,
    ask,
    grants,
    left_jobs,
    minutes_in,
    no_end_is_told,
    nodes_that_failed,
    partition_of,
    partitions,
    requests_of,
    threads_of_this_job,
    unmeetable,
    wait_for_left_jobs,
)

SINFO = """\
short*|up|4:00:00|16|64000|idle
short*|up|4:00:00|32|128000|mixed
long|up|7-00:00:00|16+|64000+|down*
old|down|infinite|4|8000|idle
"""
SHORT = Partition("short", (Node(16, 64_000), Node(32, 128_000)), 240, True, True)
LONG = Partition("long", (Node(16, 64_000, False),), 10_080)
OLD = Partition("old", (Node(4, 8_000),), None, is_up=False)
CLUSTER = [SHORT, LONG, OLD]


def test_partitions_are_read_with_their_nodes():
    assert partitions(lambda *command: SINFO) == CLUSTER


@pytest.mark.parametrize(
    "text, minutes",
    [("30:00", 30), ("4:00:00", 240), ("1-00:00:00", 1440), ("infinite", None), ("n/a", None)],
)
def test_times_are_read_as_minutes(text, minutes):
    assert minutes_in(text) == minutes


def test_a_partition_grants_what_its_largest_node_has():
    assert grants(CLUSTER, None) == {"threads": 32, "mem_mb": 128_000, "runtime": 240}
    assert grants(CLUSTER, "long") == {"threads": 16, "mem_mb": 64_000, "runtime": 10_080}


@pytest.mark.parametrize(
    "name, there, sentence",
    [
        (
            "huge",
            CLUSTER,
            r"no partition 'huge'; there are: short, long, old\. Name one: --default",
        ),
        (None, [LONG], r"no default partition; there are: long\. Name one"),
        ("old", CLUSTER, r"partition 'old' takes no jobs at present"),
    ],
    ids=["unknown", "no_default", "not_up"],
)
def test_a_partition_that_takes_no_job_is_refused(name, there, sentence):
    with pytest.raises(ValueError, match=sentence):
        partition_of(name, there)


@pytest.mark.parametrize(
    "request_, sentence",
    [
        (Request("a", 1, 500, 10), None),
        (Request("a", 32, 128_000, 240), None),
        (
            Request("a", 33, 500, 10),
            "no node of partition 'short' has both (at most 32 threads, 12",
        ),
        (Request("a", 1, 128_001, 10), "a asks for 1 threads and 128,001 MB, and no node of part"),
        (Request("a", 1, 500, 241), "a asks for 241 minutes, and partition 'short' grants 240"),
        (Request("a", 1, 500, 10, "long"), "every node of partition 'long' that has both is down"),
    ],
    ids=["small", "largest", "threads", "memory", "time", "down"],
)
def test_a_request_that_would_wait_for_ever_is_named(request_, sentence):
    said = unmeetable([request_], CLUSTER)
    assert len(said) == (sentence is not None)
    assert sentence is None or sentence in said[0]


def test_no_node_has_both_where_each_has_one():
    there = [Partition("p", (Node(2, 64_000), Node(64, 1_000)), None, True, True)]
    (said,) = unmeetable([Request("a", 4, 2_000, 1), Request("b", 4, 2_000, 1)], there)
    assert said.startswith("a (and 1 more jobs) asks for 4 threads and 2,000 MB")


def test_requests_are_read_from_the_resources_of_jobs():
    jobs = [
        {"job": "a", "threads": 2, "mem_mb": 700, "runtime": 10, "slurm_partition": "long"},
        {"job": "b", "threads": 1, "mem_mb": "<TBD>"},
    ]
    assert requests_of(jobs) == [Request("a", 2, 700, 10, "long"), Request("b", 1, 0, 0)]


@pytest.mark.parametrize(
    "age, accounting, refused",
    [
        ("300 sec", "accounting_storage/none", False),
        ("2 sec", "accounting_storage/slurmdbd", False),
        ("2 sec", "accounting_storage/none", True),
        ("2 sec", "(null)", True),
    ],
    ids=["remembers", "accounts", "neither", "nothing_named"],
)
def test_a_cluster_that_forgets_how_jobs_ended_is_refused(age, accounting, refused):
    text = f"AccountingStorageType   = {accounting}\nMinJobAge               = {age}\n"
    assert bool(no_end_is_told(lambda *command: text)) == refused


QUEUE = """\
7|RUNNING|rule_ingest_sessions_wildcards_egmd_000|{here}
8|PENDING|rule_check_audio_wildcards_egmd_001|{here}
9|COMPLETED|rule_check_audio_wildcards_egmd_002|{here}
10|RUNNING|rule_check_audio_wildcards_egmd_001|/somewhere/else
11|RUNNING|my own job|{here}
"""


def test_jobs_of_this_folder_that_are_not_done_are_found(tmp_path):
    assert left_jobs(tmp_path, lambda *command: QUEUE.format(here=tmp_path)) == [
        LeftJob("7", "RUNNING", "ingest_sessions egmd_000"),
        LeftJob("8", "PENDING", "check_audio egmd_001"),
    ]


def test_what_waits_is_taken_back_and_what_works_is_waited_for(tmp_path):
    lines = QUEUE.format(here=tmp_path).splitlines(keepends=True)
    answers = ["".join(lines), lines[0], lines[0], ""]
    cancelled, said, slept = [], [], []

    def answer(*command):
        if command[0] == "scancel":
            cancelled.extend(command[1:])
            return ""
        return answers.pop(0)

    assert wait_for_left_jobs(tmp_path, said.append, answer, slept.append) == 1
    assert cancelled == ["8"]
    assert slept == [5.0, 5.0, 5.0]
    assert said[0] == "1 SLURM job of an earlier run, not begun yet: taken back.\n"
    assert "7 ingest_sessions egmd_000" in said[1] and "To end them: scancel 7\n" in said[1]
    assert len(said) == 2  # again only after a minute


def test_nodes_on_which_jobs_of_a_run_failed_are_named_once():
    asked = []

    def answer(*command):
        asked.append(command)
        return "node2\nnode1\nnode2\n\n"

    assert nodes_that_failed("a-run", answer) == ["node1", "node2"]
    assert "--name=a-run" in asked[0] and "--states=FAILED,NODE_FAIL,BOOT_FAIL" in asked[0]


def test_where_the_queue_cannot_be_asked_no_node_is_named():
    def answer(*command):
        raise NoSlurm("squeue fails")

    assert nodes_that_failed("a-run", answer) == []


def test_a_cluster_that_cannot_be_asked_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoSlurm, match="sinfo: there is no such command on this machine"):
        ask("sinfo")
    failing = tmp_path / "sinfo"
    failing.write_text("#!/bin/sh\necho 'Unable to contact slurm controller' >&2\nexit 1\n")
    failing.chmod(0o755)
    with pytest.raises(NoSlurm, match="sinfo fails: Unable to contact slurm controller; see whe"):
        ask("sinfo")


@pytest.mark.parametrize("value, threads", [("2", 2), ("", None), ("2(x3)", None)])
def test_a_job_knows_its_threads(monkeypatch, value, threads):
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", value)
    assert threads_of_this_job() == threads
