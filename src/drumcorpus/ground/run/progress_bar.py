"""One line that says how far a run is: a bar, steps, the time left, and what runs now."""

from collections.abc import Callable, Mapping, Sequence

TOGETHER = "together_"  # begins the rules of jobs that are done together
MOST_CELLS, FEWEST_CELLS = 24, 4  # of the bar
FULL, EMPTY = "█", "░"
PLAIN_FULL, PLAIN_EMPTY = "#", "."  # where the terminal has no such characters


class ProgressBar:
    """The state of a run, from the events of Snakemake.

    Parameters
    ----------
    clock : callable
        Gives a time (s).
    at_work : callable
        Gives the titles of the jobs that have begun and not ended, in the order of their
        beginning, those that are done together too.

    Attributes
    ----------
    total, done : int
        Steps of the run.
    running : dict
        What runs now, by number of the job, in the order of their beginning.
    """

    def __init__(self, clock: Callable[[], float], at_work: Callable[[], Sequence[str]] = list):
        self.clock, self.at_work = clock, at_work
        self.total = self.done = 0
        self.running: dict[object, str] = {}
        self._parts: dict[object, set[str]] = {}
        self._began: float | None = None

    def hear(self, event: str, fields: Mapping) -> None:
        """Take one event into account.

        Parameters
        ----------
        event : str
            Its name, as of Snakemake's ``LogEvent``.
        fields : mapping
            Of its record.
        """
        if event == "run_info":
            self.total = fields.get("stats", {}).get("total", self.total)
            self._began = self.clock()
        elif event == "progress":
            self.done, self.total = fields["done"], fields["total"]
        elif event == "job_info":
            names = (fields.get("wildcards") or {}).values()
            number, rule = fields["jobid"], fields["rule_name"]
            self.running[number] = " ".join([rule.removeprefix(TOGETHER), *names])
            if rule.startswith(TOGETHER):
                parts = fields.get("parts", ())
                self._parts[number] = {" ".join([part, *own.values()]) for _, part, own in parts}
        elif event in ("job_finished", "job_error"):
            number = fields.get("job_id", fields.get("jobid"))
            self.running.pop(number, None)
            self._parts.pop(number, None)

    def names(self) -> list[str]:
        """What runs now; of jobs done together the one that is at work, else their step."""
        titles = list(self.at_work()) if self._parts else []
        return [
            next((title for title in titles if title in self._parts.get(number, ())), name)
            for number, name in self.running.items()
        ]

    def seconds_left(self) -> float | None:
        """By the steps so far (s); None before the first is done."""
        if not self.done or self._began is None:
            return None
        return (self.clock() - self._began) / self.done * (self.total - self.done)

    def line(self, columns: int, encoding: str = "utf-8") -> str:
        """The line for a terminal of so many columns, in characters that it can show."""
        full, empty = (FULL, EMPTY) if _can(encoding) else (PLAIN_FULL, PLAIN_EMPTY)
        text = f" {self.done:,}/{self.total:,}"
        left = self.seconds_left()
        text += f" {in_short(left)} left" if left is not None and self.done < self.total else ""
        n_cells = min(MOST_CELLS, max(FEWEST_CELLS, columns // 4))
        n_full = n_cells * self.done // max(1, self.total)
        line = full * n_full + empty * (n_cells - n_full) + text
        if names := self.names():
            more = f" +{len(names) - 1}" if len(names) > 1 else ""
            room = columns - len(line) - 2 - len(more)
            name = names[0].encode(encoding, "replace").decode(encoding)
            if room >= FEWEST_CELLS:
                line += f"  {name if len(name) <= room else name[: room - 2] + '..'}{more}"
        return line[:columns]


def in_short(seconds: float) -> str:
    """A time in at most two units.

    Examples
    --------
    >>> [in_short(seconds) for seconds in (7.4, 95, 7260)]
    ['7 s', '1 min 35 s', '2 h 1 min']
    """
    n = round(seconds)
    if n < 60:
        return f"{n} s"
    if n < 3600:
        return f"{n // 60} min {n % 60} s"
    return f"{n // 3600:,} h {n % 3600 // 60} min"


def _can(encoding: str) -> bool:
    try:
        (FULL + EMPTY).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
