"""What a smoke run has measured, as tables and sentences, and what follows for the full run."""

from collections.abc import Mapping

from drumcorpus.stages.export.amounts import duration_in_words, size_in_words, text_table
from drumcorpus.stages.export.limits import limit_in_words

SAME_SHARE = 0.0005  # what shares of labels differ by that are shown with the same digits


def full_run(figures: Mapping) -> dict:
    """The full run as the smoke run lets expect it: each source set by its own rates.

    Parameters
    ----------
    figures : mapping
        As of `smoke.smoke_export`.

    Returns
    -------
    estimate : dict
        ``by_source_set``: ``records``, ``seconds`` of sound, ``bytes`` of the files of sound and
        ``work_seconds``, the last two None of a set of which nothing was made; ``records``,
        ``seconds``, ``bytes`` and ``work_seconds`` of all; ``run_seconds``: the work shared out
        among the cores, of which no more than shards can be in use, and the assembling.
    """
    part, whole = (of["statistics"] for of in (figures["metadata"], figures["forecast"]))
    by_source_set = {}
    for name, amounts in whole["by_source_set"].items():
        made = part["by_source_set"].get(name, {"seconds": 0})
        scale = amounts["seconds"] / made["seconds"] if made["seconds"] else None
        by_source_set[name] = {
            "records": amounts["records"],
            "seconds": amounts["seconds"],
            "bytes": scale and round(figures["written_bytes"][name] * scale),
            "work_seconds": scale and figures["cutting_seconds"][name] * scale,
        }
    total = {
        key: sum(of[key] or 0 for of in by_source_set.values())
        for key in ("records", "seconds", "bytes", "work_seconds")
    }
    n_at_once = max(1, min(figures["cores"], figures["n_shards"]))
    assembling = figures["assembling_seconds"] * whole["records"] / max(1, part["records"])
    run_seconds = total["work_seconds"] / n_at_once + assembling
    return {"by_source_set": by_source_set, **total, "run_seconds": run_seconds}


def smoke_in_words(figures: Mapping) -> str:
    """All that a smoke run has measured of one export.

    Parameters
    ----------
    figures : mapping
        As of `smoke.smoke_export`.
    """
    unit, estimate = figures["unit"], full_run(figures)
    work = duration_in_words(estimate["work_seconds"])
    cores = figures["cores"]
    n_at_once = max(1, min(cores, figures["n_shards"]))
    lines = [
        f"{limit_in_words(figures['metadata']['limit'], unit)}",
        _rates(figures),
        *_health(figures),
        f"The full run, about, on {cores:,} core{'s' if cores != 1 else ''}: "
        f"{duration_in_words(estimate['run_seconds'])}; it is {work} of work for one core, "
        f"{n_at_once:,} shard{'s' if n_at_once != 1 else ''} at a time.",
        _estimate_table(estimate, unit),
    ]
    verdict = [f"  NOT HEALTHY: {sentence}" for sentence in figures["sick"]]
    return "\n".join([*lines, *(verdict or ["  healthy"])])


def _rates(figures: Mapping) -> str:
    unit = figures["unit"]
    statistics = figures["metadata"]["statistics"]
    rows = []
    for name, seconds in figures["cutting_seconds"].items():
        of = statistics["by_source_set"].get(name, {"records": 0, "seconds": 0})
        rows.append([name, *_rate(of, figures["written_bytes"][name], seconds)])
    written = sum(figures["written_bytes"].values())
    rows.append(["all", *_rate(statistics, written, sum(figures["cutting_seconds"].values()))])
    header = ["source set", f"{unit}s", "sound", "size", "cut in"]
    rates = [f"{unit}s/s", "s of sound/s", "bytes/s"]
    return text_table([*header, *rates], rows)


def _rate(amounts: Mapping, n_bytes: int, seconds: float) -> list[str]:
    rates = [amounts["records"] / seconds, amounts["seconds"] / seconds]
    return [
        f"{amounts['records']:,}",
        duration_in_words(amounts["seconds"]),
        size_in_words(n_bytes),
        duration_in_words(seconds),
        *(f"{rate:,.0f}" for rate in rates),
        size_in_words(round(n_bytes / seconds)),
    ]


def _health(figures: Mapping) -> list[str]:
    report, checked, unit = figures["report"], figures["checked"], figures["unit"]
    reasons = [f"in {unit}s {report['exported']:,}"]
    reasons += [f"{reason} {n:,}" for reason, n in report["not_exported"].items()]
    read = ", ".join(f"{form} {n:,}" for form, n in checked["read"].items()) or "none"
    lines = [
        f"  events: {', '.join(reasons)}",
        f"  assembled in {duration_in_words(figures['assembling_seconds'])}; read back in "
        f"{duration_in_words(figures['reading_seconds'])} and held against the records: {read}",
    ]
    for name, of in checked["by_source_set"].items():
        lines.append(
            f"  {name}: {of['silent']:,} silent of {of['struck']:,} {unit}s in which something is "
            f"struck, {of['clipped']:,} clipped of {of['samples']:,}{_shares(figures, name)}"
        )
    return lines


def _shares(figures: Mapping, name: str) -> str:
    of = figures["label_shares"].get(name, {"label": None})
    if of["label"] is None:
        return ""
    if of["difference"] < SAME_SHARE:
        return "; shares of labels as in the manifest"
    part, whole = (
        100 * of[key].get(of["label"], 0) / sum(of[key].values()) for key in ("part", "whole")
    )
    return f"; shares of labels differ most in {of['label']}, {part:.1f} % for {whole:.1f} %"


def _estimate_table(estimate: Mapping, unit: str) -> str:
    rows = [[name, *_expected(of)] for name, of in estimate["by_source_set"].items()]
    rows.append(["all", *_expected(estimate)])
    return text_table(["source set", f"{unit}s", "sound", "size", "work"], rows)


def _expected(of: Mapping) -> list[str]:
    size, work = of["bytes"], of["work_seconds"]
    return [
        f"{of['records']:,}",
        duration_in_words(of["seconds"]),
        "?" if size is None else size_in_words(size),
        "?" if work is None else duration_in_words(work),
    ]
