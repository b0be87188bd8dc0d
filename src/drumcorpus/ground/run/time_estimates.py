"""How long planned jobs will take, by what earlier runs took for as much.

A job that has run here takes as long as it took. Any other takes, of its rule, what the others took
for each event, session or byte of sound, beside the start. A rule that has not run here takes at
most what `resources.NEEDS` says, which was measured on a slow, busy node; where it is not known how
much the job reads, it is not known how long it takes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drumcorpus.ground.run.earlier_times import EarlierTimes, key_of
from drumcorpus.ground.run.expected_reads import Amount, ExpectedReads
from drumcorpus.ground.run.resources import NEEDS

# Start of a Python process with the imports of a short job, s, where nothing was measured.
START = 1.0
# Where an estimate comes from.
MEASURED, AT_MOST, UNKNOWN = "measured", "at most", "unknown"


@dataclass(frozen=True)
class Estimate:
    """Seconds of one job, and where they come from; None where that is not known."""

    seconds: float | None
    source: str


class TimeEstimates:
    """Estimates of the jobs of a plan.

    Parameters
    ----------
    jobs : iterable of mapping
        All jobs of the plan, as of `ask_snakemake.plan_jobs`: those that stand teach too.
    times : EarlierTimes
    reads : ExpectedReads
    """

    def __init__(self, jobs: Iterable[Mapping], times: EarlierTimes, reads: ExpectedReads):
        self._times, self._reads = times, reads
        asked = sorted(times.asked.values())
        self.ask = asked[len(asked) // 2] if asked else START
        self._of_rule: dict[str, list[tuple[float, float | None]]] = {}
        for job in jobs:
            seconds = times.worked.get(key_of(job["rule"], job["wildcards"]))
            if seconds is not None:
                units = _units(job["rule"], reads.of(job))
                self._of_rule.setdefault(job["rule"], []).append((seconds, units))

    def of(self, job: Mapping) -> Estimate:
        """How long a job works."""
        rule, own = job["rule"], self._times.worked.get(key_of(job["rule"], job["wildcards"]))
        if own is not None:
            return Estimate(own, MEASURED)
        amount = self._reads.of(job)
        others = self._of_rule.get(rule)
        if others and (seconds := _by_others(others, _units(rule, amount))) is not None:
            return Estimate(seconds, MEASURED)
        seconds = _by_needs(rule, amount)
        return Estimate(seconds, UNKNOWN if seconds is None else AT_MOST)


def _units(rule: str, amount: Amount) -> float | None:
    """How much a job has to do, in the unit that its rule goes by; 1 where it goes by none."""
    need = NEEDS.get(rule)
    if need is None:
        return 1
    if need.minutes_sound:
        return amount.sound_bytes
    if need.minutes_events or need.mb_events:
        return amount.events
    if need.minutes_sessions or need.mb_sessions:
        return amount.sessions
    return 1


def _by_others(others: list[tuple[float, float | None]], units: float | None) -> float | None:
    """By the other jobs of the rule: their quickest as the start, the mean rate for all else."""
    known = [(seconds, n_units) for seconds, n_units in others if n_units is not None]
    if units is None or not known:
        return None
    total = sum(n_units for _, n_units in known)
    start = min(START, *(seconds for seconds, _ in known))
    if not total:
        return sum(seconds for seconds, _ in known) / len(known)
    return start + sum(seconds - start for seconds, _ in known) / total * units


def _by_needs(rule: str, amount: Amount) -> float | None:
    """By what was measured at production size on a slow node; without the floor of a request."""
    need = NEEDS.get(rule)
    if need is None:
        return None
    terms = (
        (need.minutes_events, amount.events, 1e6),
        (need.minutes_sessions, amount.sessions, 1e3),
        (need.minutes_sound, amount.sound_bytes, 1e9),
    )
    wanted = [(minutes, value, size) for minutes, value, size in terms if minutes]
    if any(value is None for _, value, _ in wanted):
        return None
    return START + sum(60 * minutes * value / size for minutes, value, size in wanted)
