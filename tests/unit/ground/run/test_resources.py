"""What a job asks for follows from what it reads, and what the config states goes first."""

import json
import os
import re

import pytest
from checkout import REPO

from drumcorpus.ground.run.resources import (
    AROUND_MB,
    NEEDS,
    Reads,
    check_stated,
    machine_memory_mb,
    memory_of,
    minutes_of,
    minutes_together,
    what_is_read,
)

NOTHING = Reads()


def write_product(folder, name, counters=None, n_bytes=100, rule="gather_events", **wildcards):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * n_bytes)
    if counters is not None:
        document = {"rule": rule, "wildcards": wildcards, "counters": counters}
        (folder / f"{name}.manifest.json").write_text(json.dumps(document))
    return path


def test_counters_of_run_manifests_are_added_up(tmp_path):
    paths = [
        write_product(tmp_path, "a.parquet", {"events": 2000, "sessions": 3}, source_set="a"),
        write_product(tmp_path, "b.parquet", {"events": 500, "sound_bytes": 7}, source_set="b"),
    ]
    assert what_is_read(paths) == Reads(events=2500, sessions=3, sound_bytes=7, tables=2)


def test_products_of_one_job_count_once(tmp_path):
    paths = [write_product(tmp_path, name, {"events": 2000}) for name in ("a.parquet", "b.parquet")]
    assert what_is_read(paths) == Reads(events=2000, tables=2)


def test_tables_without_a_counter_count_by_their_size(tmp_path):
    paths = [
        write_product(tmp_path, "a.parquet", {"aliased": 3}, n_bytes=50_000),
        write_product(tmp_path, "card.yaml", n_bytes=9_000),
        tmp_path / "not_there_yet.parquet",
    ]
    assert what_is_read(paths) == Reads(events=2000, tables=2)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"counters": 3, "rule": "a"}', '{"rule": "a", "counters": {"events": "5"}}'],
    ids=["empty", "cut", "list", "number", "text"],
)
def test_a_damaged_run_manifest_counts_nothing(tmp_path, text):
    path = write_product(tmp_path, "a.jsonl")
    (tmp_path / "a.jsonl.manifest.json").write_text(text)
    assert what_is_read([path]) == NOTHING


def test_a_run_manifest_that_is_made_anew_is_read_anew(tmp_path):
    path = write_product(tmp_path, "a.parquet", {"events": 1})
    assert what_is_read([path]).events == 1
    manifest = tmp_path / "a.parquet.manifest.json"
    later = manifest.stat().st_mtime + 5
    write_product(tmp_path, "a.parquet", {"events": 2})
    os.utime(manifest, (later, later))
    assert what_is_read([path]).events == 2


@pytest.mark.parametrize(
    "rule, reads, attempt, wanted",
    [
        ("render_health", NOTHING, 1, AROUND_MB + 200),
        ("merge_manifest", Reads(events=3_000_000, tables=31), 1, 1246),
        ("merge_manifest", Reads(events=3_000_000, tables=430), 1, 3640),
        ("merge_manifest", Reads(events=3_000_000, tables=430), 2, 7280),
        ("measure_health", Reads(events=30_000_000), 1, 1800),
        ("decide_splits", Reads(sessions=50_000), 1, 2500),
        ("write_samples", Reads(events=806_250), 1, 3319),
    ],
    ids=["page", "merge", "merge_of_many", "merge_again", "health", "splits", "samples"],
)
def test_memory_grows_with_what_is_read_and_with_attempts(rule, reads, attempt, wanted):
    assert memory_of(rule, reads, attempt, {}, None) == wanted


@pytest.mark.parametrize(
    "rule, reads, attempt, wanted",
    [
        ("render_health", NOTHING, 1, 10),
        ("check_audio", Reads(sound_bytes=20_000_000_000), 1, 75),
        ("check_audio", Reads(sound_bytes=20_000_000_000), 3, 225),
        ("take_inventory", Reads(sessions=45_537), 1, 288),
    ],
    ids=["page", "sound", "sound_again", "sessions"],
)
def test_time_grows_with_what_is_read_and_with_attempts(rule, reads, attempt, wanted):
    assert minutes_of(rule, reads, attempt, {}, None) == wanted


def test_no_more_is_asked_for_than_the_cluster_has():
    assert memory_of("embed_crashes", Reads(events=10**9), 1, {}, 64_000) == 64_000
    assert minutes_of("embed_crashes", Reads(events=10**9), 1, {}, 1440) == 1440


def test_jobs_done_together_are_allowed_a_slow_start_once():
    # 15 and 3 for each gigabyte, 20 and 60 for each million events; a minute for each job.
    jobs = [("check_audio", Reads(sound_bytes=2 * 10**9)), ("embed_crashes", Reads(events=10**6))]
    assert minutes_together(jobs, 1, {}, None) == 20 + 6 + 60 + 2
    assert minutes_together(jobs, 2, {}, None) == 2 * 88
    assert minutes_together(jobs * 50, 1, {}, 1440) == 1440
    assert minutes_together(jobs, 1, {"check_audio": {"runtime": 30}}, None) == 30 + 20 + 60 + 1


def test_only_a_single_job_that_is_stated_so_asks_for_more_than_the_partition_grants():
    jobs = [("embed_crashes", NOTHING)] * 8
    assert minutes_together(jobs, 1, {"embed_crashes": {"runtime": 240}}, 1440) == 1440
    assert minutes_together(jobs, 1, {"embed_crashes": {"runtime": 2000}}, 1440) == 2000


def test_a_part_of_what_is_read_is_no_more_than_all():
    reads = Reads(events=10, sessions=3, sound_bytes=100)
    assert reads.share(0.25) == Reads(events=3, sessions=1, sound_bytes=25)
    assert reads.share(2) == reads


def test_what_the_config_states_goes_first():
    assert memory_of("embed_crashes", Reads(events=10**9), 1, {"mem_mb": 150}, 100) == 150
    assert memory_of("embed_crashes", NOTHING, 3, {"mem_mb": 150}, None) == 450
    assert minutes_of("embed_crashes", NOTHING, 2, {"runtime": 7}, 10) == 14


def test_what_the_config_states_of_no_rule_is_refused():
    check_stated({"embed_crashes": {"mem_mb": 1}})
    with pytest.raises(ValueError, match=r"resources\.rules: 'embed_crash' is no rule that has"):
        check_stated({"embed_crash": {"mem_mb": 1}})


def test_the_memory_of_a_machine_is_the_least_that_it_is_allowed(tmp_path):
    limit, none = tmp_path / "limit", tmp_path / "none"
    limit.write_text("2000000000\n")
    none.write_text("max\n")
    assert machine_memory_mb(limits=[none, limit], pages=10**9) == 2000
    assert machine_memory_mb(limits=[none, tmp_path / "not_there"], pages=10**6) == 4096
    assert machine_memory_mb() >= 500


def test_every_rule_with_a_job_states_memory_time_and_threads():
    stated = set()
    for path in sorted((REPO / "workflow/rules").glob("*.smk")):
        parts = re.split(r"^rule (\w+):$", path.read_text(), flags=re.MULTILINE)
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            if "    script:" in text:
                assert f'    resources:\n        **needs_of("{name}"),\n' in text, name
                assert f'threads: threads_of("{name}")' in text or name == "smoke", name
                stated.add(name)
    assert stated == NEEDS.keys()
