"""A plan as people read it: one line for each rule, why in full below, and what it comes to."""

import textwrap
from collections.abc import Iterable

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.pages.shown import data_size
from drumcorpus.ground.run.plan_differences import CODE, SOFTWARE
from drumcorpus.ground.run.plan_report import PlanReport, RuleLine
from drumcorpus.ground.run.planned_work import (
    ASKED,
    MISSING,
    NEW,
    RAW_DATA,
    SETTING,
    UPSTREAM,
    Cause,
)
from drumcorpus.ground.run.time_estimates import AT_MOST, UNKNOWN

# Narrower than this the reasons cannot be read, wider the lines cannot.
NARROWEST, WIDEST = 80, 100
_HEAD = f"{'rule':<22}{'work':>6}{'may':>6}{'ask':>6}{'hours':>8}{'GB':>8}{'time':>9}  why"
_LEFT = len(_HEAD) - len("why")
# What a person may have meant by it is told first.
_FIRST = (SETTING, RAW_DATA, SOFTWARE, CODE)
N_NAMED = 4  # source sets, or rules, in a sentence


def plan_in_words(report: PlanReport, width: int = WIDEST) -> str:
    """The plan as text.

    Parameters
    ----------
    report : PlanReport
    width : int
        Columns of the terminal; lines are at most `WIDEST` long.
    """
    width = max(NARROWEST, min(width, WIDEST))
    targets = ", ".join(visible(target) for target in report.targets)
    n_asked = sum(line.works + line.may_work + line.asks for line in report.lines)
    if not n_asked:
        jobs = f"the products of all {_jobs(report.stands)} on the way to {targets}"
        return f"Nothing to do: {jobs} stand."
    n_sets = len(report.source_sets)
    rows = [_row(line, n_sets, width) for line in report.lines]
    below = [*_reasons(report, width), *_sums(report, width)]
    return "\n".join([_HEAD, *rows, _total(report), "", *below])


def _row(line: RuleLine, n_sets: int, width: int) -> str:
    does = line.works or line.may_work
    cells = [
        f"{line.rule:<22}",
        *(f"{n_jobs or '':>6}" for n_jobs in (line.works, line.may_work, line.asks)),
        f"{_hours(line.sound_seconds) if does else '':>8}",
        f"{_gigabytes(line.read_bytes) if does else '':>8}",
        f"{_time(line) if does else '':>9}",
    ]
    text = f"{''.join(cells)}  {_why(line, n_sets)}"
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"


def _total(report: PlanReport) -> str:
    lines = report.lines
    sums = [sum(getattr(line, name) for line in lines) for name in ("works", "may_work", "asks")]
    sound = sum(line.sound_seconds or 0 for line in lines)
    n_bytes = sum(line.read_bytes or 0 for line in lines)
    seconds = sum(line.seconds for line in lines)
    n_untimed = sum(line.n_untimed for line in lines)
    time = f"{'>' if n_untimed else ''}{duration(seconds)}"
    return (
        f"{'total':<22}{sums[0] or '':>6}{sums[1] or '':>6}{sums[2] or '':>6}"
        f"{_hours(sound or None):>8}{_gigabytes(n_bytes):>8}{time:>9}  one by one"
    )


def _why(line: RuleLine, n_sets: int) -> str:
    """The reasons of a rule in few words, those that are sure first."""
    new = [cause for cause in line.causes if cause.kind == NEW]
    own = [cause for cause in line.causes if cause.kind not in (NEW, UPSTREAM, ASKED)]
    own.sort(key=lambda cause: _FIRST.index(cause.kind) if cause.kind in _FIRST else len(_FIRST))
    words = []
    if new:
        is_part = 0 < len(line.source_sets) < n_sets
        words.append(f"new: {_named(line.source_sets)}" if is_part else "new")
    words += [_short(cause) for cause in own[:1]]
    if len(own) > 1:
        words[-1] += f" and {len(own) - 1:,} more"
    if not words and line.may_work:
        rules = [cause.name for cause in line.causes if cause.kind == UPSTREAM]
        others = f" or {len(rules) - 1:,} more" if len(rules) > 1 else ""
        words.append(f"if {rules[0]}{others} changes")
    if not words:
        words = [cause.name for cause in line.causes if cause.kind == ASKED][:1]
    return "; ".join(words)


def _short(cause: Cause) -> str:
    if cause.kind == SETTING:
        return f"setting {cause.name} {cause.detail}"
    if cause.kind == CODE:
        return f"code: {cause.name} {cause.detail}".rstrip()
    if cause.kind == MISSING:
        return f"missing: {cause.name}"
    return f"{cause.kind}: {cause.name}" + (f": {cause.detail}" if cause.detail else "")


def _reasons(report: PlanReport, width: int) -> list[str]:
    """Each reason once, in full, with the rules whose jobs it makes work."""
    of_cause: dict[Cause, list[str]] = {}
    for line in report.lines:
        for cause, n_jobs in line.causes.items():
            if cause.kind not in (NEW, UPSTREAM, ASKED):
                of_cause.setdefault(cause, []).append(f"{line.rule} ({_jobs(n_jobs)})")
    if not of_cause:
        return []
    lines = ["why, in full:"]
    for cause, rules in of_cause.items():
        detail = f": {cause.detail}" if cause.detail else ""
        text = f"{cause.kind}: {visible(cause.name)}{detail}"
        lines += textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="    ")
        lines += textwrap.wrap(
            f"of {', '.join(rules)}", width, initial_indent="    ", subsequent_indent="    "
        )
    return [*lines, ""]


def _sums(report: PlanReport, width: int) -> list[str]:
    lines = report.lines
    works, may, asks = (
        sum(getattr(line, name) for line in lines) for name in ("works", "may_work", "asks")
    )
    verbs = [f"{_jobs(works)} will work"]
    if may:
        verbs.append(f"{may:,} work only if what they read changes (may)")
    if asks:
        verbs.append(f"{asks:,} only ask whether their products are fresh, and leave (ask)")
    if report.stands:
        verbs.append(f"{report.stands:,} are not asked")
    sentences = [f"{'; '.join(verbs)}.", _clock_in_words(report), _disk_in_words(report)]
    sentences += _memory_in_words(report)
    wrapped = (textwrap.wrap(each, width, subsequent_indent="  ") for each in sentences if each)
    return [line for lines in wrapped for line in lines]


def _clock_in_words(report: PlanReport) -> str:
    clock, cores = report.clock, report.cores
    least, most = duration(clock.least), duration(clock.most)
    where = f"on {cores} core{'s' if cores != 1 else ''}"
    n_untimed = sum(line.n_untimed for line in report.lines)
    about = "At least" if n_untimed else "About"
    about = f"{about} {most}" if least == most else f"{about} {least} to {most}"
    text = f"{about} {where}, {duration(clock.chain)} of it in the longest chain of jobs"
    notes = []
    if any(line.time == AT_MOST for line in report.lines):
        notes.append("< are upper limits, of rules that have not run here")
    if n_untimed:
        notes.append(f"> and ? are without {_jobs(n_untimed)} of unknown time")
    return f"{text}{'; ' if notes else ''}{'; '.join(notes)}."


def _disk_in_words(report: PlanReport) -> str:
    known = [line.written_bytes for line in report.lines if line.written_bytes is not None]
    n_unknown = sum(
        line.written_bytes is None and bool(line.works or line.may_work) for line in report.lines
    )
    free = "" if report.free_bytes is None else f"; {data_size(report.free_bytes)} are free here"
    if not known:
        return ""
    rules = f"{n_unknown:,} rules that have" if n_unknown != 1 else "1 rule that has"
    without = f", without {rules} not run here" if n_unknown else ""
    short = report.free_bytes is not None and sum(known) > report.free_bytes
    need = ": not enough" if short else ""
    return f"Writes about {data_size(sum(known))}{without}{free}{need}."


def _memory_in_words(report: PlanReport) -> list[str]:
    largest = max(report.lines, key=lambda line: line.mem_mb)
    if not largest.mem_mb:
        return []
    at_least = "at least " if largest.n_untimed else ""
    text = f"The largest job ({largest.rule}) asks for {at_least}{largest.mem_mb:,} MB of memory"
    if report.memory_mb is None:
        return [f"{text}."]
    if largest.mem_mb > report.memory_mb:
        return [f"{text}, more than the {report.memory_mb:,} MB here: it runs alone, and may fail."]
    return [f"{text}, of {report.memory_mb:,} MB here."]


def _time(line: RuleLine) -> str:
    if line.time == UNKNOWN:
        return f">{duration(line.seconds)}" if line.seconds else "?"
    return f"{'<' if line.time == AT_MOST else ''}{duration(line.seconds)}"


def duration(seconds: float) -> str:
    """A duration in its two largest units.

    Examples
    --------
    >>> duration(0.4), duration(42), duration(61), duration(3725), duration(200_000)
    ('1 s', '42 s', '1 min', '1 h 02', '56 h')
    """
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 2880:
        return f"{minutes // 60} h {minutes % 60:02d}"
    return f"{round(minutes / 60):,} h"


def _hours(seconds: float | None) -> str:
    if seconds is None:
        return ""
    hours = seconds / 3600
    return f"{hours:,.0f}" if hours >= 100 else f"{hours:.2g}"


def _gigabytes(n_bytes: int | None) -> str:
    if n_bytes is None:
        return "?"
    size = n_bytes / 1e9
    return f"{size:,.0f}" if size >= 100 else f"{size:.2g}" if size >= 0.01 else "<0.01"


def _jobs(n_jobs: int) -> str:
    return f"{n_jobs:,} job{'s' if n_jobs != 1 else ''}"


def _named(names: Iterable[str], n_named: int = N_NAMED) -> str:
    names = list(names)
    more = f" and {len(names) - n_named:,} more" if len(names) > n_named else ""
    return ", ".join(visible(name) for name in names[:n_named]) + more
