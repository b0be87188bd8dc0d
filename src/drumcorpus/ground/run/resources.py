"""What each job asks of the machine: memory, time and threads, by what the job reads.

A rule has a row in `NEEDS`: what one job takes however little it reads, measured on the demo, and
what it takes more for every million events, thousand sessions, gigabyte of sound and table that it
holds open, measured at the size of a production corpus (``bench/README.md``). How much a job reads
stands in the run manifests of its inputs, which count events, sessions and sound; where none stands
yet, the size of the inputs has to do. Nothing of this shapes a product.
"""

import contextlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from drumcorpus.ground.run.run_manifest import SUFFIX, manifest_path

# On a cluster two processes of Snakemake stand around the one that works, 110 to 150 MB each.
AROUND_MB = 300
# Bytes of a table per event, where no run manifest counts them: those of a large manifest.
EVENT_BYTES = 25
# What `resources.rules` of the config may state, by its unit.
STATED = ("mem_mb", "runtime", "threads")
_CGROUP_LIMITS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)


@dataclass(frozen=True)
class Need:
    """What a job of one rule takes.

    Attributes
    ----------
    mem_mb
        Memory of its own process, MB, however little it reads.
    minutes
        Wall time on a slow, busy node, minutes, however little it reads.
    mb_events, minutes_events
        More for every million events.
    mb_sessions, minutes_sessions
        More for every thousand sessions.
    minutes_sound
        More for every gigabyte of sound.
    mb_tables
        More for every table that is open at the same time.
    threads
        Threads that it can use.
    """

    mem_mb: int
    minutes: int = 10
    mb_events: float = 0
    minutes_events: float = 0
    mb_sessions: float = 0
    minutes_sessions: float = 0
    minutes_sound: float = 0
    mb_tables: float = 0
    threads: int = 1


@dataclass(frozen=True)
class Reads:
    """How much a job reads: events, sessions, bytes of sound, and of how many tables."""

    events: int = 0
    sessions: int = 0
    sound_bytes: int = 0
    tables: int = 0

    def share(self, part: float) -> "Reads":
        """A part of it, of 1; no more than all."""
        numbers = (self.events, self.sessions, self.sound_bytes, self.tables)
        return Reads(*(math.ceil(number * min(1, part)) for number in numbers))


_PAGE = Need(200)
_TABLE = Need(400, mb_events=100, minutes_events=2)

NEEDS = {
    "aggregate_corpora": Need(700, 20, mb_events=200, minutes_events=5, threads=2),
    "alias_events": Need(400, mb_events=1000, minutes_events=3),
    "annotate_provenance": Need(300, mb_sessions=30, minutes_sessions=0.5),
    "assemble_export": Need(700, 15, mb_events=80, minutes_events=2, threads=2),
    "attest": Need(400, mb_sessions=10),
    "audit_manifest_file": Need(700, mb_events=30, minutes_events=2, threads=2),
    "audit_provenance": Need(500, mb_events=15, minutes_events=1, threads=2),
    "bless": _PAGE,
    "check_audio": Need(700, 15, minutes_sound=3),
    "check_integrity": Need(400, 60, minutes_sessions=5, minutes_sound=1, threads=4),
    "check_training": Need(600, 10, mb_events=3000),
    "choose_sessions": Need(300, mb_sessions=20, minutes_sessions=0.1),
    "cluster_crashes": Need(600, mb_events=500, minutes_events=20),
    "compare_audit": _PAGE,
    "compare_distributions": Need(400),
    "compare_files": Need(700, mb_events=100, minutes_events=2, threads=2),
    "compare_health": _PAGE,
    "compare_labels": _TABLE,
    "cut_excerpts": Need(600, 20, mb_events=20, mb_sessions=20, minutes_events=0.5),
    "decide_splits": Need(700, 15, mb_sessions=30, minutes_sessions=0.2, threads=2),
    "derive_weights": Need(500, mb_events=50, minutes_events=1),
    "describe_onsets": Need(500, 10, mb_events=1000, minutes_events=5),
    "draw_trend": _PAGE,
    "embed_crashes": Need(1000, 20, mb_events=2000, minutes_events=60, minutes_sound=3),
    "enforce_evaluation": _PAGE,
    "enforce_export_gates": _PAGE,
    "enforce_gates": _PAGE,
    "evaluate_predictions": Need(300, 15, mb_events=100, minutes_events=1),
    "file_release": Need(300),
    "find_crash_candidates": Need(400, mb_events=100, mb_sessions=30, minutes_events=2),
    "fingerprint_sessions": Need(600, 15, mb_sessions=30, minutes_sound=3),
    "gather_crashes": _TABLE,
    "gather_events": _TABLE,
    "hold_predictions": Need(700, 20, mb_sessions=100, minutes_sessions=30, minutes_sound=10),
    "illustrate_doubts": Need(500, 20, mb_events=100, minutes_events=2),
    "index_sessions": _PAGE,
    "ingest_sessions": Need(700, 20, mb_sessions=400, minutes_sessions=3, minutes_sound=2),
    "judge_training": _PAGE,
    "learn_networks": Need(1500, 240, mb_events=200, minutes_sound=10, threads=2),
    "limit_export": Need(500, mb_events=30, minutes_events=2, threads=2),
    "list_labels": Need(600, mb_events=100, minutes_events=5),
    "list_review_clips": Need(300),
    "measure_distribution": Need(500, mb_events=30, minutes_events=1),
    "measure_export": Need(500, mb_events=30, minutes_events=1, threads=2),
    "measure_health": Need(600, mb_events=30, minutes_events=2, threads=2),
    "measure_manifest_file": Need(600, mb_events=30, minutes_events=2, threads=2),
    "measure_source_set": Need(600, mb_events=30, minutes_events=2, threads=2),
    "merge_corpora": Need(700, 20, mb_events=100, minutes_events=5, threads=2),
    "merge_manifest": Need(700, mb_events=20, mb_tables=6, minutes_events=1),
    "plan": _PAGE,
    "pool_kits": Need(500, mb_events=500, minutes_events=10),
    "prune": _PAGE,
    "publish_events": Need(500, minutes_events=2),
    "publish_manifest": Need(500, minutes_events=2, threads=2),
    "rate_review_clips": Need(300),
    "read_kit_notes": Need(300, minutes_sessions=5),
    "render_evaluation": _PAGE,
    "render_health": _PAGE,
    "render_label_changes": _PAGE,
    "render_networks": _PAGE,
    "render_predictions": _PAGE,
    "render_review": Need(500, mb_sessions=20),
    "render_scores": _PAGE,
    "render_sessions": Need(400),
    "render_source_set": _PAGE,
    "render_splits": _PAGE,
    "render_training": _PAGE,
    "report_agreement": Need(300),
    "score_onsets": Need(700, 20, mb_sessions=100, minutes_sessions=30, minutes_sound=10),
    "shard_limit": Need(400, mb_events=50),
    "shard_predictions": Need(400, mb_events=400),
    "shard_sessions": Need(400, mb_sessions=10),
    "shard_splits": Need(400, mb_sessions=10),
    "smoke": Need(1000, 120),
    "snapshot_metrics": Need(400, mb_events=30, minutes_events=1),
    "stage_predictions": Need(600, mb_events=400, mb_sessions=30, minutes_events=2),
    "summarise_ingest": Need(400, mb_sessions=10),
    "summarise_inventory": Need(400, mb_sessions=10),
    "take_inventory": Need(600, 60, mb_sessions=30, minutes_sessions=5, minutes_sound=1, threads=4),
    "train_cymbal_model": Need(700, 20, mb_events=500, minutes_events=20),
    "verify": Need(500, 240, threads=4),
    "verify_export": Need(600, 20, mb_events=30, minutes_events=2, threads=2),
    "write_demo": Need(400),
    "write_index": _PAGE,
    "write_provenance": Need(400, mb_events=30, mb_sessions=30, minutes_sessions=0.5),
    "write_samples": Need(600, 20, mb_events=3000, minutes_events=10, minutes_sound=5),
}


def what_is_read(paths: Iterable[str | os.PathLike]) -> Reads:
    """How much the inputs of a job hold, by the counters in their run manifests.

    Products of one job count once. Where no run manifest counts events, tables count by their size.
    What is not there yet counts as a table, and nothing else.
    """
    events = sessions = sound_bytes = table_bytes = tables = 0
    seen = set()
    for path in map(os.fspath, paths):  # of every job, and most of them are not made yet
        tables += path.endswith(".parquet")
        manifest = f"{path}{SUFFIX}"
        with contextlib.suppress(OSError):
            stat = os.stat(manifest)  # noqa: PTH116
            counted = _counted(manifest, stat.st_mtime_ns)
            if counted and counted[0] not in seen:
                seen.add(counted[0])
                events += counted[1].events
                sessions += counted[1].sessions
                sound_bytes += counted[1].sound_bytes
            if path.endswith(".parquet"):
                table_bytes += os.stat(path).st_size  # noqa: PTH116
    return Reads(events or table_bytes // EVENT_BYTES, sessions, sound_bytes, tables)


def counted_in(product: str | os.PathLike) -> Reads | None:
    """What the job of a product has counted; None where no run manifest says it."""
    path = manifest_path(product)
    with contextlib.suppress(OSError):
        counted = _counted(str(path), path.stat().st_mtime_ns)
        return counted and counted[1]
    return None


@lru_cache(maxsize=10_000)
def _counted(path: str, _: int) -> tuple[str, Reads] | None:
    """Which job made a product, and what it counted; None where its run manifest is unreadable."""
    try:
        document = json.loads(Path(path).read_bytes())
        counters = document.get("counters") or {}
        values = [counters.get(name) for name in ("events", "sessions", "sound_bytes")]
        job = json.dumps([document["rule"], document.get("wildcards")])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return job, Reads(*(value if isinstance(value, int) else 0 for value in values))


def memory_of(rule: str, reads: Reads, attempt: int, stated: Mapping, largest: int | None) -> int:
    """Megabytes that a job asks for: as much again at each further attempt.

    Parameters
    ----------
    rule : str
        A rule of `NEEDS`.
    reads : Reads
        What the job reads.
    attempt : int
        1 at first.
    stated : mapping
        What the config states of the rule; `mem_mb` is that of the first attempt.
    largest : int or None
        Megabytes of the largest node: more is asked for only where the config states so.
    """
    if "mem_mb" in stated:
        return stated["mem_mb"] * attempt
    need = NEEDS[rule]
    more = need.mb_events * reads.events / 1e6 + need.mb_sessions * reads.sessions / 1e3
    more += need.mb_tables * reads.tables
    asked = math.ceil((AROUND_MB + need.mem_mb + more) * attempt)
    return asked if largest is None else min(asked, largest)


def minutes_of(rule: str, reads: Reads, attempt: int, stated: Mapping, longest: int | None) -> int:
    """Minutes that a job asks for, like `memory_of`; `longest` is the limit of the partition."""
    if "runtime" in stated:
        return stated["runtime"] * attempt
    asked = math.ceil((NEEDS[rule].minutes + _minutes_of_reading(rule, reads)) * attempt)
    return asked if longest is None else min(asked, longest)


def minutes_together(
    jobs: Iterable[tuple[str, Reads]],
    attempt: int,
    stated: Mapping[str, Mapping],
    longest: int | None,
) -> int:
    """Minutes that jobs ask for which are done one after the other in one process.

    The time that is allowed for a slow node is that of one job, and a minute for each.

    Parameters
    ----------
    jobs : iterable of (str, Reads)
        The rule of each, and what it reads.
    attempt : int
        1 at first.
    stated : mapping
        What the config states, by rule.
    longest : int or None
        The limit of the partition in minutes. More is asked for only where the config states more
        of a single job: what is not done within it is done at the next attempt.

    Returns
    -------
    int
        Minutes of all jobs.
    """
    once, each, alone = 0, 0.0, 0
    for rule, reads in jobs:
        if "runtime" in stated.get(rule, {}):
            each += stated[rule]["runtime"]
            alone = max(alone, stated[rule]["runtime"] * attempt)
        else:
            once = max(once, NEEDS[rule].minutes)
            each += 1 + _minutes_of_reading(rule, reads)
    asked = math.ceil((once + each) * attempt)
    return asked if longest is None else max(alone, min(asked, longest))


def _minutes_of_reading(rule: str, reads: Reads) -> float:
    need = NEEDS[rule]
    return (
        need.minutes_events * reads.events / 1e6
        + need.minutes_sessions * reads.sessions / 1e3
        + need.minutes_sound * reads.sound_bytes / 1e9
    )


def check_stated(stated: Mapping[str, Mapping]) -> None:
    """Refuse what `resources.rules` of the config states of a rule that is none.

    Raises
    ------
    ValueError
        Names the rule and those that there are.
    """
    for rule in stated:
        if rule not in NEEDS:
            raise ValueError(
                f"config: resources.rules: {rule!r} is no rule that has jobs; allowed: "
                f"{', '.join(sorted(NEEDS))}"
            )


def machine_memory_mb(
    pages: int | None = None, limits: Iterable[str | os.PathLike] = _CGROUP_LIMITS
) -> int | None:
    """Megabytes that the jobs of this machine may share; None where the system does not tell.

    All that is built in, or what a container or a batch job is allowed, if that is less.
    """
    known = []
    with contextlib.suppress(OSError, ValueError, AttributeError):
        n_bytes = os.sysconf("SC_PAGE_SIZE") * (
            os.sysconf("SC_PHYS_PAGES") if pages is None else pages
        )
        known.append(n_bytes)
    for path in limits:
        with contextlib.suppress(OSError, ValueError):  # "max" is no limit
            known.append(int(Path(path).read_text()))
    return min(known) // 1_000_000 if known else None
