"""Gates on how much there is: hits of a label, events of a split, names that must occur."""

from collections.abc import Iterator, Mapping

from drumcorpus.stages.gates.verdicts import (
    Verdict,
    at_least,
    at_most,
    each_number,
    figure_of,
    mapping_of,
    names_of,
    one_number,
    shown,
)


def min_count(report: Mapping, name: str, limits) -> Iterator[Verdict]:
    """At least so many components of each of these labels."""
    yield from count_of_each_label(report, name, limits, "total", "hits")


def min_real_count(report: Mapping, name: str, limits) -> Iterator[Verdict]:
    """At least so many components of each of these labels from real recordings."""
    yield from count_of_each_label(report, name, limits, "real", "real hits")


def count_of_each_label(
    report: Mapping, name: str, limits, key: str, what: str
) -> Iterator[Verdict]:
    """One verdict per label on a count that the report has of each."""
    for label, limit in each_number(name, limits):
        figure = figure_of(report, "labels", label, key)
        yield at_least(
            f"{name}.{label}",
            figure,
            limit,
            f"The manifest has {shown(figure)} {what} of {label}; wanted: {shown(limit)}.",
            "Add a source set that has more of them, or look for them among the dropped hits.",
        )


def min_events_per_split(report: Mapping, name: str, limits) -> Iterator[Verdict]:
    """At least so many events in each of these splits."""
    for split, limit in each_number(name, limits):
        figure = figure_of(report, "splits", split)
        if figure is None and mapping_of(report, "splits") is not None:
            figure = 0  # the splits were counted, and this one has no event
        yield at_least(
            f"{name}.{split}",
            figure,
            limit,
            f"The split {split} has {shown(figure)} events; wanted: {shown(limit)}.",
            "Add sessions of that split, or lower the gate.",
        )


def min_count_per_split(report: Mapping, name: str, limits) -> Iterator[Verdict]:
    """At least so many components of each of these labels in each of these splits."""
    if not isinstance(limits, Mapping) or not limits:
        raise ValueError(f"{name}: {limits!r} should map splits to labels and numbers")
    for split, of_labels in limits.items():
        for label, limit in each_number(f"{name}.{split}", of_labels):
            figure = figure_of(report, "labels", label, "by_split", split)
            if figure is None and mapping_of(report, "labels", label, "by_split") is not None:
                figure = 0  # the label was counted by split, and this one has no hit of it
            yield at_least(
                f"{name}.{split}.{label}",
                figure,
                limit,
                f"The split {split} has {shown(figure)} hits of {label}; wanted: {shown(limit)}.",
                "Add sessions of that split that have it, or lower the gate.",
            )


def required_labels(report: Mapping, name: str, labels) -> Iterator[Verdict]:
    """Each of these labels occurs."""
    yield all_occur(report, name, labels, "labels", "Add a source set that has them.")


def required_techniques(report: Mapping, name: str, techniques) -> Iterator[Verdict]:
    """Each of these techniques occurs."""
    advice = "Add a source set that marks them, or mend its note map."
    yield all_occur(report, name, techniques, "techniques", advice)


def all_occur(report: Mapping, name: str, wanted, section: str, advice: str) -> Verdict:
    """Verdict on names that must each have a ``total`` above 0 in a section of the report."""
    wanted = names_of(name, wanted)
    figure, missing = None, []
    if mapping_of(report, section) is not None:
        totals = {item: figure_of(report, section, item, "total") or 0 for item in wanted}
        missing = [item for item, n in totals.items() if n <= 0]
        figure = len(wanted) - len(missing)
    lack = f" Missing: {', '.join(missing)}." if missing else ""
    finding = f"{shown(figure)} of the {len(wanted)} required {section} occur.{lack}"
    return at_least(name, figure, len(wanted), finding, advice)


def max_unknown_labels(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """At most so many components whose label is not in the taxonomy."""
    unknown = mapping_of(report, "unknown_labels")
    figure = None if unknown is None else sum(unknown.values())
    names = f" ({', '.join(sorted(unknown)[:5])})" if unknown else ""
    yield at_most(
        name,
        figure,
        one_number(name, limit),
        f"{shown(figure)} components have a label that is not in the taxonomy{names}; "
        f"at most {shown(limit)} may.",
        "Add the label or an alias to components.yaml, or mend the note map.",
    )
