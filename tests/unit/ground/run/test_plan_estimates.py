"""How much planned jobs read, and how long they take, alone and together."""

import json
from pathlib import Path

import pytest

from drumcorpus.ground.run.earlier_times import EarlierTimes, earlier_times
from drumcorpus.ground.run.expected_reads import Amount, ExpectedReads
from drumcorpus.ground.run.makespan import Task, makespan
from drumcorpus.ground.run.plan_of_run import published_amount
from drumcorpus.ground.run.run_manifest import write_manifests
from drumcorpus.ground.run.sound_written import sound_written
from drumcorpus.ground.run.time_estimates import (
    AT_MOST,
    MEASURED,
    START,
    UNKNOWN,
    Estimate,
    TimeEstimates,
)

HEAD = "s\th:m:s\tmax_rss\tcpu_time\n"


def a_job(rule, source_set=None, shard=None, inputs=()):
    wildcards = {"source_set": source_set, "shard": shard}
    wildcards = {name: value for name, value in wildcards.items() if value is not None}
    name = "/".join([rule, *wildcards.values()])
    return {
        "rule": rule,
        "wildcards": wildcards,
        "inputs": [["of", path] for path in inputs],
        "outputs": [["it", f"results/{name}.json"]],
        "benchmark": f"benchmarks/{name}.tsv",
        "params": {},
    }


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def count(job, **counters):
    """Let a job have run that counted something."""
    path = Path(job["outputs"][0][1])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("made")
    write_manifests(
        {"schema": "drumcorpus-run-manifest-v1", "rule": job["rule"], "inputs": []},
        [("it", str(path))],
        counters,
    )


def measure(job, seconds):
    path = Path(job["benchmark"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEAD}{seconds}\t0:00:00\t1\t1\n")


def log(*rows):
    Path("logs").mkdir(exist_ok=True)
    lines = [json.dumps(row) for row in rows]
    Path("logs/run_log.jsonl").write_text("\n".join([*lines, '{"rule": "half']))


def outcome(job, what, seconds):
    return {
        "rule": job["rule"],
        "wildcards": job["wildcards"],
        "outcome": what,
        "seconds": seconds,
    }


def reads_of(jobs, *, raw_sound=(), published=(), seconds=()):
    return ExpectedReads(
        jobs, raw_sound=dict(raw_sound), published=dict(published), seconds=dict(seconds)
    )


# --- how much is read


def test_counters_go_first_and_sound_lasts_by_its_bytes(here):
    jobs = [a_job("shard_sessions", "toy", f"00{n}") for n in range(2)]
    ingests = [a_job("ingest_sessions", "toy", f"00{n}") for n in range(2)]
    for job, n_bytes in zip(jobs, (300, 100), strict=True):
        count(job, sessions=4, sound_bytes=n_bytes)
    for job, n_events in zip(ingests, (50, 30), strict=True):
        count(job, events=n_events, sessions=4)
    reads = reads_of([*jobs, *ingests], raw_sound={"toy": 9000}, seconds={"toy": 40.0})
    assert reads.of(ingests[0]) == Amount(50, 4, 300, 30.0)
    assert reads.of(ingests[1]) == Amount(30, 4, 100, 10.0)
    assert reads.sets() == {"toy": Amount(80, 8, 400, 40.0)}


def test_a_shard_without_a_session_has_nothing_of_its_set(here):
    jobs = [a_job("shard_sessions", "toy", f"00{n}") for n in range(2)]
    count(jobs[0], sessions=0, sound_bytes=0)
    count(jobs[1], sessions=3, sound_bytes=70)
    reads = reads_of(jobs, seconds={"toy": 7.0})
    assert reads.of(jobs[0]) == Amount(0, 0, 0, 0)
    assert reads.of(jobs[1]) == Amount(0, 3, 70, 7.0)


def test_a_set_that_nobody_has_counted_is_as_large_as_its_files_and_its_card(here):
    jobs = [a_job("ingest_sessions", "toy", f"00{n}") for n in range(4)]
    card = Amount(events=800, sessions=12, seconds=3600.0)
    reads = reads_of(jobs, raw_sound={"toy": 1000}, published={"toy": card})
    assert reads.of(jobs[3]) == Amount(200, 3, 250, 900.0)


def test_a_set_without_a_card_has_as_much_as_the_others_for_its_sound(here):
    jobs = [a_job("ingest_sessions", name, "000") for name in ("old", "new")]
    count(jobs[0], events=100, sessions=10, sound_bytes=1000)
    reads = reads_of(jobs, raw_sound={"new": 3000}, seconds={"old": 50.0})
    assert reads.of(jobs[1]) == Amount(300, 30, 3000, 150.0)


def test_a_job_of_all_sets_reads_what_it_rests_on(here):
    jobs = [a_job("ingest_sessions", name, "000") for name in ("one", "two", "three")]
    for number, job in enumerate(jobs):
        count(job, events=10 ** (number + 1))
    merge = a_job("merge_manifest", inputs=[job["outputs"][0][1] for job in jobs[:2]])
    page = a_job("render_health", inputs=[merge["outputs"][0][1]])
    reads = reads_of([*jobs, merge, page])
    assert reads.of(merge).events == 110
    assert reads.of(page).events == 110


def test_what_nothing_tells_is_unknown(here):
    jobs = [a_job("ingest_sessions", "toy", "000")]
    assert reads_of(jobs).of(jobs[0]) == Amount()


CARD = {
    "published": [
        {
            "figures": [
                {"figure": "sessions", "count": 100},
                {"figure": "sessions", "count": 80, "part": {"split": "train"}},
                {"figure": "files", "kind": ".mid", "count": 100},
                {"figure": "files", "kind": ".wav", "count": 90},
                {"figure": "hours", "count": 10},
            ]
        },
        {"figures": [{"figure": "sessions", "count": 60}, {"figure": "notes", "count": 5000}]},
        {"unknown": {"hours": "nobody says"}},
    ]
}


def test_a_card_tells_of_its_largest_release_as_much_as_there_are_files():
    assert published_amount(CARD, None) == Amount(5000, 100, None, 36_000)
    assert published_amount(CARD, 45) == Amount(2500, 50, None, 18_000)
    assert published_amount(CARD, 200) == Amount(5000, 100, None, 36_000)
    assert published_amount({"name": "toy"}, 3) == Amount()


# --- earlier times


def test_benchmark_files_tell_work_and_the_run_log_which_are_not(here):
    worked, asked, cleared, never = (a_job("merge_manifest", name) for name in "abcd")
    measure(worked, 12.5)
    measure(asked, 0.4)
    log(
        {"run": "started"},
        outcome(asked, "made", 30.0),
        outcome(worked, "made", 12.0),
        outcome(asked, "fresh", 0.2),
        outcome(cleared, "made", 7.0),
        outcome(worked, "failed", 1.0),
    )
    times = earlier_times([worked, asked, cleared, never])
    assert times.worked == {
        "merge_manifest a": 12.5,
        "merge_manifest b": 30.0,
        "merge_manifest c": 7,
    }
    assert times.asked == {"merge_manifest b": 0.4}


def test_a_benchmark_file_that_is_none_counts_as_none(here):
    job = a_job("merge_manifest", "a")
    Path("benchmarks/merge_manifest").mkdir(parents=True)
    for text in ("", HEAD, f"{HEAD}soon\t\t\t\n"):
        Path(job["benchmark"]).write_text(text)
        assert earlier_times([job]).worked == {}


# --- how long jobs take


def estimates(jobs, worked=(), asked=(), **sizes):
    reads = reads_of(jobs, **sizes)
    return TimeEstimates(jobs, EarlierTimes(dict(worked), dict(asked)), reads)


def test_a_job_that_has_run_takes_as_long_as_it_took(here):
    job = a_job("check_audio", "toy", "000")
    assert estimates([job], {"check_audio 000 toy": 33.0}).of(job) == Estimate(33.0, MEASURED)


def test_others_of_its_rule_tell_by_what_the_rule_goes_by(here):
    jobs = [a_job("check_audio", name, "000") for name in ("old", "new")]
    count(jobs[0], sound_bytes=1000)
    found = estimates(jobs, {"check_audio 000 old": 21.0}, raw_sound={"new": 3000})
    assert found.of(jobs[1]) == Estimate(pytest.approx(START + 60.0), MEASURED)


def test_a_rule_that_has_not_run_takes_at_most_its_need(here):
    job = a_job("check_audio", "toy", "000")  # 3 minutes for each gigabyte
    sized = estimates([job], raw_sound={"toy": 2_000_000_000})
    assert sized.of(job) == Estimate(START + 360, AT_MOST)
    assert estimates([job]).of(job) == Estimate(None, UNKNOWN)


def test_asking_takes_the_median_of_what_it_took(here):
    assert estimates([], asked={"a": 0.3, "b": 0.5, "c": 9.0}).ask == 0.5
    assert estimates([]).ask == START


# --- together


def test_jobs_that_wait_for_nothing_share_the_cores():
    assert makespan([Task(10)] * 4, cores=1) == 40
    assert makespan([Task(10)] * 4, cores=2) == 20
    assert makespan([], cores=2) == 0


def test_a_chain_takes_as_long_as_its_jobs_on_any_number_of_cores():
    chain = [Task(5), Task(7, waits_for=(0,)), Task(11, waits_for=(1,))]
    assert makespan(chain, cores=64) == 23


def test_the_longest_chain_is_begun_first():
    tasks = [Task(6), Task(6), Task(2), Task(10, waits_for=(2,))]
    assert makespan(tasks, cores=2) == 12
    assert makespan(tasks, cores=1) == 24


def test_memory_and_threads_keep_jobs_from_running_side_by_side():
    assert makespan([Task(10, mem_mb=600)] * 2, cores=2, memory_mb=1000) == 20
    assert makespan([Task(10, mem_mb=400)] * 2, cores=2, memory_mb=1000) == 10
    assert makespan([Task(10, threads=2)] * 2, cores=2) == 20
    assert makespan([Task(10, threads=8, mem_mb=9000)] * 2, cores=2, memory_mb=1000) == 20


# --- what exports write


CLIPS = {
    "unit": "clip",
    "form": ["files"],
    "sample_rate_hz": 1000,
    "channels": "mono",
    "encoding": "wav16",
    "preroll_ms": 80.0,
    "postroll_ms": {"default": 120, "crash": 800},
}


def test_clips_are_as_many_as_events_and_as_long_as_their_settings():
    assert sound_written({"export": CLIPS}, Amount(events=50)) == 50 * 0.2 * 1000 * 2
    stereo = CLIPS | {"channels": "stereo", "form": ["webdataset", "parquet"]}
    assert sound_written({"export": stereo}, Amount(events=50)) == 50 * 0.2 * 1000 * 2 * 2 * 2


def test_segments_are_as_long_as_the_recordings():
    segments = CLIPS | {"unit": "segment", "encoding": "wav24"}
    assert sound_written({"export": segments}, Amount(seconds=9.0)) == 27_000
    assert sound_written({"export": segments}, Amount(events=50)) is None


def test_jobs_without_an_export_write_no_sound():
    assert sound_written({"merge": {}}, Amount(events=50, seconds=9.0)) is None
