"""What a run would do, asked of snakemake, the run manifests, the raw files and earlier times."""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.paths import SOUND_ENDINGS
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.ask_snakemake import plan_jobs
from drumcorpus.ground.run.code_listings import CODE_LISTINGS, read_listings
from drumcorpus.ground.run.earlier_times import earlier_times
from drumcorpus.ground.run.expected_reads import Amount, ExpectedReads
from drumcorpus.ground.run.job_plan import INVENTORY
from drumcorpus.ground.run.plan_report import PlanReport, plan_report
from drumcorpus.ground.run.planned_work import PlannedWork
from drumcorpus.ground.run.raw_changes import RawFiles
from drumcorpus.ground.run.time_estimates import TimeEstimates

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
    # Those that stand tell how long the others take; where nothing is to be done, nobody asks.
    jobs = planned["jobs"] if work else []
    seconds = _sound_by_the_inventory()
    reads = ExpectedReads(
        jobs,
        raw_sound=raw.sound_bytes,
        published=_published(jobs, raw.sound_files),
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


def _published(jobs: Sequence[Mapping], n_files: Mapping[str, int]) -> dict[str, Amount]:
    """What the cards say of the source sets that a plan takes the inventory of.

    Where fewer sound files are here than were published, it is as large a part.
    """
    amounts = {}
    for job in jobs:
        if job["rule"] == INVENTORY:
            source_set = job["wildcards"]["source_set"]
            card = read_yaml(dict(job["inputs"])["card"])
            amounts[source_set] = published_amount(card, n_files.get(source_set))
    return amounts


def published_amount(card: Mapping, n_files: int | None) -> Amount:
    """Notes, sessions and hours of the release of a card that has most of each.

    Parameters
    ----------
    card : mapping
    n_files : int or None
        Sound files that are here; None where they are not known, and all count as here.
    """
    most: dict[str, float] = {}
    for release in card.get("published", ()):
        for row in release.get("figures", ()):
            if "part" in row or not isinstance(row.get("count"), int | float):
                continue
            name = row["figure"]
            if name == "files" and row.get("kind") not in SOUND_ENDINGS:
                continue
            most[name] = max(most.get(name, 0), row["count"])
    hours = most.get("hours")
    whole = Amount(
        events=most.get("notes"), sessions=most.get("sessions"), seconds=hours and hours * 3600
    )
    # A session has one sound file at the least.
    of = most.get("files") or most.get("sessions")
    return whole if n_files is None or not of else whole.times(min(1, n_files / of))
