"""Lines of finished stages, from records of Snakemake and what is added to them."""

import logging
from enum import Enum

from drumcorpus.ground.run.parts_of_jobs import PartsOfJobs
from drumcorpus.ground.run.stage_lines import StageLines

STAGES = {"ingest_sessions": "ingest", "gather_events": "ingest", "merge": "manifest"}
STEPS = {
    "ingest_0": [
        ("ingest_sessions", {"source_set": "egmd", "shard": "000"}),
        ("ingest_sessions", {"source_set": "egmd", "shard": "001"}),
        ("gather_events", {"source_set": "egmd"}),
    ]
}


class Event(Enum):
    RUN_INFO = "run_info"
    JOB_INFO = "job_info"
    JOB_FINISHED = "job_finished"


def record_of(event, **fields):
    record = logging.makeLogRecord({"event": event, **fields})
    assert PartsOfJobs(STAGES, STEPS).filter(record)
    return record


def job(number, rule, **wildcards):
    return record_of(Event.JOB_INFO, jobid=number, rule_name=rule, wildcards=wildcards)


def test_a_run_has_so_many_parts_by_stage_and_targets_count_for_none():
    stats = {"together_ingest_0": 1, "ingest_sessions": 2, "merge": 1, "all": 1, "total": 5}
    assert record_of(Event.RUN_INFO, stats=stats).planned == {"ingest": 5, "manifest": 1}


def test_a_job_has_its_parts():
    assert job(1, "merge", manifest="prod").parts == [("manifest", "merge", {"manifest": "prod"})]
    assert [rule for _, rule, _ in job(2, "together_ingest_0").parts] == [
        "ingest_sessions",
        "ingest_sessions",
        "gather_events",
    ]
    assert job(3, "all").parts == []


def test_other_records_stay_as_they_are():
    record = logging.makeLogRecord({"msg": "a warning"})
    assert PartsOfJobs(STAGES, STEPS).filter(record)
    assert not hasattr(record, "parts")


def test_a_stage_has_its_line_when_the_last_of_its_jobs_is_done():
    now = [10.0]
    lines = StageLines(clock=lambda: now[0])

    def hear(record):
        return lines.hear(record.event.value, vars(record))

    stats = {"together_ingest_0": 1, "ingest_sessions": 1, "merge": 1, "all": 1, "total": 4}
    assert hear(record_of(Event.RUN_INFO, stats=stats)) == []
    assert hear(job(1, "together_ingest_0")) == []
    assert hear(job(2, "ingest_sessions", source_set="slakh", shard="000")) == []
    now[0] = 75.0
    assert hear(record_of(Event.JOB_FINISHED, job_id=1)) == []
    now[0] = 110.0
    assert hear(record_of(Event.JOB_FINISHED, job_id=2)) == ["ingest: 2 sets, 3 shards, 1 min 40 s"]
    hear(job(3, "merge", manifest="prod"))
    assert hear(record_of(Event.JOB_FINISHED, job_id=3)) == ["manifest: 1 job, 0 s"]
    hear(job(0, "all"))
    assert hear(record_of(Event.JOB_FINISHED, job_id=0)) == []


def test_a_job_that_is_asked_twice_counts_once():
    lines = StageLines(clock=lambda: 0.0)
    lines.hear("run_info", {"planned": {"manifest": 1}})
    parts = [("manifest", "merge", {})]
    for _ in range(2):  # on a cluster
        lines.hear("job_info", {"jobid": 1, "parts": parts})
    assert lines.hear("job_finished", {"job_id": 1}) == ["manifest: 1 job, 0 s"]
    assert lines.hear("job_finished", {"job_id": 1}) == []
