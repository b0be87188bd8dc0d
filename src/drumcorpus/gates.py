"""Gates: limits that a health report must keep. What the report does not say does not pass."""

import math
from collections.abc import Callable, Iterator, Mapping

Verdict = dict  # gate, passed, figure, limit, sentence


def check_gates(report: Mapping, gates: Mapping) -> list[Verdict]:
    """Hold a health report against its gates.

    Parameters
    ----------
    report : mapping
        Report of `drumcorpus.health.measure_health`.
    gates : mapping
        Limit of every gate by its name, as in ``resources/gates/*.yaml``.

    Returns
    -------
    verdicts : list of dict
        In the order of `gates`, one per gate, or one per label or split where the gate has a limit
        for each: ``gate`` (such as ``max_quarantined`` or ``min_count.<label>``), ``passed``,
        ``figure`` (None where the report has none, which never passes), ``limit``, and
        ``sentence`` for people.

    Raises
    ------
    ValueError
        If there is no gate, a gate has an unknown name, or its limit is of the wrong kind.
    """
    if not gates:
        raise ValueError(f"there is no gate to check; name at least one of {allowed_names()}")
    verdicts = []
    for name, limit in gates.items():
        if name not in GATES:
            raise ValueError(f"unknown gate {name!r}; the gates are {allowed_names()}")
        verdicts += GATES[name](report, name, limit)
    return verdicts


def allowed_names() -> str:
    """The names of all gates, for messages."""
    return ", ".join(sorted(GATES))


def min_count(report: Mapping, name: str, limits) -> Iterator[Verdict]:
    """At least so many components of each of these labels."""
    for label, limit in each_number(name, limits):
        figure = figure_of(report, "labels", label, "total")
        yield at_least(
            f"{name}.{label}",
            figure,
            limit,
            f"The manifest has {shown(figure)} hits of {label}; {shown(limit)} are wanted.",
            "Add a source set that has more of them, or look for them among the dropped hits.",
        )


def min_events_per_split(report: Mapping, name: str, limits) -> Iterator[Verdict]:
    """At least so many events in each of these splits."""
    for split, limit in each_number(name, limits):
        figure = figure_of(report, "splits", split)
        if figure is None and isinstance(report.get("splits"), Mapping):
            figure = 0  # the splits were counted, and this one has no event
        yield at_least(
            f"{name}.{split}",
            figure,
            limit,
            f"The split {split} has {shown(figure)} events; {shown(limit)} are wanted.",
            "Add sessions of that split, or lower the gate.",
        )


def required_labels(report: Mapping, name: str, labels) -> Iterator[Verdict]:
    """Each of these labels occurs."""
    yield all_occur(report, name, labels, "labels", "Add a source set that has them.")


def required_techniques(report: Mapping, name: str, techniques) -> Iterator[Verdict]:
    """Each of these techniques occurs."""
    advice = "Add a source set that marks them, or mend its note map."
    yield all_occur(report, name, techniques, "techniques", advice)


def max_unknown_labels(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """At most so many components whose label is not in the taxonomy."""
    unknown = report.get("unknown_labels")
    figure = sum(unknown.values()) if isinstance(unknown, Mapping) else None
    names = f" ({', '.join(sorted(unknown)[:5])})" if unknown else ""
    yield at_most(
        name,
        figure,
        one_number(name, limit),
        f"{shown(figure)} components have a label that is not in the taxonomy{names}; "
        f"at most {shown(limit)} may.",
        "Add the label or an alias to components.yaml, or mend the note map.",
    )


def max_duplicate_rate(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """At most this share of events that repeat another's id or hit."""
    figure = figure_of(report, "duplicates", "rate")
    yield at_most(
        name,
        figure,
        one_number(name, limit, largest=1),
        f"{shown_share(figure)} of the events repeat the id or the hit of another event; "
        f"at most {shown_share(limit)} may.",
        "Look for a recording that two source sets or two sessions share.",
    )


def max_quarantined(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """At most so many raw files in quarantine."""
    figure = figure_of(report, "quarantine", "files")
    yield at_most(
        name,
        figure,
        one_number(name, limit),
        f"{shown(figure)} raw files are in quarantine; at most {shown(limit)} may be.",
        "Fetch the damaged files again; the quarantine table names each with its reason.",
    )


def max_unexplained_hits(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """At most so many hits that are neither in the manifest nor dropped for a named reason."""
    figure = figure_of(report, "drops", "unexplained_hits")
    yield at_most(
        name,
        figure,
        one_number(name, limit),
        f"The tallies and the manifest differ by {shown(figure)} hits without a named reason; "
        f"at most {shown(limit)} may.",
        "See the sessions under drops: ingestion lost, doubled or did not count their hits.",
    )


def max_leaked_groups(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """At most so many groups that stand in more than one split."""
    figure = figure_of(report, "group_leaks", "groups")
    yield at_most(
        name,
        figure,
        one_number(name, limit),
        f"{shown(figure)} groups stand in more than one split; at most {shown(limit)} may.",
        "Draw the splits by group, or correct the official split of these sessions.",
    )


def max_events_without_audio_share(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """At most this share of events without an audio file."""
    figure = figure_of(report, "audio", "share_without_audio")
    yield at_most(
        name,
        figure,
        one_number(name, limit, largest=1),
        f"{shown_share(figure)} of the events have no audio; at most {shown_share(limit)} may.",
        "Obtain the audio of the sessions listed without it, or leave their source set out.",
    )


def require_license(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """Every event has a licence; the only limit is true."""
    if limit is not True:
        raise ValueError(f"{name}: {limit!r} should be true; leave the gate out to switch it off")
    figure = figure_of(report, "licenses", "events_without_license")
    yield at_most(
        name,
        figure,
        0,
        f"{shown(figure)} events have no licence; every event needs one.",
        "State the licence in the card of the source set.",
    )


def max_audit_findings(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """At most so many kinds of defects in the provenance audit."""
    figure = figure_of(report, "audit", "n_findings")
    yield at_most(
        name,
        figure,
        one_number(name, limit),
        f"The provenance audit has {shown(figure)} findings; at most {shown(limit)} may stand.",
        "Read them in reports/provenance/.",
    )


# Every gate by its name in the YAML.
GATES: dict[str, Callable[[Mapping, str, object], Iterator[Verdict]]] = {
    gate.__name__: gate
    for gate in (
        min_count,
        min_events_per_split,
        required_labels,
        required_techniques,
        max_unknown_labels,
        max_duplicate_rate,
        max_quarantined,
        max_unexplained_hits,
        max_leaked_groups,
        max_events_without_audio_share,
        require_license,
        max_audit_findings,
    )
}


def enforce_gates(verdicts: list[Verdict], *, manifest: str, mode: str) -> dict:
    """Stop where a gate fails.

    Parameters
    ----------
    verdicts : list of dict
        As of `check_gates`.
    manifest : str
        Name of the manifest, for the message.
    mode : str
        ``enforce``, or ``report`` to let everything pass.

    Returns
    -------
    verdict : dict
        The manifest, the mode, and the names of the gates that fail. It has no figures: as long as
        the same gates fail, nothing that waits for it has to be made again.

    Raises
    ------
    ValueError
        If a gate fails and is to be enforced; one sentence for each.
    """
    failed = [verdict for verdict in verdicts if not verdict["passed"]]
    if failed and mode == "enforce":
        sentences = "\n  ".join(f"{verdict['gate']}: {verdict['sentence']}" for verdict in failed)
        raise ValueError(
            f"{len(failed)} of {len(verdicts)} gates fail for {manifest}:\n  {sentences}\n"
            f"  All figures: reports/health/{manifest}.html. To go on all the same: "
            f"--config gates=report"
        )
    names = [verdict["gate"] for verdict in failed]
    return {"schema": "drumcorpus.gates/1", "manifest": manifest, "mode": mode, "failed": names}


def all_occur(report: Mapping, name: str, wanted, section: str, advice: str) -> Verdict:
    """Verdict on names that must each have a ``total`` above 0 in a section of the report."""
    if not isinstance(wanted, list) or not wanted or not all(isinstance(n, str) for n in wanted):
        raise ValueError(f"{name}: {wanted!r} should be a list of names, at least one")
    figure, missing = None, []
    if isinstance(report.get(section), Mapping):
        totals = {item: figure_of(report, section, item, "total") or 0 for item in wanted}
        missing = [item for item, n in totals.items() if n <= 0]
        figure = len(wanted) - len(missing)
    lack = f" Missing: {', '.join(missing)}." if missing else ""
    finding = f"{shown(figure)} of the {len(wanted)} required {section} occur.{lack}"
    return at_least(name, figure, len(wanted), finding, advice)


def at_least(gate: str, figure, limit, finding: str, advice: str) -> Verdict:
    """Verdict that passes where `figure` is there and not below `limit`."""
    return verdict(gate, figure is not None and figure >= limit, figure, limit, finding, advice)


def at_most(gate: str, figure, limit, finding: str, advice: str) -> Verdict:
    """Verdict that passes where `figure` is there and not above `limit`."""
    return verdict(gate, figure is not None and figure <= limit, figure, limit, finding, advice)


def verdict(gate: str, passed: bool, figure, limit, finding: str, advice: str) -> Verdict:
    """One verdict; advice is given only where it is needed."""
    if figure is None:
        sentence = "The report does not have this figure, hence the gate cannot pass. "
        sentence += "Give the health stage the tables that the figure is measured on."
    else:
        sentence = finding if passed else f"{finding} {advice}"
    return {
        "gate": gate,
        "passed": bool(passed),
        "figure": figure,
        "limit": limit,
        "sentence": sentence,
    }


def figure_of(report: Mapping, *keys: str) -> float | None:
    """The number at `keys`, or None where there is none, or one that is not finite."""
    value = report
    for key in keys:
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return value if is_number(value) else None


def each_number(name: str, limits) -> list[tuple[str, float]]:
    """The limits of a gate that has one for each label or split."""
    if not isinstance(limits, Mapping) or not limits:
        raise ValueError(f"{name}: {limits!r} should map names to numbers, at least one")
    return [(key, one_number(f"{name}.{key}", limit)) for key, limit in limits.items()]


def one_number(name: str, limit, largest: float = math.inf) -> float:
    """The limit of a gate, a number from 0 to `largest`."""
    if not is_number(limit) or not 0 <= limit <= largest:
        raise ValueError(f"{name}: {limit!r} should be a number from 0 to {largest}")
    return limit


def is_number(value) -> bool:
    """Whether `value` is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def shown(figure: float | None) -> str:
    """A figure as people read it, such as ``12,345``."""
    return "no" if figure is None else f"{figure:,}"


def shown_share(figure: float | None) -> str:
    """A share in percent, such as ``0.5 %``."""
    return "no" if figure is None else f"{100 * figure:.4g} %"
