"""One line for each stage that a run has finished, where no terminal has a bar."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

from drumcorpus.ground.run.progress_bar import in_short


class StageLines:
    """Which stages are finished, from the events of Snakemake with what `PartsOfJobs` adds.

    Parameters
    ----------
    clock : callable
        Gives a time (s).
    """

    def __init__(self, clock: Callable[[], float]):
        self.clock = clock
        self._planned: Counter[str] = Counter()
        self._parts: dict[object, list] = {}
        self._done: dict[str, list[Mapping]] = defaultdict(list)
        self._began: dict[str, float] = {}

    def hear(self, event: str, fields: Mapping) -> list[str]:
        """Take one event into account; returns the lines of the stages that it finished."""
        if event == "run_info":
            self._planned = Counter(fields.get("planned", {}))
        elif event == "job_info":
            parts = self._parts[fields["jobid"]] = fields.get("parts", [])
            for stage, *_ in parts:
                self._began.setdefault(stage, self.clock())
        elif event == "job_finished":
            parts = self._parts.pop(fields.get("job_id"), [])
            for stage, _, names in parts:
                self._done[stage].append(names)
            stages = dict.fromkeys(stage for stage, *_ in parts)
            return [self._line(s) for s in stages if len(self._done[s]) == self._planned[s]]
        return []

    def _line(self, stage: str) -> str:
        names = self._done[stage]
        sets = {each["source_set"] for each in names if "source_set" in each}
        shards = {(each["source_set"], each["shard"]) for each in names if "shard" in each}
        said = [_count(len(sets), "set"), _count(len(shards), "shard")]
        said = [each for each in said if each] or [_count(len(names), "job")]
        return f"{stage}: {', '.join(said)}, {in_short(self.clock() - self._began[stage])}"


def _count(n: int, unit: str) -> str:
    return f"{n:,} {unit}{'' if n == 1 else 's'}" if n else ""
