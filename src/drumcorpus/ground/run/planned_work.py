"""Which planned jobs will work, which may, which only ask and leave; and why.

A job looks for the run manifest of its product first, and leaves where it says what the job would
record. The same is done here beforehand, without reading a product: what stands counts as recorded
where it has the recorded size. What a job before it will make is not known yet: a job that differs
from its record in nothing else may work, or may find that what it reads came out as before.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.plain_files import is_plain_file
from drumcorpus.ground.run.code_listings import modules_that_differ
from drumcorpus.ground.run.job_plan import (
    PRODUCT,
    RAW_KIND,
    job_plan,
    kind_of_input,
    recorded_inputs,
)
from drumcorpus.ground.run.kept import standing
from drumcorpus.ground.run.plan_differences import (
    CODE,
    INPUT,
    PARAMETER,
    SOFTWARE,
    UNSEEN,
    Difference,
    compare_plans,
)
from drumcorpus.ground.run.run_manifest import read_manifest, recorded_output

# What a job will do.
WORKS, MAY_WORK, ASKS = "works", "may work", "asks"
# Causes beside those that a run manifest tells by differing.
NEW, MISSING, CHANGED, UNRECORDED = "new", "missing", "changed", "unrecorded"
SETTING = "setting"
RAW_DATA, UPSTREAM, ASKED = "raw data", "upstream", "asked"
# `software` of the config: products that were made with other versions of libraries count as well.
ANY_SOFTWARE = "recorded"
# Why Snakemake starts a job that has nothing to do.
_ASKED_FOR = {
    "missing": "its product was taken away, and is kept",
    "unfinished": "an earlier run was stopped in it",
    "newer": "an input was written again, with the same content",
    "inputs": "its inputs have other names",
    "code": "its script was written again, with the same meaning",
    "params": "its settings were recorded otherwise, and mean the same",
    "forced": "it is forced",
}


@dataclass(frozen=True)
class Cause:
    """Why a job works, or is asked: the kind, what it is about by name, and in which way."""

    kind: str
    name: str
    detail: str = ""


@dataclass
class PlannedJob:
    """One job that a run would start.

    `waits_for` are the numbers, in the plan, of the jobs whose products it reads; `made` are its
    products by path, with the bytes that are recorded of each, None where there is no record.
    """

    rule: str
    wildcards: dict[str, str]
    verdict: str
    causes: list[Cause]
    inputs: list[str]
    made: dict[str, int | None]
    waits_for: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class RawChanges:
    """What is known of a source set's raw files before any is read.

    `sha256` is that of their listing where all digests are known, else None; `files` tells what is
    read for the first time or again, in words, and `n_bytes` how much that is.
    """

    sha256: str | None
    rows: int
    files: list[str]
    n_bytes: int


class PlannedWork:
    """Verdicts on the jobs of a plan.

    Parameters
    ----------
    planned : mapping
        As of `ask_snakemake.plan_jobs`, in an order in which the jobs can run.
    checkout : Path
    raw_changes
        What is known of the raw files that a job looks at by itself; None where it looks at none.
    listings : mapping
        The modules of earlier digests of code, as far as they are remembered.
    """

    def __init__(
        self,
        planned: Mapping,
        checkout: Path,
        *,
        raw_changes: Callable[[Mapping], RawChanges | None] = lambda job: None,
        listings: Mapping[str, Mapping[str, str]],
    ):
        self._planned, self._checkout = planned, Path(checkout).resolve()
        self._raw_changes, self._listings = raw_changes, listings
        self._digests: dict[str, str | None] = {}
        self._made_by: dict[str, int] = {}
        self.jobs: list[PlannedJob] = []
        for job in planned["jobs"]:
            if job["asked"]:
                self.jobs.append(self._judge(job))

    def _judge(self, job: Mapping) -> PlannedJob:
        pairs = recorded_inputs(job["inputs"])
        waits_for = list(
            dict.fromkeys(self._made_by[path] for _, path in job["inputs"] if path in self._made_by)
        )
        paths = [path for _, path in job["outputs"]]
        manifests = {path: read_manifest(path) for path in paths}
        records = {path: recorded_output(manifests[path], path) for path in paths}
        raw = self._raw_changes(job)
        causes = _of_products(manifests, records)
        if not causes:
            causes = self._of_differences(job, pairs, manifests[paths[0]], raw)
        uncertain = [
            number for number in waits_for if self.jobs[number].verdict in (WORKS, MAY_WORK)
        ]
        if any(cause.kind != UNSEEN for cause in causes):
            verdict = WORKS
        elif causes or self._reads_of(pairs, uncertain):
            rules = dict.fromkeys(self.jobs[number].rule for number in uncertain)
            causes = [*causes, *(Cause(UPSTREAM, rule) for rule in rules)]
            verdict = MAY_WORK
        else:
            causes = _why_it_is_asked(job["reasons"])
            verdict = ASKS
        for path in paths:
            self._made_by[path] = len(self.jobs)
        made = {path: record and record["bytes"] for path, record in records.items()}
        inputs = [path for _, path in job["inputs"]]
        return PlannedJob(
            job["rule"], dict(job["wildcards"]), verdict, causes, inputs, made, waits_for
        )

    def _reads_of(self, pairs: Iterable[tuple[str, str]], numbers: Iterable[int]) -> bool:
        """Whether one of some jobs makes what is among the recorded inputs."""
        numbers = set(numbers)
        return any(self._made_by.get(path) in numbers for _, path in pairs)

    def _of_differences(
        self,
        job: Mapping,
        pairs: Iterable[tuple[str, str]],
        manifest: Mapping,
        raw: RawChanges | None,
    ) -> list[Cause]:
        inputs = [self._describe(*pair) for pair in pairs]
        if raw:
            row = {"name": RAW_KIND, "path": job["wildcards"]["source_set"], "kind": RAW_KIND}
            inputs.append(row | {"sha256": raw.sha256, "rows": raw.rows})
        plan = job_plan(job["rule"], job["wildcards"], job["params"], inputs)
        differences = compare_plans(
            job["outputs"][0][1],
            manifest,
            plan,
            listings=self._listings,
            listings_today=self._planned["listings"],
        )
        if job["params"]["code"].get("accepts") == ANY_SOFTWARE:
            differences = [each for each in differences if each.kind != SOFTWARE]
        causes = (cause for each in differences for cause in self._causes_of(each, raw))
        return list(dict.fromkeys(causes))

    def _causes_of(self, each: Difference, raw: RawChanges | None) -> list[Cause]:
        """The causes in a difference: of other code each module, where they can be told."""
        # A setting may be the digest of other code, such as that which has made the events.
        was = self._listings.get(each.recorded.strip('"'))
        now = self._planned["listings"].get(each.today.strip('"'))
        if each.kind in (CODE, PARAMETER) and was and now:
            became = modules_that_differ(was, now)
            return [Cause(CODE, path, what) for path, what in became.items()]
        return [self._cause_of(each, raw)]

    def _cause_of(self, each: Difference, raw: RawChanges | None) -> Cause:
        if each.kind == PARAMETER:
            return Cause(SETTING, each.name, f"{each.recorded or 'none'} → {each.today or 'none'}")
        if each.kind == SOFTWARE:
            return Cause(SOFTWARE, each.name, f"{each.recorded or 'none'} → {each.today or 'none'}")
        if self._is_new(each.name) and not each.recorded:
            maker = self.jobs[self._made_by[each.name]].rule
            return Cause(INPUT, f"products of {maker}", "are new")
        if raw and each.name.startswith("raw files of "):
            name = each.name.removeprefix("raw files of ")
            return Cause(RAW_DATA, name, "; ".join(raw.files) or "other files are refused")
        return Cause(each.kind, each.name, each.detail)

    def _is_new(self, path: str) -> bool:
        """Whether a job of the plan makes a product for the first time."""
        number = self._made_by.get(path)
        return number is not None and any(cause.kind == NEW for cause in self.jobs[number].causes)

    def _describe(self, name: str, path: str) -> dict:
        kind, shown = kind_of_input(path, self._checkout)
        return {"name": name, "path": shown, "kind": kind, "sha256": self._digest(kind, path)}

    def _digest(self, kind: str, path: str) -> str | None:
        """The digest of an input; None where it is made before the job, or is not there."""
        number = self._made_by.get(path)
        if number is not None and self.jobs[number].verdict != ASKS:
            return None
        if path not in self._digests:
            if kind == PRODUCT:
                record = recorded_output(read_manifest(path), path)
                self._digests[path] = record and record["sha256"]
            else:
                self._digests[path] = sha256_file(path) if Path(path).is_file() else None
        return self._digests[path]


def _of_products(
    manifests: Mapping[str, Mapping | None], records: Mapping[str, Mapping | None]
) -> list[Cause]:
    """Products that were never made, are gone, or are not as they are recorded."""
    if not any(records.values()):
        if all(is_plain_file(standing(path)) for path in records):
            return [Cause(UNRECORDED, path, "has no run manifest that holds") for path in records]
        return [Cause(NEW, "was never made here")]
    causes, first = [], next(iter(manifests.values()))
    for path, record in records.items():
        place = standing(path)
        if record is None:
            causes.append(Cause(UNRECORDED, path, "has no run manifest that holds"))
        elif not is_plain_file(place):
            causes.append(Cause(MISSING, path))
        elif place.stat().st_size != record["bytes"]:
            causes.append(Cause(CHANGED, path, "has another size than is recorded"))
        elif first is None or manifests[path]["seal"] != first["seal"]:
            causes.append(Cause(CHANGED, path, "is of another run than the products beside it"))
    return causes


def _why_it_is_asked(reasons: Mapping[str, list[str]]) -> list[Cause]:
    words = [
        Cause(ASKED, text, ", ".join(Path(path).name for path in reasons[name][:1]))
        for name, text in _ASKED_FOR.items()
        if name in reasons
    ]
    return words or [Cause(ASKED, "a job before it is asked")]
