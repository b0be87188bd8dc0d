"""Two health reports, figure by figure: what differs, and what differs more than it may.

A figure is any number below the keys of a report; it has the path of its keys. What only one of
two reports has measured is a difference, never an agreement.
"""

from collections.abc import Mapping

from drumcorpus.ground.files.figures import (
    BLESSED,
    NONE,
    NOTHING_BLESSED,
    Keys,
    check_schema,
    figures_of,
    iter_differences,
    tolerances_of,
)

SCHEMA = "drumcorpus.comparison/1"
FIGURES = "drumcorpus.health_baseline/1"
# Verdicts and what rests on baselines themselves: no figures of a corpus.
NOT_FIGURES = ("gates", "audit", "drift", "loudness_drift", "schema")
# Not blessed, so that a person can read all that blessing changes: spreads, whose medians are
# blessed, and cells, whose sums are.
TOO_FINE = ("quantiles", "hit_levels", "family_offsets", "by_set_and_split", "by_label")
N_ROWS = 2000  # of differences listed
THE_SET = "(source set)"  # in the path of a figure, where two sets are held against each other
DIGITS = 9

Row = dict  # figure, a, b, difference, relative, beyond, source_set


def compare_reports(a: Mapping, b: Mapping, tolerances: Mapping) -> dict:
    """Compare two health reports.

    Where each is of one source set and these are two, counts are listed and not judged, for their
    sizes differ; the share of each label is a figure then.

    Parameters
    ----------
    a, b : mapping
        Reports of manifests or of source sets; `a` is the earlier, or the yardstick.
    tolerances : mapping
        A difference within any of them is not beyond: ``count`` of whole numbers, ``fraction`` of
        other figures in their own unit, ``relative`` to the larger. Under ``per_set``, by source
        set, those that hold for its figures.

    Returns
    -------
    comparison : dict
        ``two_source_sets``; ``n_figures``, ``n_differences``, ``n_beyond``; ``differences``, those
        beyond first, each with ``figure`` (path of keys), ``a``, ``b`` (None: not measured),
        ``difference``, ``relative``, ``beyond``, ``source_set`` and ``note``; how many
        ``more_differences`` there are; and a ``sentence``.

    Raises
    ------
    ValueError
        If a report has no figure at all.
    """
    sets = [source_sets_of(report) for report in (a, b)]
    two_sets = all(len(names) == 1 for names in sets) and sets[0] != sets[1]
    aliases = {names[0]: THE_SET for names in sets} if two_sets else {}
    if two_sets:
        a, b = with_shares(a), with_shares(b)
    before, after = _figures(a, aliases), _figures(b, aliases)
    if not before or not after:
        raise ValueError(f"report {'b' if before else 'a'} has no figure; nothing can be compared")
    rows = _unmeasured(a, b)
    lacking = {row["figure"] for row in rows}
    for keys, *values in iter_differences(before, after):
        if keys[0] in lacking or (row := _row(keys, *values)) is None:
            continue
        row["source_set"] = next((key for key in keys if key in {*sets[0], *sets[1]}), None)
        judges = sets[0] + sets[1] if two_sets else [row["source_set"]]
        limits = [tolerances_of(name, tolerances) for name in judges]
        row["beyond"] = not (two_sets and _is_whole(row)) and _is_beyond(row, limits)
        rows.append(row)
    rows.sort(key=lambda row: (not row["beyond"], row["figure"]))
    return {
        "schema": SCHEMA,
        "kind": "health",
        "two_source_sets": two_sets,
        **_summary(len(before.keys() | after.keys()), rows),
        "tolerances": dict(tolerances),
    }


def compare_with_blessed(figures: Mapping, blessed: Mapping | None, tolerances: Mapping) -> dict:
    """Compare the figures of a report with those that are blessed, if any.

    Parameters
    ----------
    figures, blessed : mapping
        As of `health_figures`; None where nothing is blessed.
    tolerances : mapping
        As of `compare_reports`.

    Returns
    -------
    comparison : dict
        As of `compare_reports`, `a` being what is blessed, with ``baseline``: ``blessed`` or
        ``none``, and then no difference.

    Raises
    ------
    ValueError
        If `blessed` is no such document.
    """
    if blessed is None:
        comparison = compare_reports(figures, figures, tolerances)
        return comparison | {"baseline": NONE, "sentence": NOTHING_BLESSED}
    check_schema(blessed, FIGURES, "the blessed health report")
    return compare_reports(blessed, figures, tolerances) | {"baseline": BLESSED}


def health_figures(report: Mapping) -> dict:
    """The figures of a health report in its own nesting: what is blessed, small enough to keep.

    Left out are text and lists (examples, bins), what rests on baselines itself, what is too fine
    to be read, and counts of nothing, which a comparison takes to be there.
    """
    sections = {
        key: _numbers_of(value)  # empty where all counts are 0: it was measured
        for key, value in report.items()
        if isinstance(value, Mapping) and key not in NOT_FIGURES
    }
    return {"schema": FIGURES, **sections}


def source_sets_of(report: Mapping) -> list[str]:
    """The source sets of a report, those without an event too."""
    names = set(report.get("source_sets") or ())
    for section in ("audio_checks", "durations"):
        names |= set((report.get(section) or {}).get("by_source_set") or ())
    rows = (report.get("sessions") or {}).get("by_source_set_and_split") or ()
    return sorted(names | {row["source_set"] for row in rows})


def with_shares(report: Mapping) -> dict:
    """The report with each label's share of the hits, which does not hang on the size of a set."""
    labels = report.get("labels") or {}
    totals = {label: (row or {}).get("total", 0) for label, row in labels.items()}
    whole = sum(totals.values())
    shares = {label: round(n / whole, DIGITS) for label, n in totals.items() if n}
    return {**report, "label_shares": shares} if labels else dict(report)


def _numbers_of(document: Mapping) -> dict:
    numbers = {}
    for key, value in document.items():
        if key in TOO_FINE:
            continue
        if isinstance(value, Mapping):
            inner = _numbers_of(value)
            if inner:
                numbers[key] = inner
        elif _is_number(value) and (value or isinstance(value, float)):
            numbers[key] = value
    return numbers


def _figures(report: Mapping, aliases: Mapping[str, str]) -> dict[Keys, float]:
    """Every number of a report by its keys."""
    sections = {key: value for key, value in report.items() if key not in NOT_FIGURES}
    numbers = figures_of(sections, _is_number)
    return {tuple(aliases.get(key, key) for key in keys): n for keys, n in numbers.items()}


def _unmeasured(a: Mapping, b: Mapping) -> list[Row]:
    """A row for each section that only one of two reports has measured."""
    sides = [
        {key for key, value in report.items() if isinstance(value, Mapping)} - set(NOT_FIGURES)
        for report in (a, b)
    ]
    return [
        {"figure": section, "a": None, "b": None, "difference": None, "relative": None}
        | {"source_set": None, "beyond": True, "note": f"not measured in {side}"}
        for side, others, own in (("a", sides[1], sides[0]), ("b", sides[0], sides[1]))
        for section in others - own
    ]


def _row(keys: Keys, a: float | None, b: float | None) -> Row | None:
    """The difference of one figure; None where there is none.

    A count that is absent is 0, for counts by name are left out where there is nothing to count;
    any other figure that is absent was not measured.
    """
    if all(isinstance(value, int | None) for value in (a, b)):
        a, b = a or 0, b or 0
    if a == b:
        return None
    row = {"figure": ".".join(keys), "a": a, "b": b, "note": None}
    if a is None or b is None:
        side = "a" if a is None else "b"
        return row | {"difference": None, "relative": None, "note": f"not measured in {side}"}
    relative = round((b - a) / max(abs(a), abs(b)), DIGITS)
    return row | {"difference": round(b - a, DIGITS), "relative": relative}


def _is_beyond(row: Row, tolerances: list[Mapping]) -> bool:
    """Whether a difference is more than the most lenient of some tolerances allows."""
    if row["difference"] is None:
        return True
    kind = "count" if _is_whole(row) else "fraction"
    size, relative = abs(row["difference"]), abs(row["relative"])
    return not any(size <= own[kind] or relative <= own["relative"] for own in tolerances)


def _is_whole(row: Row) -> bool:
    return isinstance(row["a"], int) and isinstance(row["b"], int)


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _summary(n_figures: int, rows: list[Row]) -> dict:
    """How many figures differ, in numbers and in words, and the first of them."""
    n_beyond = sum(row["beyond"] for row in rows)
    sentence = f"All {n_figures:,} figures agree."
    if rows:
        differ = "differs" if len(rows) == 1 else "differ"
        sentence = (
            f"{len(rows):,} of {n_figures:,} figures {differ}, {n_beyond:,} of them by more than "
            "the tolerances allow."
        )
    return {
        "n_figures": n_figures,
        "n_differences": len(rows),
        "n_beyond": n_beyond,
        "sentence": sentence,
        "differences": rows[:N_ROWS],
        "more_differences": max(len(rows) - N_ROWS, 0),
    }
