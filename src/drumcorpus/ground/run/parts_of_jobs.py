"""What each job of a run does, told to those who show the run: stage, source set and shard."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence

from drumcorpus.ground.run.progress_bar import TOGETHER

Part = tuple[str, str, Mapping[str, str]]


class PartsOfJobs(logging.Filter):
    """Adds to Snakemake's record of a job its `parts`, and to that of a run how many it has.

    A part is (stage, rule, wildcards); a job of its own has one, one of jobs done together has all
    of its step. The record of a run gets `planned`, the number of parts by stage.

    Parameters
    ----------
    stages : mapping of str to str
        The stage of each rule that has a script; targets have none.
    steps : mapping
        The jobs of each step, as pairs of rule and wildcards.
    """

    def __init__(
        self,
        stages: Mapping[str, str],
        steps: Mapping[str, Sequence[tuple[str, Mapping[str, str]]]],
    ):
        super().__init__()
        self.stages, self.steps = stages, steps

    def filter(self, record: logging.LogRecord) -> bool:
        """Add to one record; none is held back."""
        event = getattr(getattr(record, "event", None), "name", "")
        if event == "JOB_INFO":
            names = dict(getattr(record, "wildcards", None) or {})
            record.parts = self._parts(record.rule_name, names)
        elif event == "RUN_INFO":
            stats = getattr(record, "stats", {})
            record.planned = Counter()
            for rule in stats:
                for stage, *_ in self._parts(rule, {}) if rule != "total" else ():
                    record.planned[stage] += stats[rule]
        return True

    def _parts(self, rule: str, names: Mapping[str, str]) -> list[Part]:
        jobs = [(rule, names)]
        if rule.startswith(TOGETHER):
            jobs = self.steps.get(rule.removeprefix(TOGETHER), jobs)
        return [(self.stages[name], name, own) for name, own in jobs if name in self.stages]
