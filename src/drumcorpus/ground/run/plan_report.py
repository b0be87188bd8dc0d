"""What a run would do, rule by rule: jobs, why, what is read and written, time, memory, disk."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from drumcorpus.ground.run.expected_reads import SET, SHARD, Amount, ExpectedReads
from drumcorpus.ground.run.job_plan import INVENTORY
from drumcorpus.ground.run.makespan import Task, makespan
from drumcorpus.ground.run.planned_work import ASKS, MAY_WORK, WORKS, Cause, PlannedJob
from drumcorpus.ground.run.resources import NEEDS, Need, Reads, memory_of
from drumcorpus.ground.run.sound_written import sound_written
from drumcorpus.ground.run.time_estimates import AT_MOST, MEASURED, UNKNOWN, TimeEstimates

SCHEMA = "drumcorpus.plan/1"
RESULTS = Path("results")  # which may be a link to another disk


@dataclass
class RuleLine:
    """The jobs of one rule that a run would start.

    Sound, bytes and seconds are those of the jobs that work or may: `read_bytes` and
    `written_bytes` as far as they are known, and None where nothing is; `n_untimed` jobs of
    unknown time are not in `seconds`. `time` is `measured`, `at most` or `unknown`, the least sure
    of the jobs. `causes` have the number of jobs beside them.
    """

    rule: str
    works: int = 0
    may_work: int = 0
    asks: int = 0
    sound_seconds: float | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None
    seconds: float = 0.0
    n_untimed: int = 0
    time: str = MEASURED
    mem_mb: int = 0
    causes: dict[Cause, int] = field(default_factory=dict)
    source_sets: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Clock:
    """Seconds on the clock: of what works for certain, of all, and of the longest chain of all."""

    least: float
    most: float
    chain: float


@dataclass
class PlanReport:
    """A plan for people and programs.

    `stands` counts the jobs that are not asked, `source_sets` are those of all jobs, `said` are
    notes on the configuration.
    """

    targets: list[str]
    cores: int
    stands: int
    lines: list[RuleLine]
    source_sets: list[str]
    clock: Clock
    memory_mb: int | None
    free_bytes: int | None
    said: list[str]

    def document(self) -> dict:
        """As JSON."""
        rows = [vars(line) | {"causes": _rows(line)} for line in self.lines]
        return {
            "schema": SCHEMA,
            "targets": self.targets,
            "cores": self.cores,
            "jobs": {
                "works": sum(line.works for line in self.lines),
                "may_work": sum(line.may_work for line in self.lines),
                "asks": sum(line.asks for line in self.lines),
                "stands": self.stands,
            },
            "clock_seconds": asdict(self.clock),
            "memory_mb": self.memory_mb,
            "free_bytes": self.free_bytes,
            "rules": rows,
            "said": self.said,
        }


def _rows(line: RuleLine) -> list[dict]:
    return [asdict(cause) | {"jobs": n_jobs} for cause, n_jobs in line.causes.items()]


def plan_report(
    planned: Mapping,
    work: Sequence[PlannedJob],
    reads: ExpectedReads,
    times: TimeEstimates,
    *,
    raw_bytes: Mapping[str, int],
    targets: Iterable[str],
    cores: int,
) -> PlanReport:
    """Put together what is known of each job of a plan.

    Parameters
    ----------
    planned : mapping
        As of `ask_snakemake.plan_jobs`.
    work : sequence of PlannedJob
        Its jobs that a run would start, in their order.
    reads, times
        Of the same plan.
    raw_bytes : mapping
        Bytes that an inventory reads, by source set, where its raw files were looked at.
    targets : iterable of str
    cores : int
    """
    order = {rule: number for number, rule in enumerate(planned["rules"])}
    asked = [job for job in planned["jobs"] if job["asked"]]
    sizes = _Sizes(planned["jobs"], work, reads, raw_bytes)
    lines: dict[str, RuleLine] = {}
    least, most = [], []
    for job, judged in zip(asked, work, strict=True):
        line = lines.setdefault(judged.rule, RuleLine(judged.rule))
        amount = reads.of(job)
        estimate = times.of(job)
        works, may = judged.verdict == WORKS, judged.verdict == MAY_WORK
        line.works += works
        line.may_work += may
        line.asks += judged.verdict == ASKS
        _note_causes(line, judged)
        need = NEEDS.get(judged.rule, Need(0))
        stated = planned["stated"].get(judged.rule, {})
        mem_mb = memory_of(judged.rule, _whole(amount, job), 1, stated, None)
        if works or may:
            line.mem_mb = max(line.mem_mb, mem_mb)
            if need.minutes_sound and judged.rule != INVENTORY:
                line.sound_seconds = _add(line.sound_seconds, amount.seconds)
            line.read_bytes = _add(line.read_bytes, sizes.read(job))
            line.written_bytes = _add(line.written_bytes, sizes.written(job, judged))
            line.seconds += estimate.seconds or 0
            line.n_untimed += estimate.seconds is None
            line.time = max(line.time, estimate.source, key=(MEASURED, AT_MOST, UNKNOWN).index)
        threads = stated.get("threads", need.threads)
        held = {"threads": threads, "mem_mb": mem_mb, "waits_for": tuple(judged.waits_for)}
        worked = estimate.seconds if estimate.seconds is not None else times.ask
        least.append(Task(worked if works else times.ask, **held))
        most.append(Task(worked if works or may else times.ask, **held))
    memory_mb = planned["memory_mb"]
    clock = Clock(
        makespan(least, cores, memory_mb),
        makespan(most, cores, memory_mb),
        makespan(most, max(cores, len(most))),
    )
    return PlanReport(
        list(targets),
        cores,
        len(planned["jobs"]) - len(asked),
        [lines[rule] for rule in _in_order_of_the_chain(work, order)],
        sorted({each["wildcards"].get(SET) for each in planned["jobs"]} - {None}),
        clock,
        memory_mb,
        shutil.disk_usage(RESULTS if RESULTS.exists() else Path()).free,
        list(planned["said"]),
    )


def _in_order_of_the_chain(work: Sequence[PlannedJob], order: Mapping[str, int]) -> list[str]:
    """The rules of some jobs, each after those it waits for, else as the Snakefile has them."""
    waits_for: dict[str, set[str]] = {}
    for job in work:
        before = waits_for.setdefault(job.rule, set())
        before |= {work[number].rule for number in job.waits_for} - {job.rule}
    rules, left = [], sorted(waits_for, key=order.__getitem__)
    while left:
        done = set(rules)
        rule = next((rule for rule in left if waits_for[rule] <= done), left[0])
        rules.append(rule)
        left.remove(rule)
    return rules


class _Sizes:
    """Bytes that jobs read and write."""

    def __init__(
        self,
        jobs: Iterable[Mapping],
        work: Sequence[PlannedJob],
        reads: ExpectedReads,
        raw_bytes: Mapping[str, int],
    ):
        self._reads, self._raw_bytes = reads, raw_bytes
        self._recorded = {path: n_bytes for job in work for path, n_bytes in job.made.items()}
        # Of products that stand, by rule: bytes, and hits or bytes of sound that they are of.
        self._of_rule: dict[str, list[int]] = {}
        for job in jobs:
            sizes = [self._size(path) for _, path in job["outputs"]]
            if None not in sizes:
                self._of_rule.setdefault(job["rule"], []).append(sum(sizes))

    def read(self, job: Mapping) -> int | None:
        """Sound and tables; None where nothing of it is known."""
        sizes = [self._size(path) for _, path in job["inputs"]]
        tables = [size for size in sizes if size is not None]
        sound = 0
        if job["rule"] == INVENTORY:
            sound = self._raw_bytes.get(job["wildcards"].get("source_set"))
        elif NEEDS.get(job["rule"], Need(0)).minutes_sound:
            sound = self._reads.of(job).sound_bytes
        # Beside what is not made yet, the files that people keep are nothing.
        is_known = sound is not None and (sound or len(tables) > len(sizes) / 2)
        return round(sum(tables) + sound) if is_known else None

    def written(self, job: Mapping, judged: PlannedJob) -> int | None:
        """As much as is recorded, or else as the others of the rule write; sound of exports too."""
        is_shard = SHARD in job["wildcards"]
        sound = sound_written(job["params"], self._reads.of(job)) if is_shard else None
        sizes = list(judged.made.values())
        others = self._of_rule.get(job["rule"])
        tables = None
        if None not in sizes:
            tables = sum(sizes)
        elif others:
            tables = round(sum(others) / len(others))
        return tables if sound is None else round(sound) + (tables or 0)

    def _size(self, path: str) -> int | None:
        if path not in self._recorded:
            file = Path(path)
            self._recorded[path] = file.stat().st_size if file.is_file() else None
        return self._recorded[path]


def _note_causes(line: RuleLine, judged: PlannedJob) -> None:
    for cause in judged.causes:
        line.causes[cause] = line.causes.get(cause, 0) + 1
    name = judged.wildcards.get("source_set")
    if name and judged.verdict == WORKS and name not in line.source_sets:
        line.source_sets.append(name)


def _whole(amount: Amount, job: Mapping) -> Reads:
    counts = (amount.events, amount.sessions, amount.sound_bytes)
    tables = sum(path.endswith(".parquet") for _, path in job["inputs"])
    return Reads(*(round(n or 0) for n in counts), tables)


def _add(total: float | None, value: float | None) -> float | None:
    return total if value is None else (total or 0) + value
