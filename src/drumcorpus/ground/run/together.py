"""Several jobs in one process, one after the other, each with its own log and run manifest.

To a script its job looks as if it were alone. What it leaves in the process that is of the job
alone, the handlers of its log, is taken away before the next one begins.
"""

import hashlib
import logging
import resource
import runpy
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

from drumcorpus.ground.run.run_log import peak_memory_mb

# An environment variable that asks for a process of its own for every job.
ALONE_ASKED = "DRUMCORPUS_ALONE"
# Steps that a sentence names.
MOST_NAMED = 4
# What a benchmark file has, and what of it is measured here; the others are not known of a part.
HEADER = "s h:m:s max_rss max_vms max_uss max_pss io_in io_out mean_load cpu_time".split()  # noqa: SIM905


def spread(names: Sequence[str], n_groups: int) -> list[list[str]]:
    """Names in groups of about equal length, in turn: none is empty, and the order stays."""
    return [list(names[number::n_groups]) for number in range(min(n_groups, len(names)))]


def in_batches(names: Sequence[str], most: int) -> list[list[str]]:
    """Names in at most so many batches of about equal length, one after the other."""
    n = min(most, len(names))
    ends = [round(number * len(names) / n) for number in range(n + 1)] if n else [0]
    return [list(names[start:end]) for start, end in pairwise(ends)]


class Parts(list):
    """What is to be done of several jobs, as a parameter of Snakemake's.

    Snakemake evaluates the parameters of every job of a plan; of most it looks at none. So the jobs
    are described when they are first looked at. It records each parameter as Python shows it, once
    for every product of a job: hence in few bytes.

    Parameters
    ----------
    describe : callable
        Returns the jobs.
    recorded : callable
        Returns what differs wherever the description of a job does, in plain values.
    """

    def __init__(self, describe: Callable[[], Iterable], recorded: Callable[[], list]):
        super().__init__()
        self._describe: Callable[[], Iterable] | None = describe
        self._recorded = recorded

    def _look(self) -> None:
        if self._describe is not None:
            self.extend(self._describe())
            self._describe = None

    def __iter__(self) -> Iterator:
        self._look()
        return super().__iter__()

    def __len__(self) -> int:
        self._look()
        return super().__len__()

    def __getitem__(self, place):
        self._look()
        return super().__getitem__(place)

    def __repr__(self) -> str:
        recorded = self._recorded()
        return f"{len(recorded)} jobs {hashlib.sha256(repr(recorded).encode()).hexdigest()}"

    def __reduce__(self) -> tuple:
        """A script is handed the jobs, in a process that cannot describe them."""
        return list, (list(self),)


def steps_of_process(steps: Iterable[str], typed: Sequence[str], *, is_main: bool) -> list[str]:
    """The steps that a process needs rules of: of a process that Snakemake starts for its jobs,
    those of the jobs alone.

    Parameters
    ----------
    steps : iterable of str
    typed : sequence of str
        Command line of the process. Snakemake names the rules of the jobs in it.
    is_main : bool
        Whether it is the process that plans.
    """
    if is_main or "--allowed-rules" not in typed:
        return list(steps)
    return [step for step in steps if f"together_{step}" in typed]


def named_alone(typed: Mapping[str, object], rules_of_steps: Mapping[str, Iterable[str]]) -> str:
    """What to say where a call names rules whose jobs Snakemake sees only together.

    It would pass over them without a word. Empty where none is named.

    Parameters
    ----------
    typed : mapping
        Snakemake's options as typed.
    rules_of_steps : mapping
        The rules of each step's jobs.
    """
    named = {
        str(rule): option
        for option in ("forcerun", "until", "omit_from", "prioritize", "allowed_rules")
        for rule in typed.get(option) or ()
    }
    sentences = []
    for rule, option in named.items():
        if steps := [step for step, rules in rules_of_steps.items() if rule in rules]:
            names = ", ".join(f"together_{step}" for step in steps[:MOST_NAMED])
            also = f" and {len(steps) - MOST_NAMED} more" if len(steps) > MOST_NAMED else ""
            sentences.append(
                f"--{option.replace('_', '-')} {rule}: passes over jobs of this rule that are done "
                f"in {names}{also}; name these instead, or set {ALONE_ASKED}=1 for a process "
                "per job"
            )
    return "\n".join(sentences)


def do_parts(snakemake) -> None:
    """Run the script of every job in `snakemake.params.parts`.

    A job whose products are fresh leaves, and the next one begins. Where one fails, those before it
    have been finished and those after it are not begun.

    Parameters
    ----------
    snakemake
        What Snakemake hands to the script that does them; each part is a mapping of `rule`,
        `wildcards`, `input`, `output`, `params`, `log`, `benchmark` and `threads`.
    """
    for part in snakemake.params.parts:
        started, cpu = time.time(), _cpu_seconds()
        alone = SimpleNamespace(
            rule=part["rule"],
            scriptdir=snakemake.scriptdir,
            **{name: part[name] for name in ("wildcards", "input", "output", "params", "log")},
            threads=min(part["threads"], snakemake.threads),
        )
        script = Path(snakemake.scriptdir, f"{part['rule']}.py")
        try:
            runpy.run_path(str(script), {"snakemake": alone}, "__main__")
        except SystemExit as end:  # its products are fresh
            if end.code:
                raise
        _close_log()
        write_benchmark(part["benchmark"], time.time() - started, _cpu_seconds() - cpu)


def write_benchmark(path: str, seconds: float, cpu_seconds: float) -> None:
    """The benchmark file of one part, as Snakemake writes it.

    Its memory is the peak of the process so far.
    """
    measured = {
        "s": f"{seconds:.4f}",
        "h:m:s": time.strftime("%H:%M:%S", time.gmtime(seconds)).removeprefix("0"),
        "max_rss": f"{peak_memory_mb():.2f}",
        "cpu_time": f"{cpu_seconds:.2f}",
    }
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    rows: list[Sequence[str]] = [HEADER, [measured.get(name, "NA") for name in HEADER]]
    Path(path).write_text("".join("\t".join(row) + "\n" for row in rows))


def _close_log() -> None:
    """Close the log of a job, so that the next one has its own."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()


def _cpu_seconds() -> float:
    """Seconds of processor time of this process and the children that have ended."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
