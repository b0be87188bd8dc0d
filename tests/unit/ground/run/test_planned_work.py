"""Which planned jobs work, may work, or ask and leave; and why."""

from pathlib import Path

import pytest

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.run.job_plan import job_plan
from drumcorpus.ground.run.planned_work import (
    ASKED,
    ASKS,
    CHANGED,
    MAY_WORK,
    MISSING,
    NEW,
    RAW_DATA,
    SETTING,
    UNRECORDED,
    UPSTREAM,
    WORKS,
    Cause,
    PlannedWork,
    RawChanges,
)
from drumcorpus.ground.run.run_manifest import write_manifests

CODE = {"digest": "0123456789abcdef", "software": {"numpy": "2.4.6"}, "accepts": "exact"}
EVENTS, MERGED, PAGE = "results/events.json", "results/merged.json", "reports/page.html"


def a_job(rule, inputs, output, **params):
    return {
        "rule": rule,
        "wildcards": {"source_set": "toy"},
        "params": {"code": CODE, "local": {}} | params,
        "inputs": [["of", path] for path in inputs],
        "outputs": [["it", output]],
        "asked": True,
        "reasons": {},
    }


@pytest.fixture
def chain(tmp_path, monkeypatch):
    """Three jobs in a row, in a folder where all of them have run."""
    monkeypatch.chdir(tmp_path)
    jobs = [
        a_job("ingest_sessions", [], EVENTS, ingest={"context_ms": 80.0}),
        a_job("merge_manifest", [EVENTS], MERGED, merge={"order": "time"}),
        a_job("render_health", [MERGED], PAGE),
    ]
    made = {}
    for job in jobs:
        (_, output), content = job["outputs"][0], job["rule"].encode()
        Path(output).parent.mkdir(parents=True, exist_ok=True)
        Path(output).write_bytes(content)
        made[output] = sha256_bytes(content)
        inputs = [
            {"name": name, "path": path, "kind": "product", "sha256": made[path], "rows": None}
            for name, path in job["inputs"]
        ]
        plan = job_plan(job["rule"], job["wildcards"], job["params"], inputs)
        write_manifests(plan, [("it", output)], {})
    return jobs


def judged(jobs, **options):
    """(verdict, causes) of each job, by its rule."""
    planned = {"jobs": jobs, "listings": {}}
    work = PlannedWork(planned, Path("/checkout"), listings={}, **options)
    return {job.rule: (job.verdict, job.causes) for job in work.jobs}


def test_jobs_that_would_record_the_same_only_ask(chain):
    chain[0]["reasons"] = {"params": []}
    assert judged(chain) == {
        "ingest_sessions": (
            ASKS,
            [Cause(ASKED, "its settings were recorded otherwise, and mean the same")],
        ),
        "merge_manifest": (ASKS, [Cause(ASKED, "a job before it is asked")]),
        "render_health": (ASKS, [Cause(ASKED, "a job before it is asked")]),
    }


def test_another_setting_is_named_with_both_values_and_what_follows_may_work(chain):
    chain[0]["params"]["ingest"] = {"context_ms": 100.0}
    assert judged(chain) == {
        "ingest_sessions": (WORKS, [Cause(SETTING, "ingest.context_ms", "80.0 → 100.0")]),
        "merge_manifest": (MAY_WORK, [Cause(UPSTREAM, "ingest_sessions")]),
        "render_health": (MAY_WORK, [Cause(UPSTREAM, "merge_manifest")]),
    }


def test_a_setting_in_the_middle_leaves_what_comes_before_it(chain):
    chain[1]["params"]["merge"] = {"order": "label"}
    found = judged(chain)
    assert [verdict for verdict, _ in found.values()] == [ASKS, WORKS, MAY_WORK]


def test_what_was_never_made_is_new_and_makes_what_reads_it_work(chain):
    other = a_job("read_kit_notes", [], "results/notes.json")
    chain[1]["inputs"].append(["notes", "results/notes.json"])
    found = judged([chain[0], other, *chain[1:]])
    assert found["read_kit_notes"] == (WORKS, [Cause(NEW, "was never made here")])
    cause = Cause("input", "products of read_kit_notes", "are new")
    assert found["merge_manifest"] == (WORKS, [cause])
    assert found["ingest_sessions"][0] == ASKS


def test_a_product_that_is_gone_is_missing_and_one_that_is_kept_is_not(chain):
    Path(MERGED).unlink()
    assert judged(chain)["merge_manifest"] == (WORKS, [Cause(MISSING, MERGED)])
    kept = Path(".drumcorpus/kept", MERGED)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"merge_manifest")
    assert judged(chain)["merge_manifest"][0] == ASKS


def test_what_stands_without_a_record_is_made_again(chain):
    Path(f"{EVENTS}.manifest.json").unlink()
    causes = [Cause(UNRECORDED, EVENTS, "has no run manifest that holds")]
    assert judged(chain)["ingest_sessions"] == (WORKS, causes)


def test_other_code_is_named_by_module_where_listings_are_at_hand(chain):
    for job in chain[:2]:
        job["params"]["code"] = CODE | {"digest": "f" * 16}
    found = judged(chain)["merge_manifest"][1]
    assert found == [Cause("code", "workflow/scripts/merge_manifest.py", "")]
    now = {"f" * 16: {"a.py": "1", "b.py": "2", "new.py": "3"}}
    planned = {"jobs": chain, "listings": now}
    was = {CODE["digest"]: {"a.py": "1", "b.py": "0", "gone.py": "9"}}
    work = PlannedWork(planned, Path("/checkout"), listings=was).jobs
    causes = {("b.py", "changed"), ("gone.py", "gone"), ("new.py", "new")}
    for job in work[:2]:
        assert {(cause.name, cause.detail) for cause in job.causes} == causes


def test_a_product_of_another_size_than_is_recorded_has_changed(chain):
    Path(EVENTS).write_text("more than that")
    causes = [Cause(CHANGED, EVENTS, "has another size than is recorded")]
    assert judged(chain)["ingest_sessions"] == (WORKS, causes)


def test_an_input_that_was_made_anew_is_named(chain):
    write_manifests(
        job_plan("ingest_sessions", {"source_set": "toy"}, {"code": CODE}, []),
        [("it", EVENTS)],
        {},
    )
    Path(EVENTS).write_bytes(b"other_sessions_")
    write_manifests(
        job_plan("ingest_sessions", {"source_set": "toy"}, {"code": CODE}, []),
        [("it", EVENTS)],
        {},
    )
    verdict, causes = judged(chain[1:])["merge_manifest"]
    assert verdict == WORKS
    assert [(cause.kind, cause.name) for cause in causes] == [("input", EVENTS)]


def test_other_versions_count_unless_the_config_says_otherwise(chain):
    for job in chain:
        job["params"]["code"] = CODE | {"software": {"numpy": "2.5.0"}}
    cause = Cause("software", "numpy", "2.4.6 → 2.5.0")
    assert judged(chain)["merge_manifest"] == (WORKS, [cause])
    for job in chain:
        job["params"]["code"] |= {"accepts": "recorded"}
    assert {verdict for verdict, _ in judged(chain).values()} == {ASKS}


def test_an_input_that_orders_jobs_makes_none_work(chain):
    chain[2]["inputs"].append(["after", EVENTS])
    chain[2]["inputs"].remove(["of", MERGED])
    write_manifests(
        job_plan("render_health", {"source_set": "toy"}, {"code": CODE}, []), [("it", PAGE)], {}
    )
    chain[0]["params"]["ingest"] = {"context_ms": 100.0}
    assert judged(chain)["render_health"][0] == ASKS


def test_raw_files_that_are_to_be_read_make_the_inventory_work(chain):
    raw = {"name": "raw", "path": "toy", "kind": "raw", "sha256": "a" * 64, "rows": 2}
    plan = job_plan("ingest_sessions", chain[0]["wildcards"], chain[0]["params"], [raw])
    write_manifests(plan, [("it", EVENTS)], {})
    one = RawChanges(None, 2, ["1 written since (a.mid)"], 40)
    found = judged(chain, raw_changes=lambda job: one if job is chain[0] else None)
    cause = Cause(RAW_DATA, "toy", "1 written since (a.mid)")
    assert found["ingest_sessions"] == (WORKS, [cause])
    assert found["merge_manifest"][0] == MAY_WORK
    none = RawChanges("a" * 64, 2, [], 0)
    found = judged(chain, raw_changes=lambda job: none if job is chain[0] else None)
    assert found["ingest_sessions"][0] == ASKS
