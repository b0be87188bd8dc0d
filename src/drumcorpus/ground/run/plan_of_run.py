"""What a run would do, asked of snakemake, the run manifests, the raw files and earlier times."""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.ask_snakemake import plan_jobs
from drumcorpus.ground.run.code_listings import CODE_LISTINGS, read_listings
from drumcorpus.ground.run.earlier_times import earlier_times
from drumcorpus.ground.run.expected_reads import Amount, ExpectedReads
from drumcorpus.ground.run.plan_report import PlanReport, plan_report
from drumcorpus.ground.run.planned_work import PlannedWork
from drumcorpus.ground.run.raw_changes import RawFiles
from drumcorpus.ground.run.time_estimates import TimeEstimates
from drumcorpus.ground.run.today import INVENTORY

# The page of the inventory, which has how long the sound of each source set is.
INVENTORY_REPORT = Path("reports/inventory.json")


def plan_of_run(
    checkout: Path, options: Sequence[str], targets: Sequence[str], *, cores: int
) -> PlanReport:
    """What a run in the present folder would do; nothing is made or written.

    Parameters
    ----------
    checkout : Path
        Folder of the Snakefile.
    options : sequence of str
        ``--configfile`` and ``--config`` with their values.
    targets : sequence of str
    cores : int
        Of the run.

    Raises
    ------
    ValueError
        If the configuration is refused, or nothing makes a target.
    """
    planned = plan_jobs(checkout, options, targets, forced=False)
    if planned["problem"]:
        raise ValueError(planned["problem"])
    raw = RawFiles()
    listings = read_listings(CODE_LISTINGS)
    work = PlannedWork(planned, checkout, raw_changes=raw.changes, listings=listings).jobs
    jobs = planned["jobs"]
    seconds = _sound_by_the_inventory()
    reads = ExpectedReads(
        jobs,
        raw_sound=raw.sound_bytes,
        published={name: card for name, card in _published(jobs).items() if name not in seconds},
        seconds=seconds,
    )
    times = TimeEstimates(jobs, earlier_times(jobs), reads)
    return plan_report(
        planned, work, reads, times, raw_bytes=raw.bytes_to_read, targets=targets, cores=cores
    )


def _sound_by_the_inventory() -> dict[str, float]:
    """Seconds of sound of each source set, as the page of the inventory has them."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        rows = read_json(INVENTORY_REPORT)["source_sets"]
        return {row["source_set"]: float(row["audio"]) for row in rows if row["audio"]}
    return {}


def _published(jobs: list[Mapping]) -> dict[str, Amount]:
    """What the cards say of the source sets that a plan takes the inventory of."""
    amounts = {}
    for job in jobs:
        if job["rule"] == INVENTORY:
            card = read_yaml(dict(job["inputs"])["card"])
            amounts[job["wildcards"]["source_set"]] = _largest_release(card)
    return amounts


def _largest_release(card: Mapping) -> Amount:
    """Notes, sessions and hours of the release that has most of each."""
    most: dict[str, float] = {}
    for release in card.get("published", ()):
        for row in release.get("figures", ()):
            if "part" not in row and isinstance(row.get("count"), int | float):
                most[row["figure"]] = max(most.get(row["figure"], 0), row["count"])
    hours = most.get("hours")
    return Amount(
        events=most.get("notes"), sessions=most.get("sessions"), seconds=hours and hours * 3600
    )
